# Two commands for a fresh machine: `make demo` and `make test`. Nothing else is needed but Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= runs/demo

.PHONY: demo test test-long check docs benchmarks-page install clean

demo: $(VENV)/runtime
	$(BIN)/motiflens demo splice --out $(OUT) --force

PYTEST := $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# COVERAGE=1: lines that no test runs are printed, and fewer than the floor in pyproject.toml fail.
test: install
	$(PYTEST) $(if $(COVERAGE),--cov --cov-report=term-missing)

# Also what takes many minutes: several processes that train together, and the wheel in an environment of its own.
test-long: install
	$(PYTEST) -m "slow or not slow"

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python benchmarks/render.py --check
	@if command -v actionlint >/dev/null; then actionlint; else echo "actionlint is not installed: .github/workflows is not checked"; fi

# The site, in site/; it needs no network, and a warning is an error.
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo site/index.html

# After a file in benchmarks/results was replaced: docs/benchmarks.md and docs/benchmarks/.
benchmarks-page: install
	$(BIN)/python benchmarks/render.py

install: $(VENV)/installed

PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

$(VENV)/installed: $(VENV)/runtime
	$(PIP) -e '.[test,dev,docs]'
	touch $@

# What the command needs and no more. torch first and alone: the pinned build is the CPU's, where the registry offers
# one. --no-compile: Python compiles what it imports, a small part of what is installed.
$(VENV)/runtime: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "motiflens needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile torch
	$(PIP) --no-compile -e .
	touch $@

clean:
	rm -rf $(VENV) runs build dist site
