# `make run` judges this machine, `make test` runs everything. Both make .venv and touch nothing else.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --no-cache-dir --disable-pip-version-check
SOURCES := $(shell find linuxready -name '*.py' -o -name '*.toml' -o -name '*.json')

.PHONY: run test test-vm test-packages test-consumers test-consumers-slow lint unit golden bench bench-packages runtime tree packages schema docs lock clean

run: .venv/installed
	@$(BIN)/linuxready check; status=$$?; [ $$status -ne 2 ] && [ $$status -ne 4 ] || exit $$status

test: .venv/installed .venv/tools
	@tests/prepare
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q

lint: .venv/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Real kernels and disks, in virtual machines: tests/vm/README.md. As root, on Debian.
test-vm: .venv/installed .venv/tools tree
	$(BIN)/python -m pytest -q tests/vm/run.py

# The fast part: a minute or so, starts no process.
unit: .venv/installed .venv/tools
	$(BIN)/python -m pytest -q -m 'not live and not thorough'

# Refresh what linuxready says of each machine below testdata; then read the diff.
golden: .venv/installed .venv/tools
	$(BIN)/python -m tests.golden

# The JSON schemas in docs/ from the types.
schema: .venv/installed .venv/tools
	$(BIN)/python -m tests.schemas

# docs/requirements.md from the profiles and docs/prerequisites-2017.toml.
docs: .venv/installed .venv/tools
	$(BIN)/python -m tests.docs

bench: .venv/installed .venv/tools
	$(BIN)/python -m tests.bench

# A private CPython with the dependencies, in build/runtime/x86_64: packaging/README.md. As root, on Debian.
# Minutes when something of it has changed; else from the cache (LINUXREADY_CACHE).
runtime: .venv/tools
	@packaging/prepare
	@$(BIN)/python packaging/runtime/make_runtime.py

# The root of what the packages install, in build/tree/x86_64: the runtime with linuxready in it. Seconds.
tree: runtime
	@$(BIN)/python packaging/runtime/make_tree.py

# rpm for EL6 and later, rpm for SLES 11, deb, SHA256SUMS: in build/packages.
packages: .venv/installed tree
	@packaging/build build/packages

# What is packaged, through the real thing: as root.
test-packages: packages
	$(BIN)/python -m pytest -q tests/packaging

# Real configuration management and monitoring, in roots and environments of their own; slow: Salt, CFEngine, Nagios. As
# root, on Debian.
test-consumers: packages
	$(BIN)/python -m pytest -q tests/consumers

test-consumers-slow: packages
	$(BIN)/python -m pytest -q tests/consumers/slow.py

bench-packages: .venv/installed tree
	$(BIN)/python -m tests.bench_packages

# Newest versions that the ranges allow; typer stays below 0.29, whose pydantic does not build for glibc 2.11.
lock:
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip --no-cache-dir install --quiet 'typer<0.29' distro msgspec psutil pyudev tabulate
	.venv/lock/bin/pip freeze --exclude-editable > requirements.lock
	.venv/lock/bin/python packaging/runtime/pin.py
	.venv/lock/bin/pip --no-cache-dir install --quiet -r requirements.lock pytest hypothesis jsonschema pyyaml ruff mypy \
		types-tabulate types-psutil types-pyyaml pyelftools
	.venv/lock/bin/pip freeze --exclude-editable > requirements-dev.lock

clean:
	rm -rf .venv build dist

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "make: Python 3.11 or newer with venv is needed (package python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/dependencies: requirements.lock | .venv/bin/python
	$(PIP) install -r requirements.lock
	@touch $@

.venv/installed: pyproject.toml README.md $(SOURCES) .venv/dependencies
	$(PIP) install --no-deps --force-reinstall .
	@touch $@

.venv/tools: requirements-dev.lock .venv/dependencies
	$(PIP) install -r requirements-dev.lock
	@touch $@
