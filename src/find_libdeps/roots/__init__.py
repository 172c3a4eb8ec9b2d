"""The files under one root: a directory, an archive, or an image in a Docker Engine."""
