SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

##@ Setting up
$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@echo "Setting up $(VENV) (once; about a minute)"
	@python3.13 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(if $(UPGRADE),--upgrade)
.PHONY: lock
lock:  ## Pin the requirements anew (UPGRADE=1: newest versions)
	$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	for name in core api images aggregator; do \
		$(LOCK) requirements/$$name.in --constraint requirements/dev.txt -o requirements/$$name.txt; done
