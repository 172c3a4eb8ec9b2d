"""The Debian and Ubuntu packages that the binaries of a virtualenv need."""
