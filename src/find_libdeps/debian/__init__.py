"""Releases, dpkg's database, Contents indices, indexes made of them, and apt."""
