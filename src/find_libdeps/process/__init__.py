"""This process: signals, streams, progress and forked helpers. Imports no other folder."""
