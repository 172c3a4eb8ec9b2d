"""From files to needs: who asks, what the loader finds, whose it is, what the target has."""
