# Everything runs in .venv, which is made when it is first needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
DEMO := $(VENV)/demo
# The virtualenvs that are timed, 4 GB; one of them goes into an image, too.
BENCH_DIR ?= $(VENV)/bench

.PHONY: help demo test check format bench fuzz index man clean

help:
	@echo "make demo    find the packages of a real virtualenv, with the reasons"
	@echo "make test    run all tests that this machine can run"
	@echo "make check   formatting, lint, types, import contract and tests"
	@echo "make format  put the sources into shape"
	@echo "make index   make the indexes in the package anew, from the archive as it is"
	@echo "make man     write the manual page anew, from the README"
	@echo "make fuzz    feed damaged ELF files to the reader, 200,000 of them"
	@echo "make bench   time and memory beside other tools: 8 GB of disk, half an hour"

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

$(DEMO)/ready: $(READY)
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet greenlet pillow psycopg2-binary
	@touch $@

demo: $(DEMO)/ready
	@echo "+ find-libdeps --verbose $(DEMO)"
	@$(BIN)/find-libdeps --verbose $(DEMO)

test: $(READY)
	$(BIN)/pytest

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python tests/tools/bench.py $(BENCH_DIR)

fuzz: $(READY)
	$(BIN)/python tests/tools/fuzz_elf.py 200000 /bin/ls /bin/sh

RELEASES := 11 12 13 testing

index: $(READY)
	for version in $(RELEASES); do \
	    $(BIN)/find-libdeps index make debian:$$version --arch amd64 --arch arm64 \
	        -o src/find_libdeps/debian/indexes/debian-$$version.index || exit 1; \
	done

man: $(READY)
	$(BIN)/python tests/tools/manual.py

clean:
	rm -rf $(VENV)
