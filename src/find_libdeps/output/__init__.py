"""Words: every sentence, JSON document and Dockerfile line that the commands print."""
