# The only thing to remember: `make help`. Relative paths only, because the directory's name may hold a space.

PYTHON ?= python3
VENV := .venv/bin/python
# What is handed on to the program behind a target: make test ARGS="calls -k tick"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo run test test-sdks test-system fuzz lint fmt bench drill screenshots docs messages pins

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: .venv/runtime.stamp ## Place one real call and check all of it (KEEP=1 leaves the stack running)
	@exec $(VENV) -m ops.demo $(ARGS)

run: .venv/runtime.stamp ## Run the whole product on this machine (PORT=8000)
	@exec $(VENV) -m ops.supervisor $(ARGS)

test: .venv/all.stamp $(if $(ARGS),,.venv-sdk/all.stamp sdks-npm) ## Run the tests, on a PostgreSQL and Valkey of their own
	@exec $(VENV) -m ops.test $(if $(ARGS),-m "not system" $(ARGS),--all)

test-sdks: .venv/runtime.stamp .venv-sdk/all.stamp sdks-npm ## Run the tests of the SDKs against a whole stack (ARGS="python -k feed", ARGS=javascript)
	@exec $(VENV) -m ops.sdks $(ARGS)

test-system: .venv/all.stamp .venv/whisper.stamp ## Run the tests that need more packages, Debian's among them, and install those
	@scripts/install-system-packages
	@exec $(VENV) -m ops.test $(if $(ARGS),--may-be-empty -m system $(ARGS),--system)

fuzz: .venv/all.stamp ## Try /v1 with 200 made-up requests an operation and more (FUZZ_SEED=1, FUZZ_PHASES=stateful)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-200} exec $(VENV) -m ops.test tests/test_fuzzing.py $(ARGS)

lint: .venv/all.stamp ## Check style, types, imports, templates, migrations and settings
	@exec $(VENV) -m ops.lint $(ARGS)

fmt: .venv/all.stamp ## Format
	@$(VENV) -m ruff check --fix-only --quiet .
	@$(VENV) -m ruff format .

bench: .venv/all.stamp ## Measure voice and the rest (ARGS=voice for that part alone; pages wants Chromium, which test-system installs)
	@exec $(VENV) -m ops.bench $(ARGS)

drill: .venv/runtime.stamp ## Kill workers in mid-talk, place thirty calls in a row, lose everything at every line (ARGS=kills, thirty, faults, sdks, batch, capacity, hostile-sip)
	@exec $(VENV) -m ops.drill $(ARGS)

screenshots: .venv/all.stamp ## Take pictures of every page, wide and narrow, light and dark, into var/screenshots (ARGS=calls)
	@scripts/install-system-packages
	@exec $(VENV) -m ops.screenshots $(ARGS)

docs: .venv/runtime.stamp ## Write the API's descriptions, docs/openapi.yaml and docs/asyncapi.yaml
	@SECRET_KEY=unused $(VENV) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml
	@SECRET_KEY=unused $(VENV) manage.py shell -v 0 -c \
		'from pathlib import Path; from vaniagent import asyncapi; asyncapi.write(Path("docs/asyncapi.yaml"))'

messages: .venv/all.stamp ## Gather the words of pages and mails into locale/, and compile the translations
	@exec $(VENV) -m ops.messages

pins: ## Choose the versions in constraints.txt anew, from the requirements
	@scripts/pin $(PYTHON)

# A stamp says what was installed from which files; when those change it is done again.
.venv/runtime.stamp: requirements.txt constraints.txt
	@scripts/make-venv $(PYTHON)
	@echo "Installing what VaniAgent runs on; this takes a minute or two."
	@$(VENV) -m pip install -qq -r requirements.txt
	@touch $@

.venv/all.stamp: .venv/runtime.stamp requirements-dev.txt
	@echo "Installing what tests and linters need."
	@$(VENV) -m pip install -qq -r requirements-dev.txt
	@touch $@

# Both are called vaniagent, the server's package and the Python SDK: each has an environment of its own.
.venv-sdk/all.stamp: sdks/python/requirements-dev.txt sdks/python/pyproject.toml | .venv/runtime.stamp
	@echo "Installing what the SDKs' tests need."
	@test -x .venv-sdk/bin/python || $(VENV) -m venv .venv-sdk
	@.venv-sdk/bin/python -m pip install -qq -r sdks/python/requirements-dev.txt
	@.venv-sdk/bin/python -m pip install -qq -e sdks/python
	@touch $@

# The packages of npm that the SDKs' tests and checks need, where npm is there.
.PHONY: sdks-npm
sdks-npm: $(if $(shell command -v npm),$(patsubst %/package-lock.json,%/node_modules/.stamp,$(wildcard sdks/*/package-lock.json)))

sdks/%/node_modules/.stamp: sdks/%/package-lock.json
	@cd sdks/$* && npm ci --silent --no-audit --no-fund
	@touch $@

.venv/whisper.stamp: .venv/runtime.stamp requirements-whisper.txt
	@echo "Installing whisper for the system tests; this takes a minute."
	@$(VENV) -m pip install -qq -r requirements-whisper.txt
	@touch $@
