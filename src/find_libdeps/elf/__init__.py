"""ELF files, and the dynamic loader's rules for finding the libraries that they ask for."""
