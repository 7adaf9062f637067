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
BROWSER := .browser/.ready
NATIVE := $(foreach machine,x86_64 aarch64,layers/core/catalight/adapters/codec/native-$(machine).elf)
NATIVE_HERE := $(if $(filter Linux,$(shell uname -s)),$(filter %-$(shell uname -m).elf,$(NATIVE)))
BUILT := .aws-sam/build/template.yaml
TO_DEPLOY = .aws-sam/deploy-$(ARCH)/template.yaml
SOURCES := Makefile template.yaml $(shell find functions layers requirements -type f -not -name '*.pyc')

# SAM builds with the python3.13 that it finds first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0
# SAM and boto3 read AWS_DEFAULT_REGION, not AWS_REGION.
ifdef AWS_REGION
export AWS_DEFAULT_REGION ?= $(AWS_REGION)
endif
PORT ?= 8000
ENV ?= dev
ARCH ?= arm64
HERE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)

##@ Try it
.PHONY: demo run logs metrics
demo: $(READY) $(NATIVE_HERE)  ## Run a job on this machine, and leave its images and result in .local/demo (CSV=path: your own catalogue)
	@$(BIN)/python -m local.demo $(if $(CSV),"$(CSV)")

run: export PORT := $(PORT)
run: export DATA := $(DATA)
run: export HOST := $(HOST)
run: export PARAMETERS := $(PARAMETERS)
run: $(READY) $(NATIVE_HERE)  ## Run the whole system at http://127.0.0.1:8000 (PORT=8080, DATA=folder: keep its data; HOST=, PARAMETERS="Name=value …")
	@exec $(BIN)/python -m local.run

logs: LOG := .local/$(PORT)/system.log
logs:  ## Follow what the system that `make run` runs logs (PORT=8080: at another port)
	@test -f $(LOG) || { echo "No system has run on port $(PORT): start one with make run, or give its port with PORT=."; exit 1; }
	@tail -n 40 -F $(LOG)

metrics: $(READY)  ## Sum the metrics of the system that `make run` runs, as CloudWatch would (PORT=8080: at another port)
	@$(BIN)/python -m local.metrics $(PORT)

KEYS = @$(BIN)/python -m local.keys --port $(PORT) $(if $(STACK),--stack $(STACK))

LIMITS = $(if $(OPEN_JOBS),--open-jobs $(OPEN_JOBS)) $(if $(ROWS_A_DAY),--rows-a-day $(ROWS_A_DAY)) \
	$(if $(IMAGES_A_DAY),--images-a-day $(IMAGES_A_DAY)) $(if $(FILE_BYTES_A_DAY),--file-bytes-a-day $(FILE_BYTES_A_DAY)) \
	$(if $(DOWNLOAD_BYTES_A_DAY),--download-bytes-a-day $(DOWNLOAD_BYTES_A_DAY))

.PHONY: key keys limits revoke webhook-secret
key: $(READY)  ## Make an API key (NAME=acme; OPEN_JOBS=, ROWS_A_DAY=, IMAGES_A_DAY=, FILE_BYTES_A_DAY=, DOWNLOAD_BYTES_A_DAY=; STACK=catalight-dev: on AWS)
	$(KEYS) make "$(or $(NAME),$(error NAME= is missing))" $(LIMITS)

keys: $(READY)  ## List the API keys (STACK=: on AWS)
	$(KEYS) list

limits: $(READY)  ## Change limits of an API key (KEY=its id; ROWS_A_DAY= and the other limits of make key; STACK=: on AWS)
	$(KEYS) change-limits "$(or $(KEY),$(error KEY= is missing))" $(LIMITS)

revoke: $(READY)  ## Revoke an API key (KEY=its id; STACK=: on AWS)
	$(KEYS) revoke "$(or $(KEY),$(error KEY= is missing))"

webhook-secret: $(READY)  ## Show the secret that signs a key's webhooks (KEY=its id; ROTATE=1: make a new one; the old one also signs for 7 days)
	$(KEYS) $(if $(ROTATE),rotate-)webhook-secret "$(if $(filter undefined,$(origin KEY)),$(error KEY= is missing),$(KEY))"

# A process a core. What runs the whole system runs alone.
PARALLEL := --numprocesses auto

##@ Work on it
.PHONY: check screenshots test audit chaos corpora fuzz fuzz-native native openapi formats samples bench bench-look bench-pipeline bench-renditions bench-scale bench-incremental bench-waiting bench-cold-start cost aws-model format lock
check: $(READY) $(NATIVE)  ## Check format, lint and types, and run the unit tests: about two minutes
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/pytest --quiet $(PARALLEL) tests/unit

test: check $(BUILT) $(AUDIT_READY) $(CORPORA) $(BROWSER)  ## Run everything that CI runs
	AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam validate --lint
	$(BIN)/pytest $(PARALLEL) --dist worksteal tests/model tests/past tests/supply tests/corpora
	$(BIN)/pytest $(PARALLEL) --dist loadfile tests/integration
	$(BIN)/pytest tests/e2e tests/contract tests/faults tests/browser

audit: $(READY) $(AUDIT_READY)  ## Audit the dependencies, their licences, the template and the CI workflow; look up known vulnerabilities
	$(BIN)/pytest --quiet tests/unit/test_requirements.py tests/supply
	@$(BIN)/python -m tests.supply.vulnerabilities

chaos: $(READY)  ## Run jobs while everything around them fails (SEEDS=200; SEED=17: repeat one run; UPLOADS=1: of big uploads)
	@$(BIN)/python -m tests.faults.$(if $(UPLOADS),uploads,chaos) --seeds $(if $(SEED),1,$(or $(SEEDS),10)) --first $(or $(SEED),1)

corpora: $(CORPORA) $(NATIVE)  ## Send hostile images through the codec, and hostile catalogues through the parser (CASES=100000 mutations)
	@$(BIN)/python -m tests.corpora --cases $(or $(CASES),100000)

fuzz: $(READY)  ## Test the API against its OpenAPI description with random requests (MINUTES=30, SEED=17)
	@FUZZ_MINUTES=$(or $(MINUTES),5) FUZZ_SEED=$(SEED) $(BIN)/pytest --quiet tests/contract

native: $(NATIVE)  ## Compile the C code that replaces slow parts of Pillow, for both of Lambda's architectures

# Zig's C compiler comes as a wheel and cross-compiles. The files are called *.elf because SAM leaves out *.so.
# -ffp-contract=off: no fused multiply-add, so that both architectures give the same bytes. -fno-slp-vectorize: it would pack the
# bit writer into vectors, which makes encoding 7 % slower. -falign: a change in one function could move the loops of another, which
# makes them up to 8 % slower.
layers/core/catalight/adapters/codec/native-%.elf: $(wildcard native/*) | $(COMPILER)
	@PYTHONPATH=$(dir $(COMPILER)) $(BIN)/python -m ziglang cc -target $*-linux-gnu.2.34 -O3 -ffp-contract=off \
		-fno-slp-vectorize -falign-functions=64 -falign-loops=32 -s -shared -fPIC -Wall -Wextra -Werror $(filter %.c,$^) -o $@

# Zig brings the sanitiser of undefined behaviour, GCC's library the one of addresses; detect_leaks: Python's own count as leaks.
ASAN = $(shell gcc -print-file-name=libasan.so 2>/dev/null)
SANITISED = PYTHONPATH=$(dir $(COMPILER)) $(BIN)/python -m ziglang cc -target $(shell uname -m)-linux-gnu.2.34 -g -shared -fPIC -fstrict-flex-arrays=3

fuzz-native: $(READY) $(COMPILER)  ## Run damaged JPEGs through sanitised builds of the C code (CASES=20000, SEED=1); addresses need GCC
	@$(SANITISED) -O1 -fsanitize=undefined -fno-sanitize-recover=undefined native/*.c -o .compiler/undefined.elf
	@$(BIN)/python -m tests.corpora.native .compiler/undefined.elf --cases $(or $(CASES),20000) --seed $(or $(SEED),1)
	@$(SANITISED) -O1 -fsanitize=address native/*.c -o .compiler/address.elf
	@LD_PRELOAD=$(ASAN) ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		$(BIN)/python -m tests.corpora.native .compiler/address.elf --cases $(or $(CASES),20000) --seed $(or $(SEED),1)

bench: $(BENCH_READY) $(NATIVE)  ## Compare the codec with others, in 5 minutes (QUICK=1: in one; IMAGES=folder; WRITE=1: write into docs/)
	@$(BENCH)/bin/python -m bench.codec $(if $(QUICK),--quick) $(if $(IMAGES),--images "$(IMAGES)") $(if $(WRITE),--write)
bench-look: $(BENCH_READY) $(NATIVE)  ## Bytes at an equal look against mozjpeg and jpegli, and speed, on real photographs (IMAGES=folder, ONLY=bytes or speed)
	@$(BENCH)/bin/python -m bench.look $(if $(IMAGES),--images "$(IMAGES)") $(if $(ONLY),--only $(ONLY))
bench-pipeline: $(PEERS_READY) $(NATIVE)  ## Time a whole job and compare it with the alternatives (N=1000, ROUNDS=3, WRITE=1)
	@$(BIN)/python -m bench.pipeline $(if $(N),--images $(N)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WRITE),--write)
bench-renditions: $(BENCH_READY) $(NATIVE)  ## CPU of four renditions against one, four jobs and sharp (N=1000, WRITE=1)
	@$(BENCH)/bin/python -m bench.renditions $(if $(N),--images $(N)) $(if $(WRITE),--write)
cost: $(READY)  ## What a delivery and a month cost on AWS, and what changes it (IMAGES=1e6, LATENCY=150 ms of the hosts, WRITE=1)
	@$(BIN)/python -m bench.cost $(if $(IMAGES),--images $(IMAGES)) $(if $(LATENCY),--latency $(LATENCY)) $(if $(WRITE),--write)
aws-model: $(BENCH_READY)  ## Time and dollars of 10^3 to 10^8 images on AWS, and small jobs beside large ones (WRITE=1: write into docs/)
	@$(BENCH)/bin/python -m bench.aws_model $(if $(WRITE),--write)
	@$(BENCH)/bin/python -m bench.fairness $(if $(WRITE),--write)
	@$(if $(WRITE),$(BENCH)/bin/python -m bench.scale_plot)
bench-scale: $(READY)  ## Cost of a row in jobs of 1,000 to 100,000 rows (ROWS="1000 1000000", WRITE=1)
	@$(BIN)/python -m bench.scale $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)
	@$(if $(WRITE),$(MAKE) --no-print-directory $(BENCH_READY) && $(BENCH)/bin/python -m bench.scale_rows)
bench-incremental: $(READY) $(NATIVE)  ## CPU of an unchanged catalogue against a loop of conditional requests (N=1000, ROUNDS=3, WRITE=1)
	@$(BIN)/python -m bench.incremental $(if $(N),--images $(N)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WRITE),--write)
bench-waiting: $(READY) $(NATIVE)  ## Cost of an image while its function waits for the host (RANGES=8, WRITE=1)
	@$(BIN)/python -m bench.waiting $(if $(RANGES),--ranges $(RANGES)) $(if $(WRITE),--write)
bench-cold-start: $(BUILT)  ## CPU time of importing each built function, against its libraries alone; sizes (BEFORE=folder: another build; WRITE=1)
	@$(BIN)/python -m bench.cold_start $(if $(BEFORE),--before "$(BEFORE)") $(if $(WRITE),--write)

screenshots: $(READY) $(NATIVE_HERE) $(BROWSER)  ## Take the README's pictures from the real system (needs Chromium)
	@$(BIN)/python -m local.screenshots

openapi: $(READY)  ## Write docs/openapi.json, the API's description
	@$(BIN)/python -m local.openapi

formats: $(READY)  ## Write the tables and the diagram of docs/ that come from the code and the template
	@$(BIN)/python -m local.formats

samples: $(READY)  ## Write what the coming release stores and sends into tests/past/VERSION, for later releases to read
	@$(BIN)/python -m tests.past.samples

format: $(READY)  ## Format the code, and fix what can be fixed automatically
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

lock: $(READY)  ## Pin the requirements again (UPGRADE=1: newest versions)
	$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	$(LOCK) requirements/audit.in -o requirements/audit.txt
	$(LOCK) requirements/compiler.in -o requirements/compiler.txt
	$(LOCK) requirements/browser.in -o requirements/browser.txt
	for name in core api images aggregator exports ingest corpora bench; do \
		$(LOCK) requirements/$$name.in --constraint requirements/dev.txt -o requirements/$$name.txt; done
	$(LOCK_PEERS) requirements/peers.in --constraint requirements/images.txt -o requirements/peers.txt

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(if $(UPGRADE),--upgrade)
LOCK_PEERS = $(subst 3.13,3.11,$(LOCK)) --no-config

##@ Build and deploy
.PHONY: build local-invoke start-api deploy-check deploy-settings deploy smoke destroy
build: $(BUILT)  ## Build the functions and the layer for this machine's architecture

$(BUILT): $(SOURCES) $(NATIVE) | $(READY)
	$(BIN)/sam build --parameter-overrides Architecture=$(HERE)
	@$(call finish_build,.aws-sam/build,$(HERE))
	@touch $@

# botocore describes some 430 services, of which the functions call these. SAM builds without bytecode, and Lambda could not store
# any: without it, imports would take 3 to 4 times as long. `sam local` takes the architecture from the built template.
SERVICES := s3 secretsmanager sqs
COMPILEALL := $(BIN)/python -m compileall -q -j 0 --invalidation-mode unchecked-hash
finish_build = find $(1)/CoreLayer/python/botocore/data -mindepth 1 -maxdepth 1 -type d \
	$(foreach service,$(SERVICES),! -name $(service)) -exec rm -r {} +; \
	for built in $(1)/*Function; do $(COMPILEALL) -s $$built -p /var/task $$built; done; \
	$(COMPILEALL) -s $(1)/CoreLayer -p /opt $(1)/CoreLayer; \
	$(BIN)/python -m local.built.compiled $(1)/CoreLayer/python/catalight; \
	sed -i.old '/^  Architecture:/,/Default:/s/Default: .*/Default: $(2)/' $(1)/template.yaml; rm $(1)/template.yaml.old

local-invoke: $(READY) $(BUILT)  ## Invoke a built function with an event, by sam local invoke (EVENT=events/images-batch.json)
	@$(BIN)/python -m local.invoke "$(or $(EVENT),$(error EVENT= is missing: one of $(wildcard events/*.json)))"

start-api: export PORT := $(if $(filter command line environment,$(origin PORT)),$(PORT))
start-api: $(READY) $(BUILT)  ## Run the built API by sam local start-api at http://127.0.0.1:3000 (PORT=)
	@exec $(BIN)/python -m local.start_api

deploy-check deploy-settings: export PARAMETERS := $(PARAMETERS)
deploy-check deploy-settings: export MONGODB_URI_SECRET_ARN := $(MONGODB_URI_SECRET_ARN)
deploy-check deploy-settings: export WEBHOOK_SECRET_ARN := $(WEBHOOK_SECRET_ARN)
deploy-check: $(READY)  ## Try what a deployment needs, without changing anything (settings as make deploy)
	@$(BIN)/python -m local.deploy_check $(ENV)

deploy-settings: $(READY)
	@$(BIN)/python -m local.deploy_settings $(ENV)

# The folders too: a file that was removed changes its folder alone.
$(TO_DEPLOY): $(SOURCES) $(shell find functions layers -type d -not -name __pycache__) $(NATIVE) | $(READY)
	$(BIN)/sam build --build-dir $(@D) --parameter-overrides Architecture=$(ARCH)
	@$(call finish_build,$(@D),$(ARCH))
	@touch $@

# SAM refuses `Name=`, which empties a parameter, but takes `Name=""`.
WORDS = $(foreach word,$(PARAMETERS),$(word)$(if $(filter 1,$(words $(subst =, ,$(filter %=,$(word))))),\"\"))
# Beside the built template, where SAM looks for it, there is no samconfig.toml.
deploy: deploy-settings $(TO_DEPLOY)  ## Deploy to AWS (MONGODB_URI_SECRET_ARN=…, WEBHOOK_SECRET_ARN=…; ENV=prod, ARCH=x86_64, PARAMETERS="Name=value …")
	release=$$(date -u +%y%m%d%H%M); $(BIN)/sam deploy --config-file $(CURDIR)/samconfig.toml --config-env $(ENV) \
		--template-file $(TO_DEPLOY) --parameter-overrides \
		Architecture=$(ARCH) MongoDbUriSecretArn=$$MONGODB_URI_SECRET_ARN WebhookSecretArn=$$WEBHOOK_SECRET_ARN \
		Release=$$release $(WORDS) $(SAM_ARGS); \
	$(BIN)/python -m local.deployed catalight-$(ENV) $$release

smoke: export CSV := $(CSV)
smoke: $(READY)  ## Try a deployment with a small job (CATALIGHT_URL=https://… CATALIGHT_API_KEY=…; CSV=path: with your own images)
	@$(BIN)/python -m local.smoke

destroy: $(READY)  ## Delete a deployment for good, after saying what goes and what stays (ENV=prod, or STACK=name; CONFIRM=name: do not ask)
	@$(BIN)/python -m local.destroy $(or $(STACK),catalight-$(ENV)) $(if $(CONFIRM),--confirm $(CONFIRM))

##@ Set up
.PHONY: help
$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml cli/pyproject.toml
	@command -v python3.13 >/dev/null || { echo "Catalight needs python3.13 on the PATH."; exit 1; }
	@echo "Setting up $(VENV) (once)"
	@python3.13 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . --editable ./cli
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

$(BROWSER): requirements/browser.txt | $(READY)
	@echo "Getting the driver of the browser tests (once)"
	@$(BIN)/uv pip install --quiet --target $(@D) --require-hashes -r $<
	@touch $@

# If Node or its downloads are missing, sharp is left out, and the measurement says so.
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

# Pillow's source is not built, but pip reads its metadata, which needs the build's requirements.
$(CORPORA): requirements/corpora.txt | $(READY)
	@echo "Getting the images of Pillow's tests (once)"
	@$(BIN)/uv pip install --quiet --target $(@D)/build --require-hashes -r $<
	@PYTHONPATH=$(CURDIR)/$(@D)/build $(BIN)/python -m pip download --quiet --no-deps --no-build-isolation --no-binary pillow \
		--require-hashes -r $< --dest $(@D)
	@touch $@

help:  ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
