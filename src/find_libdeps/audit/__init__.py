"""The audit: from a root to what would not load or not run in it."""
