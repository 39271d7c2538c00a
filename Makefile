# Each command works on a fresh clone: what is missing is installed on the way.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PACKAGES := venv/.installed
TWIN := .local/twin/.installed
LOCK := CUSTOM_COMPILE_COMMAND='make lock' .local/lock/bin/pip-compile --quiet --generate-hashes --no-strip-extras \
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
FIREBASE := infra/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help run test unit coverage check openapi lock admin forget cities demo picture bench bench-twin soak deploy rollback secret destroy clean chromium

help: ## List the commands.
	@awk -F ' *:.*## *' '/^[a-z-]+:.*##/ { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(PACKAGES) $(FIREBASE) ## Run the whole system with demo data on http://localhost:8000. FRESH=1 forgets the local data.
	@venv/bin/python -m infra.local.run

test: $(PACKAGES) $(FIREBASE) chromium ## Test everything, on all cores. ARGS=… go to pytest.
	@venv/bin/pytest --ignore=tests/soak --numprocesses=auto $(ARGS)

unit: $(PACKAGES) ## Test the pure rules: in seconds, without any other tool.
	@venv/bin/pytest tests/unit $(ARGS)

coverage: $(PACKAGES) $(FIREBASE) chromium ## Test everything and report which branches no test takes.
	@$(MAKE) --no-print-directory test ARGS="--cov=functions --cov=shared --cov-branch --cov-report=term-missing:skip-covered $(ARGS)"

check: $(PACKAGES) ## Lint, formatting, types.
	@venv/bin/ruff check
	@venv/bin/ruff format --check
	@venv/bin/mypy

openapi: $(PACKAGES) ## Write the API document of the code into shared/web/openapi.json.
	@venv/bin/python -m infra.openapi

lock: $(PACKAGES) ## Write the requirements files, with hashes, from pyproject.toml.
	@venv/bin/python -m venv .local/lock && .local/lock/bin/pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	@$(LOCK) --output-file=requirements.txt pyproject.toml
	@sed 's/\[.*\]==/==/' requirements.txt > .local/lock/constraints.txt
	@$(LOCK) --extra=tests --output-file=tests/requirements.txt --constraint=.local/lock/constraints.txt pyproject.toml

admin: $(PACKAGES) ## Make an admin: EMAIL=… PASSWORD=…, in the running local system or in PROJECT=….
	@venv/bin/python -m infra.admin

forget: $(PACKAGES) ## Delete a person's account: EMAIL=…, PHONE=… or USER_ID=…, here or in PROJECT=….
	@venv/bin/python -m infra.forget

cities: $(PACKAGES) ## Give stored listings and searches their cities' keys, in the running local system or in PROJECT=….
	@venv/bin/python -m infra.cities

demo: $(PACKAGES) ## Load N=… more demo listings into the running local system.
	@venv/bin/python -m infra.local.demo

picture: $(PACKAGES) chromium ## Draw the README's picture anew, from the running local system.
	@venv/bin/python -m tests.browser.picture

bench: $(PACKAGES) ## Measure every call: round trips, documents, time and memory.
	@venv/bin/python -m tests.bench

bench-twin: $(PACKAGES) $(TWIN) ## Compare the CPU of five calls with FastAPI + SQLAlchemy + PostgreSQL.
	@venv/bin/python -m tests.bench.twin .local/twin/bin/python

soak: $(PACKAGES) $(FIREBASE) ## Test for hours what takes hours to show.
	@venv/bin/pytest tests/soak $(ARGS)

deploy: $(PACKAGES) ## Deploy to PROJECT=… REGION=…. DRY_RUN=1 prints the commands.
	@venv/bin/python -m infra.cloud.deploy

rollback: $(PACKAGES) ## Take all functions of PROJECT=… REGION=… back to the release before.
	@venv/bin/python -m infra.cloud.rollback

secret: $(PACKAGES) ## Give PROJECT=… a secret that only you know: NAME=SMTP_URL, without an echo.
	@venv/bin/python -m infra.cloud.secret

destroy: $(PACKAGES) ## Remove from PROJECT=… REGION=… what deploy has made.
	@venv/bin/python -m infra.cloud.destroy

clean: ## Remove what was installed, and all local data.
	rm -rf venv infra/node_modules .local .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The browser tests drive the machine's own Chromium or Chrome. Where it cannot be installed here, they say what to do.
chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  command -v $$name >/dev/null && exit 0; done; test -n "$$CHROMIUM" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests ..."; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi

$(PACKAGES): requirements.txt tests/requirements.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or later is needed (found: $$("$(PYTHON)" --version 2>&1 || echo none))." \
	         "Get it from https://www.python.org/downloads/, or name one: make PYTHON=/path/to/python3 …"; exit 1; }
	@echo "Installing the Python packages into venv/ ..."
	@venv/bin/python -m pip --version >/dev/null 2>&1 || { rm -rf venv && "$(PYTHON)" -m venv venv; }
	@venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt
	@touch $@

$(TWIN): tests/bench/twin/requirements.txt $(PACKAGES)
	@echo "Installing the server to compare with into .local/twin/ ..."
	@venv/bin/python -m venv .local/twin
	@.local/twin/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(FIREBASE): infra/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or later is needed, with npm: https://nodejs.org/"; exit 1; }
	@echo "Installing firebase-tools into infra/node_modules/, which takes about a minute ..."
	@cd infra && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
