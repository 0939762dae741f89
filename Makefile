# Everything one does here, in words: `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# nothing here does linear algebra; its threads would spin for a tenth of a second at every start
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help run demo test browser test-trino bench validate lint types docs check clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Open the dashboard: understudy.toml if there is one, else the demo account
	$(BIN)/streamlit run app.py

demo: $(VENV)/run.stamp ## Write the demo account and say where it lies
	$(BIN)/python cli.py demo

test: $(VENV)/dev.stamp ## Run the tests; those for the browser are skipped where there is no Chromium
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

browser: $(VENV)/dev.stamp ## Run the browser tests and fail where there is no Chromium
	UNDERSTUDY_REQUIRE_BROWSER=1 $(BIN)/python -m pytest -m browser

test-trino: $(VENV)/dev.stamp ## Ask a real Trino what Athena is asked (Maven downloads it; skipped where it cannot be had)
	UNDERSTUDY_TRINO=1 $(BIN)/python -m pytest tests/trino

bench: $(VENV)/dev.stamp ## Measure the speed against the other ways (long; or one part: make bench SECTIONS=drift)
	$(BIN)/python -m tests.benchmarks $(SECTIONS)

validate: $(VENV)/dev.stamp ## Measure whether intervals and tests keep their promise (long; a minute: make validate QUICK=1)
	$(BIN)/python -m tests.validation $(if $(QUICK),--quick,--date $$(date -u +%F))

lint: $(VENV)/dev.stamp ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp ## Check the types
	$(BIN)/mypy

docs: $(VENV)/dev.stamp ## Check that the docs name every setting and command, and that links and examples hold
	$(BIN)/python -m pytest tests/test_docs.py

check: lint types test ## Everything that CI runs (the docs test is one of the tests)

clean: ## Remove the environment and what tools leave behind; captures already read are kept
	rm -rf $(VENV) .venv-peers .pytest_cache .hypothesis .mypy_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Understudy needs Python 3.11 or newer; '$(PYTHON)' is not. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/run.stamp: requirements.txt $(wildcard vendor/*/*) | $(VENV)/pyvenv.cfg
	@echo "Installing what Understudy needs into $(VENV): about 700 MB, a minute or two."
	@$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "Installing what its tests need."
	@$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@
