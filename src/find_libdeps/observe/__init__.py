"""Watching a run of the user's own command: nothing else here runs anything of the user's."""
