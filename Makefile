# Sluice from the command line. `make` alone lists what there is.
SHELL := /bin/bash
export SLUICE_CACHE ?= $(HOME)/.cache/sluice
# Where a stack keeps everything; another folder is another, independent stack (give it other PORTS).
STATE ?= $(CURDIR)/.run
# PORTS='api=8443 postgres=8432': see tools/stack/stack.py --help
PORTS ?=
PYTHON := $(SLUICE_CACHE)/venv/bin/python
STACK := $(PYTHON) tools/stack/stack.py --state-dir $(STATE)
BAZEL := tools/cached-bazel
PRODUCT := //cli:sluice //services/provisioner:provisioner //services/balancer-planner:balancer-planner \
	//services/satellite:satellite //tools/pki:pki

.DEFAULT_GOAL := help
.PHONY: help install build run stop status test test-all bench fmt lint

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Debian packages, Kafka's jars and Python packages that are missing (the other targets do it themselves)
	@tools/install

build: install ## everything, tests and benchmarks included
	@$(BAZEL) build //...

run: install ## starts Sluice on this machine, makes a cluster, sends 1,000 records through it, leaves it running
	@$(BAZEL) build --ui_event_filters=-info --show_progress_rate_limit=10 $(PRODUCT)
	@$(STACK) up $(PORTS:%=--port %)
	@$(PYTHON) tools/stack/first_run.py --state-dir $(STATE)

stop: ## ends all that run started; the state stays in .run/
	@if [[ -d $(STATE) ]]; then $(STACK) down; else echo "nothing runs: there is no $(STATE)"; fi

status: ## what runs, under which pid and port
	@$(STACK) status

test: install ## build, lint, unit, contract and integration tests; last line: N passed, N failed
	@$(PYTHON) tools/test/run.py

test-all: install ## the full matrix besides: sanitizers, clang-tidy on all, real lengths of stops, soak
	@$(PYTHON) tools/test/run.py --all

bench: install ## the figures of docs/benchmarks.md; BENCH='bus api' takes some
	@$(BAZEL) build $(PRODUCT) //bench/...
	@$(PYTHON) bench/run.py $(BENCH)

fmt: install ## formats C++, BUILD files and protos
	@tools/fmt

lint: install ## layout, purity of core/, formats, protos
	@$(PYTHON) tools/lint/lint.py
