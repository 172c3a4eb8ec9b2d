"""The files under one root: a directory, an archive, or an image that an engine has."""
