"""This process: signals, streams, progress and forked helpers. It knows nothing of the rest."""
