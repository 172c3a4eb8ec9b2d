"""The needs of the scanned files: who asks for what, where it is found, which package has it."""
