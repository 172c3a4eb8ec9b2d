"""The scan: from the paths to a report with the packages that they need."""
