# Everything runs in .venv, which is made when it is first needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
READY := $(VENV)/ready
DEMO := $(VENV)/demo
PIP := python -m pip install --quiet --disable-pip-version-check
# Two tests at a time need two cores; more of them would wait for the same engine and network.
PYTEST := $(BIN)/pytest --numprocesses=auto --maxprocesses=4
# The virtualenvs that are timed, 4 GB; one of them goes into an image, too.
BENCH_DIR ?= $(VENV)/bench
# What CPython was heard asking for, with an environment for each package.
ASKS_DIR ?= $(VENV)/asks
# What compiled code was heard asking dlopen(3) for, with an environment for each package.
DLOPENS_DIR ?= $(VENV)/dlopens

.PHONY: help demo quick matrix test coverage check lint format asks dlopens bench bench-registry fuzz fuzz-loader growth index index-complete man pyz screenshot clean

help:
	@echo "make demo      find the packages of a real virtualenv, with the reasons"
	@echo "make quick     run the tests that need no engine, no network and no minutes"
	@echo "make matrix    run the same on several Pythons, with the lowest and the newest dependencies"
	@echo "make test      run all tests that this machine can run, and say which it can't"
	@echo "make lint      formatting, lint, types and import contract"
	@echo "make check     lint, and all tests"
	@echo "make coverage  which lines no test without an engine runs"
	@echo "make format    put the sources into shape"
	@echo "make index     make the indexes in the package anew, from the archives that can be reached, and the list of releases"
	@echo "make index-complete  say which of these are missing"
	@echo "make man       write the manual page anew, from the README"
	@echo "make pyz       make dist/find-libdeps.pyz, one file that runs under any Python from 3.10"
	@echo "make screenshot  take the picture of a page that the README shows"
	@echo "make growth    see how the work grows with the input, for each kind of input; minutes"
	@echo "make fuzz      feed damaged ELF files to the reader, 200,000 of them"
	@echo "make fuzz-loader  ask a real loader (ROOT=DIR: of that root) and ours about random graphs"
	@echo "make asks      what CPython asks for when packages of PyPI are imported, beside what we say"
	@echo "make dlopens   what compiled code of packages of PyPI loads by name, beside what we say"
	@echo "make bench     time and memory beside other tools: 8 GB of disk, half an hour (QUICK=--quick: two minutes)"
	@echo "make bench-registry  the audit of an image (IMAGE=NAME) in a registry beside docker pull and audit; minutes"

$(INSTALLED): pyproject.toml
	@echo "Installing find-libdeps into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/$(PIP) --upgrade "pip>=25.1"
	@$(BIN)/$(PIP) --editable .
	@touch $@

$(READY): $(INSTALLED)
	@echo "Installing what the tests need into $(VENV)"
	@$(BIN)/$(PIP) --editable . --group dev
	@touch $@

$(DEMO)/ready: $(INSTALLED)
	@echo "Making a virtualenv in $(DEMO), with Pillow, python-magic and pyzbar"
	@$(PYTHON) -m venv $(DEMO)
	@$(DEMO)/bin/$(PIP) pillow python-magic pyzbar
	@touch $@

demo: $(DEMO)/ready
	@echo
	@echo "Which packages does an image need that gets this virtualenv, and why?"
	@echo "A compiled file is linked with a library, or a line of Python loads one by name. What this"
	@echo "machine has is looked up in its dpkg; what it lacks, in an index of Debian's packages."
	@echo
	@echo "$$ find-libdeps --verbose $(DEMO)"
	@$(BIN)/find-libdeps --verbose $(DEMO)

quick: $(READY)
	$(PYTEST) --hypothesis-profile=quick -m "not engine and not thorough"

matrix: $(READY)
	@$(BIN)/$(PIP) --group matrix
	@PATH="$(BIN):$$PATH" sh tests/tools/matrix.sh $(TESTS)

test: $(READY)
	$(PYTEST)

coverage: $(READY)
	$(PYTEST) -m "not engine" --cov --cov-report=term-missing:skip-covered

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

asks: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/asks.py $(ASKS_DIR)

dlopens: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/dlopens.py $(DLOPENS_DIR) $(PACKAGES)

bench: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/bench.py $(QUICK) $(BENCH_DIR)

IMAGE := python:3.13

bench-registry: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/bench_registry.py $(IMAGE)

ROOT := /

fuzz-loader: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/fuzz_loader.py 5000 --root $(ROOT)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/fuzz_loader.py 500 --dlopen --root $(ROOT)

growth: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/growth.py

screenshot: $(READY)
	PYTHONPATH=tests/support $(BIN)/python tests/tools/screenshot.py .github/page.png

fuzz: $(READY)
	$(BIN)/python tests/tools/fuzz_elf.py 200000 /bin/ls /bin/sh

# The releases and architectures whose indexes come along, where their archives can be reached.
RELEASES := debian:11 debian:12 debian:13 debian:testing ubuntu:22.04 ubuntu:24.04 ubuntu:26.04
ARCHITECTURES := amd64 arm64 armhf

index: $(READY)
	$(BIN)/python tests/tools/series.py
	$(BIN)/python tests/tools/indexes.py $(RELEASES) $(ARCHITECTURES:%=--arch %)

index-complete: $(READY)
	$(BIN)/python tests/tools/indexes.py --check $(RELEASES) $(ARCHITECTURES:%=--arch %)

pyz: $(INSTALLED)
	@sh tests/tools/pyz.sh $(BIN)/python
	@ls -l dist/find-libdeps.pyz

man: $(READY)
	$(BIN)/python tests/tools/manual.py

clean:
	rm -rf $(VENV)
