"""The story of the list: from the paths to scan to a report."""
