# The two commands of the README: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A machine that forbids bytecode would compile every library again in every process.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test soak lint bench lock dictionary clean help

help:            ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/'

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0]) if not (3, 11) <= sys.version_info < (3, 14) else None'
	@echo "Setting up $(VENV) from requirements.lock (a few minutes, once)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q mrv flows expectations raster
	touch $@

demo: $(VENV)/ready  ## the sample project, end to end, offline
	$(BIN)/mrv demo

test: $(VENV)/ready  ## every test
	# The longest files first, so that no worker ends long after the other.
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/e2e tests/integration tests/real tests/unit

soak: $(VENV)/ready  ## tests of many minutes: numbers twenty times over, five minutes of load, downloads cut, hostile SQL
	$(BIN)/python -m pytest -q tests/soak

lint: $(VENV)/ready  ## ruff, sqlfluff, import-linter, type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint -q dbt_project
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/ready  ## speed and memory; each benchmark ends with one JSON object
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

lock: $(VENV)/ready  ## resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --generate-hashes --no-strip-extras --extra dev --python-version 3.11 --no-annotate --no-header -o requirements.lock pyproject.toml

dictionary: $(VENV)/ready  ## docs/data-dictionary.md from the models, docs/raster-catalogue.md from the raster catalogue
	$(BIN)/python -m mrv.warehouse.dictionary
	$(BIN)/python -m mrv.sources.catalogue_page

clean:           ## remove what was built; the home (var/) stays
	rm -rf $(VENV) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache
