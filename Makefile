SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
AUDIT := .venv-audit
AUDIT_READY := $(AUDIT)/.ready
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
PEERS := .venv-peers
PEERS_READY := $(PEERS)/.ready
CORPORA := .corpora/.ready
COMPILER := .compiler/.ready
NATIVE := $(foreach machine,x86_64 aarch64,layers/core/catalight/adapters/codec/native-$(machine).elf)
BUILT := .aws-sam/build/template.yaml
SOURCES := Makefile template.yaml $(shell find functions layers requirements -type f -not -name '*.pyc')

# SAM builds with the python3.13 that it finds first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0
PORT ?= 8000
ENV ?= dev
ARCH ?= arm64
HERE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)

##@ Try it
.PHONY: demo run
demo: $(READY)  ## Run the main job on this machine (CSV=path: with your own catalogue)
	@$(BIN)/python -m local.demo $(if $(CSV),"$(CSV)")

run: $(READY)  ## Serve the whole system at http://127.0.0.1:8000 (PORT=: elsewhere)
	@PORT=$(PORT) $(BIN)/python -m local.run

KEYS = @$(BIN)/python -m local.keys --port $(PORT) $(if $(STACK),--stack $(STACK))

.PHONY: key keys revoke webhook-secret
key: $(READY)  ## Make an API key (NAME=acme; OPEN_JOBS=, ROWS_A_DAY=; STACK=catalight-dev: on AWS)
	$(KEYS) make "$(or $(NAME),$(error NAME= is missing))" \
		$(if $(OPEN_JOBS),--open-jobs $(OPEN_JOBS)) $(if $(ROWS_A_DAY),--rows-a-day $(ROWS_A_DAY))

keys: $(READY)  ## List the API keys (STACK=: on AWS)
	$(KEYS) list

revoke: $(READY)  ## Revoke an API key (KEY=its id; STACK=: on AWS)
	$(KEYS) revoke "$(KEY)"

webhook-secret: $(READY)  ## Show what a key's webhooks are signed with (KEY=its id; ROTATE=1: a new one, the old for 7 days too)
	$(KEYS) $(if $(ROTATE),rotate-)webhook-secret "$(KEY)"

##@ Work on it
.PHONY: check test audit chaos corpora fuzz native bench bench-pipeline format lock
check: $(READY) $(NATIVE)  ## Format, lint, types and unit tests: under a minute
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/pytest --quiet tests/unit

test: check $(BUILT) $(AUDIT_READY) $(CORPORA)  ## Everything that CI runs
	AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam validate --lint
	$(BIN)/pytest tests/supply tests/model tests/past tests/integration tests/e2e tests/contract tests/faults tests/corpora

audit: $(READY) $(AUDIT_READY)  ## Look at what we build on: requirements, licences, template, workflow, known faults
	$(BIN)/pytest --quiet tests/unit/test_requirements.py tests/supply
	@$(BIN)/python -m tests.supply.vulnerabilities

chaos: $(READY)  ## Run jobs while all around them fails (SEEDS=200, or SEED=17 to run one again)
	@$(BIN)/python -m tests.faults.chaos --seeds $(if $(SEED),1,$(or $(SEEDS),10)) --first $(or $(SEED),1)

corpora: $(CORPORA) $(NATIVE)  ## Send hostile pictures through the codec (CASES=100000 mutations)
	@$(BIN)/python -m tests.corpora --cases $(or $(CASES),100000)

fuzz: $(READY)  ## Hold the API to its own description with random requests (MINUTES=30, SEED=17)
	@FUZZ_MINUTES=$(or $(MINUTES),5) FUZZ_SEED=$(SEED) $(BIN)/pytest --quiet tests/contract

native: $(NATIVE)  ## Compile what Pillow is too slow for, for both of Lambda's architectures

# Zig's C compiler comes as a wheel, and compiles for other machines than this. SAM leaves out what is called *.so.
# No multiplication is fused with an addition, so that both make the same bytes.
layers/core/catalight/adapters/codec/native-%.elf: $(wildcard native/*) | $(COMPILER)
	@PYTHONPATH=$(dir $(COMPILER)) $(BIN)/python -m ziglang cc -target $*-linux-gnu.2.34 -O3 -ffp-contract=off \
		-s -shared -fPIC -Wall -Wextra -Werror $(filter %.c,$^) -o $@

bench: $(BENCH_READY) $(NATIVE)  ## Measure the codec against others, in 5 minutes (QUICK=1: in one; IMAGES=folder; WRITE=1: into docs/)
	@$(BENCH)/bin/python -m bench.codec $(if $(QUICK),--quick) $(if $(IMAGES),--images "$(IMAGES)") $(if $(WRITE),--write)
bench-pipeline: $(PEERS_READY) $(NATIVE)  ## Time a whole job against what one would take instead (N=1000, ROUNDS=3, WRITE=1)
	@$(BIN)/python -m bench.pipeline $(if $(N),--images $(N)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WRITE),--write)

format: $(READY)  ## Format and mend what can be mended
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

lock: $(READY)  ## Pin the requirements anew (UPGRADE=1: newest versions)
	$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	$(LOCK) requirements/audit.in -o requirements/audit.txt
	$(LOCK) requirements/compiler.in -o requirements/compiler.txt
	for name in core api images aggregator corpora bench; do \
		$(LOCK) requirements/$$name.in --constraint requirements/dev.txt -o requirements/$$name.txt; done
	$(LOCK_PEERS) requirements/peers.in --constraint requirements/images.txt -o requirements/peers.txt

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(if $(UPGRADE),--upgrade)
LOCK_PEERS = $(subst 3.13,3.11,$(LOCK)) --no-config

##@ Build and deploy
.PHONY: build invoke-api invoke-images invoke-aggregator invoke-dead-letters invoke-sweeper invoke-keys deploy
build: $(BUILT)  ## Build the functions and the layer for this machine's architecture

$(BUILT): $(SOURCES) $(NATIVE) | $(READY)
	$(BIN)/sam build --parameter-overrides Architecture=$(HERE)
	@$(call byte_compile,.aws-sam/build)
	@touch $@

# Lambda finds no bytecode in what SAM builds and could not keep its own: importing would take 3 to 4 times as long.
COMPILEALL := $(BIN)/python -m compileall -q -j 0 --invalidation-mode unchecked-hash
byte_compile = for built in $(1)/*Function; do $(COMPILEALL) -s $$built -p /var/task $$built; done; \
	$(COMPILEALL) -s $(1)/CoreLayer -p /opt $(1)/CoreLayer

invoke-api: $(READY) $(BUILT)  ## Invoke the built API function with events/api-status.json
	@$(BIN)/python -m local.invoke ApiFunction events/api-status.json

invoke-images: $(READY) $(BUILT)  ## Invoke the built image function with events/images-batch.json
	@$(BIN)/python -m local.invoke ImageFunction events/images-batch.json

invoke-aggregator: $(READY) $(BUILT)  ## Invoke the built aggregator with events/aggregator-message.json
	@$(BIN)/python -m local.invoke AggregatorFunction events/aggregator-message.json

invoke-dead-letters: $(READY) $(BUILT)  ## Invoke the built dead-letter function with events/dead-letter.json
	@$(BIN)/python -m local.invoke DeadLetterFunction events/dead-letter.json

invoke-sweeper: $(READY) $(BUILT)  ## Invoke the built sweeper with events/sweep.json
	@$(BIN)/python -m local.invoke SweeperFunction events/sweep.json

invoke-keys: $(READY) $(BUILT)  ## Invoke the built function for keys with events/make-key.json
	@$(BIN)/python -m local.invoke KeysFunction events/make-key.json

deploy: $(READY) $(NATIVE)  ## Deploy to AWS (ENV=prod ARCH=x86_64; MONGODB_URI_SECRET_ARN=…, WEBHOOK_SECRET_ARN=…)
	@: $${MONGODB_URI_SECRET_ARN:?see docs/deploy.md} $${WEBHOOK_SECRET_ARN:?see docs/deploy.md}
	@grep -q '^\[$(ENV)\.deploy' samconfig.toml || { echo "ENV is dev or prod, not $(ENV)."; exit 1; }
	$(BIN)/sam build --build-dir .aws-sam/deploy --parameter-overrides Architecture=$(ARCH)
	@$(call byte_compile,.aws-sam/deploy)
	$(BIN)/sam deploy --config-env $(ENV) --template-file .aws-sam/deploy/template.yaml --parameter-overrides \
		Architecture=$(ARCH) MongoDbUriSecretArn=$$MONGODB_URI_SECRET_ARN WebhookSecretArn=$$WEBHOOK_SECRET_ARN \
		$(PARAMETERS)

##@ Set up
.PHONY: help
$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@command -v python3.13 >/dev/null || { echo "Catalight needs python3.13 on the PATH."; exit 1; }
	@echo "Setting up $(VENV) (once)"
	@python3.13 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(AUDIT_READY): requirements/audit.txt | $(READY)
	@echo "Setting up $(AUDIT) (once)"
	@$(BIN)/uv venv --quiet --clear --python python3.13 $(AUDIT)
	@$(BIN)/uv pip install --quiet --python $(AUDIT)/bin/python --require-hashes -r $<
	@touch $@

$(COMPILER): requirements/compiler.txt | $(READY)
	@echo "Getting the C compiler (once)"
	@$(BIN)/uv pip install --quiet --target $(@D) --require-hashes -r $<
	@touch $@

# Without Node or what it downloads, sharp is left out, and the measurement says so.
$(BENCH_READY): requirements/bench.txt bench/node/package-lock.json | $(READY)
	@echo "Setting up $(BENCH) (once)"
	@$(BIN)/uv venv --quiet --clear --python python3.13 $(BENCH)
	@$(BIN)/uv pip install --quiet --python $(BENCH)/bin/python --require-hashes -r $<
	@$(BIN)/uv pip install --quiet --python $(BENCH)/bin/python --no-deps --no-build-isolation --editable .
	@cd bench/node && npm ci --ignore-scripts --no-audit --no-fund --silent || echo "sharp could not be installed."
	@touch $@

$(PEERS_READY): requirements/peers.txt | $(READY)
	@echo "Setting up $(PEERS) (once)"
	@$(BIN)/uv venv --quiet --clear --python 3.11 $(PEERS)
	@$(BIN)/uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r $<
	@touch $@

# The source of Pillow is not built; telling its name is enough for pip, and takes what the build would need.
$(CORPORA): requirements/corpora.txt | $(READY)
	@echo "Getting the pictures of Pillow's tests (once)"
	@$(BIN)/uv pip install --quiet --target $(@D)/build --require-hashes -r $<
	@PYTHONPATH=$(CURDIR)/$(@D)/build $(BIN)/python -m pip download --quiet --no-deps --no-build-isolation --no-binary pillow \
		--require-hashes -r $< --dest $(@D)
	@touch $@

help:  ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
