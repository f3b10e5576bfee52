# Everything sets itself up from a bare Python 3.11+: make demo, make test, make lint.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.base
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz lint format clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(BASE) ## Compare two recipes on the built-in images
	$(BIN)/peu compare samples --recipes hog,transfer --quick --output runs/demo

test: $(READY) ## Run the test suite
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

fuzz: $(READY) ## Attack every reader of foreign input; FUZZ="--minutes 60 --seed 7"
	PYTHONPATH=tests $(BIN)/python -m fuzz.hunt $(FUZZ)

lint: $(READY) ## Check style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Bring the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove the environment and what tools left
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# A failed or interrupted installation leaves no stamp, and is done again.
$(BASE): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "peu needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $(BASE)

$(READY): $(BASE)
	$(BIN)/python -m pip install --quiet --editable ".[tensorflow-cpu,app,ray]" --group dev
	@touch $(READY)
