"""Releases, dpkg's database, Contents indices, indexes made from them, and apt."""
