# HIS Pulse: every command a developer or a first-time user needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
FOR    ?= 0
SPEED  ?= 60
SIZE   ?= clinic
EXAMPLES ?= 100000
MINUTES  ?= 30
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo test test-fast lint types bench nightly canaries fuzz docs lock clean

help:            ## list what there is to do
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready  ## make .venv with the locked packages and fetch the broker
$(VENV)/.ready: requirements.lock pyproject.toml
	@PYTHON=$(PYTHON) infra/local/setup.sh
	@touch $@

setup-test: setup  ## what tests need beside it: Chromium and a Chinese font (installed on Debian as root)
	@infra/local/setup-test.sh

demo: setup      ## a hospital's morning on this machine (FOR=90 stops after 90 s, SPEED=60, SIZE=clinic|county|large)
	@$(BIN)/hispulse demo --for $(FOR) --speed $(SPEED) --size $(SIZE)

test: setup-test lint types  ## everything: lint, types and all kinds of tests, with real services
	@$(BIN)/python -m tests.lanes

test-fast: setup lint  ## the inner loop: no services, under a minute
	@$(BIN)/python -m tests.lanes --fast

lint: setup      ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup     ## mypy --strict
	@$(BIN)/mypy

bench: setup-test  ## the budgets as benchmarks, printed as ratios, written as JSON
	@$(BIN)/pip install -q -c requirements.lock -e '.[peers]' || echo "  some peers cannot be had: not compared"
	@$(BIN)/python -m tests.bench && $(BIN)/python -m tests.bench.readme

nightly: setup   ## what the suite tries a share of: 100 000 whole days in any order, a month, a storm (EXAMPLES=, MINUTES=)
	@HISPULSE_EXAMPLES=$(EXAMPLES) HISPULSE_DAYS=30 HISPULSE_STORM_MINUTES=$(MINUTES) \
	  $(BIN)/python -m pytest -s -m nightly --timeout=0 -p no:cacheprovider tests/unit tests/integration/nightly_storm.py
	@$(BIN)/python -m tests.fuzz && $(BIN)/python -m tests.canaries

canaries: setup-test  ## a hundred thousand messages full of identities, and everything searched for them
	@$(BIN)/python -m tests.canaries

fuzz: setup      ## ten million broken messages through framer and reader, on all cores
	@$(BIN)/python -m tests.fuzz

docs: setup      ## write the generated reference
	@$(BIN)/hispulse docs write

lock: setup      ## resolve the dependencies anew: versions and hashes, no addresses
	@$(BIN)/pip-compile -q --generate-hashes --strip-extras --extra dev --extra mysql --extra sqlserver --extra oracle \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --allow-unsafe -o requirements.lock pyproject.toml

clean:           ## forget what the stack has stored and what the tools have cached
	@$(BIN)/hispulse down 2>/dev/null || true
	@rm -rf .hispulse .mypy_cache .ruff_cache .pytest_cache .hypothesis test-artifacts
