# One command each. Everything is set up as needed; nothing outside this checkout is changed
# (as root, PostgreSQL's own files live in /var/lib/hillclimb). See docs/HOUSE.md.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check journey benchmark faults hostile pages trainers manage lock clean

PORT ?= 8000
export PORT

# The first Python >= 3.11 that works; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
NEED_PYTHON = @test -n "$(PYTHON)" || { echo "Hillclimb needs Python 3.11 or newer; none was found."; exit 1; }

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## set up and start the whole site on http://localhost:8000 (PORT= for another)
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap run -- -m dev.run

test: ## every test, with real PostgreSQL, Valkey, workers and Chromium (ARGS= for pytest)
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap test -- -m dev.test $(ARGS)

check: ## linters, types, floors, templates, migrations, generated documents
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap check -- -m dev.check $(ARGS)

journey: ## the whole loop by simulated people, on the running site or on one started for it
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap site -- -m dev.run --for tests.journeys $(ARGS)

benchmark: ## each speed beside its own limit (ARGS=--quick for the short form)
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap test -- -m dev.within bench -- -m benchmarks $(ARGS)

faults: ## kill workers, empty Redis, cut power: the invariants must hold
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap test -- -m dev.within faults -- -m tests.faults $(ARGS)

hostile: ## hostile code, uploads and requests against the running parts
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap test -- -m dev.within hostile -- -m tests.hostile $(ARGS)

pages: ## every page for everybody, both themes, wide and narrow: access, fit, a quiet console
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap test -- -m dev.test -m pages -s tests/house/test_pages.py $(ARGS)

trainers: ## a training step of DPO, KTO, SFT and reward by TRL on a release (installs CPU torch once)
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap test -- -m dev.within training -- -m tests.trainers $(ARGS)

manage: ## a Django command on the running site's data: make manage ARGS="import_prompts demo file.jsonl"
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap none -- -m dev.manage $(ARGS)

lock: ## write requirements*.txt anew from requirements*.in
	$(NEED_PYTHON)
	@exec $(PYTHON) -m dev.bootstrap check -- -m dev.lock $(ARGS)

clean: ## remove what a set-up made, except data (var/) and .venv
	rm -rf static/build frontend/node_modules var/stamps .mypy_cache .ruff_cache .pytest_cache
