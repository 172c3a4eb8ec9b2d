"""``python -m find_libdeps``."""

from find_libdeps.cli import main

main(prog_name="find-libdeps")
