PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
CSV    ?= data/sample_members.csv
STAMP  := $(VENV)/.installed
# The locks are for the CPU build of PyTorch. GPU=1 lets pip add the CUDA libraries that the other build asks for.
GPU    ?=
SCALE  ?= quick
# Else each of the many processes that tests start would compile all of the project again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-vllm check test-fast demo serve train test test-thorough test-crash test-feedback test-storm
.PHONY: test-faults conformance proto lint starting-adapter bench-ingest bench-front clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ \t/' | expand -t 12

# A stamp, so that setup costs nothing once it is done and runs again when a lock file changes.
$(STAMP): requirements/server.lock requirements/trainer.lock requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "FitBox needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements/server.lock -r requirements/trainer.lock -r requirements/dev.lock
	$(if $(GPU),$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP)  ## virtual environment with everything locked

VLLM_STAMP := .venv-vllm/.installed
$(VLLM_STAMP): requirements/vllm.lock
	test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements/vllm.lock
	.venv-vllm/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup-vllm: $(VLLM_STAMP)  ## the environment of vLLM workers on a CPU, beside the other (docs/engines.md)

demo: setup  ## the whole loop, end to end, on CSV=data/sample_members.csv
	$(BIN)/python -m demo --csv "$(CSV)"

serve: setup  ## the gRPC server
	$(BIN)/fitbox serve

train: setup  ## the training daemon
	$(BIN)/fitbox train

# Tests of a file share what its fixtures made; tests/conftest.py puts the files in order.
BY_FILE := --dist loadfile --no-loadscope-reorder

check: setup  ## lint, types and the fast tests, side by side: under a minute on two cores, for every change
	@$(MAKE) --no-print-directory -j 2 lint test-fast

test-fast: setup  ## the tests that take no more than a second or two each, and start no process
	$(BIN)/python -m pytest -m "not slow and not integration" --hypothesis-profile fast -n auto $(BY_FILE)

test: setup  ## every test
	$(BIN)/python -m pytest -n 2 $(BY_FILE)

test-thorough: setup  ## every test, with twenty times the examples: for a night
	$(BIN)/python -m pytest --hypothesis-profile thorough -n auto $(BY_FILE)

test-crash: setup  ## the daemon killed 100 times and more; the last line is JSON
	$(BIN)/python -m tests.crash --kills 100

test-feedback: setup  ## who takes feedback killed 100 times; the last line is JSON
	$(BIN)/python -m tests.crash.feedback --kills 100

test-storm: setup  ## 10,000 files at once; the last line is JSON
	$(BIN)/python -m tests.storm --files 10000

test-faults: setup  ## every file, process and socket call refused once by the system; the last line is JSON
	$(BIN)/python -m tests.injection

conformance: setup  ## swaps, kills, overload and stops on real servers, one JSON line a part; SCALE=full for all of it
	$(BIN)/python -m tests.conformance --scale $(SCALE) $(ARGS)

proto: setup  ## regenerate fitbox/v1 from protos/
	$(BIN)/python -m protos.generate

lint: setup  ## ruff, mypy, import-linter, buf
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint

starting-adapter: setup  ## make the adapter that ships with FitBox again (on a GPU)
	$(BIN)/python -m fitbox_trainer.starting_adapter

bench-front: setup  ## calls a second that the front manages on an engine without a model; ARGS="--checkout DIR" to compare
	$(BIN)/python -m bench.front $(ARGS)

bench-ingest: setup  ## rows a second and peak memory of reading 1,000,000 members
	$(BIN)/python -m bench.ingest --rows 1000000

clean:  ## the virtual environment and caches; your data/ and models/ stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
