"""The command line: click, pyproject.toml and exit statuses."""
