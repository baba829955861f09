# make demo     sets the tool up in .venv and checks the layered architecture
# make test     runs the tests                 make check    formatting, lint, types, import directions
# make accept   takes what reports and pages say now as right (AREA=report for one folder of tests)
# make docs     writes the generated pages     make bench    measures every kind of work
# make clean    removes .venv and caches
#
# Needs Python 3.11 or newer: make demo PYTHON=python3.12

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
AREA   ?=
NEW_ENOUGH := import sys; sys.version_info >= (3, 11) or sys.exit("asever needs Python 3.11 or newer: make demo PYTHON=python3.12")
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The first run need not compile, not even where PYTHONDONTWRITEBYTECODE is set.
COMPILE := $(BIN)/python -m compileall -q asever

.PHONY: help demo test check accept docs bench clean

help:
	@sed -n '/^# make/s/^# //p' Makefile

$(BIN)/python:
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	@$(PYTHON) -m venv $(VENV)

# The stamps stand for what is installed: the tool alone, and the tool with everything to work on it.
$(VENV)/.tool: $(BIN)/python pyproject.toml
	@echo "setting up $(VENV)"
	@$(PIP) --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	@echo "setting up $(VENV) for development"
	@$(PIP) --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/.tool

demo: $(VENV)/.tool
	@echo 'Front-door apps on one App Service Environment call API apps on another. Do they arrive?'
	@echo '$$ asever check examples/layered.asev'
	@echo
	@$(BIN)/asever check examples/layered.asev || [ $$? -eq 1 ] # 1: a check is violated, which is what it shows

test: $(VENV)/.dev
	$(BIN)/pytest -q

check: $(VENV)/.dev
	.ci/check $(BIN)

accept: $(VENV)/.dev
	ASEVER_ACCEPT=1 $(BIN)/pytest -q tests/$(AREA)

docs: $(VENV)/.tool
	$(BIN)/python docs/generate.py

bench: $(VENV)/.tool
	$(BIN)/python bench/table.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
