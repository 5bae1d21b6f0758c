# make dev, then make check: what the continuous integration runs, for people.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: dev check test lint types layers nightly docs pictures benchmarks clean

dev:  ## a virtual environment with everything that development needs
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -c constraints.txt -e ".[dev]"

check: lint types layers test  ## everything, in the order in which it fails fastest

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

layers:
	$(BIN)/lint-imports

test:
	$(BIN)/pytest

nightly:  ## the slow suites; the quick one on lowest and newest versions and with each Python that is found
	VENV=$(VENV) .ci/nightly

docs:  ## the pages that are written from the code: settings, commands, rules, files of each folder
	$(BIN)/python .tools/pages.py

pictures:  ## those of README.md, from a real run; needs Chromium and chromedriver
	PYTHONPATH=. $(BIN)/python .tools/pictures.py

benchmarks:  ## side by side with hand-written loops and with Optuna; prints ratios
	-$(BIN)/python tests/benchmarks/throughput.py
	$(BIN)/python tests/benchmarks/search.py

clean:
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
