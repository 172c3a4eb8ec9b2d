"""Virtual environments, wheels, RECORDs, and what Python source loads by name."""
