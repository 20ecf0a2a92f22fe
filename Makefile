# The one entrance: `make` lists what there is. Each target sets up what it needs and does again only what changed.
# PYTHON=python3.12 chooses another interpreter, ARGS="…" passes options on (make demo ARGS="--port 9000").

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# jlpm, jupyter and node's tools are to be found by whatever a recipe starts
IN_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

FRONTEND := $(shell find src style schema -type f -not -path '*/__tests__/*' 2>/dev/null) package.json $(wildcard tsconfig.json)
LABEXTENSION := ctadata_jlab/labextension/package.json
PACKAGE := $(shell find ctadata_jlab -name labextension -prune -o -name '*.py' -not -name _version.py -print) \
	$(shell find jupyter-config -type f) install.json pyproject.toml README.md LICENSE
SUCCESSOR := $(shell find successor -name '*.py') successor/pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo install dev test packages lint format types jest pytest ui ui-lowest bench bench-ui soak links docs clean distclean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

# --- to use it

demo: $(if $(wildcard $(VENV)/.dev),dev,install) ## two storage doors and a JupyterLab with the panel; Ctrl-C stops all
	$(BIN)/python -m ctadata_jlab.demo.run $(ARGS)

install: $(VENV)/.user ## the package, its frontend and the successor of ctadata, into .venv

# --- to change it

dev: $(VENV)/.dev $(LABEXTENSION) $(VENV)/.linked ## the same, editable, with everything that the tests need

test: packages ## everything: lint, types, jest, the panel in a browser, pytest
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory types
	$(MAKE) --no-print-directory jest
	$(MAKE) --no-print-directory ui
	$(MAKE) --no-print-directory pytest

packages:
	scripts/check-tools $(PYTHON) node
	scripts/debian-packages

lint: $(VENV)/.dev links ## ruff, codespell, eslint, prettier, stylelint; changes nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(IN_VENV) jlpm lint:check

format: $(VENV)/.dev ## let ruff, prettier, eslint and stylelint repair what they can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(IN_VENV) jlpm lint

types: $(VENV)/.dev ## mypy and tsc
	$(BIN)/mypy
	$(IN_VENV) jlpm tsc --noEmit

jest: $(VENV)/.dev ## the frontend's unit tests
	$(IN_VENV) jlpm test $(ARGS)

pytest: dev tests/rig/oidc/node_modules/.made tests/rig/hub/node_modules/.made .rig/rucio/.made .rig/oscar/.made ## the Python tests; ARGS="-k name" chooses some
	RIG_REQUIRED=1 $(IN_VENV) $(BIN)/python -m pytest --junitxml=junit.xml $(ARGS)

ui: dev .rig/rucio/.made .rig/notebook/.made ## the panel in a real browser (Debian's Chromium); ARGS="-g name" chooses some
	scripts/debian-packages ui
	cd ui-tests && $(IN_VENV) PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 jlpm install --immutable
	cd ui-tests && $(IN_VENV) jlpm tsc:check && $(IN_VENV) jlpm prettier:check
	cd ui-tests && $(IN_VENV) CTADATA_UI_NOTEBOOK="$(CURDIR)/.rig/notebook" jlpm playwright test $(ARGS)
	$(if $(ARGS),,$(MAKE) --no-print-directory ui-lowest)

LOWEST := $(CURDIR)/.rig/jupyterlab
ui-lowest: dev .rig/jupyterlab/.made ## some of the same in the lowest JupyterLab that is supported
	cd ui-tests && PATH="$(LOWEST)/bin:$(CURDIR)/$(BIN):$$PATH" JUPYTER_PATH="$(CURDIR)/$(VENV)/share/jupyter" \
		JUPYTER_CONFIG_PATH="$(CURDIR)/$(VENV)/etc/jupyter" jlpm playwright test --grep @lowest

ROUNDS ?= 7
bench: dev tests/rig/oidc/node_modules/.made ## speed and memory beside curl, davix and rclone; prints ratios
	$(IN_VENV) $(BIN)/python -m benchmarks --runs $(ROUNDS) $(ARGS)

soak: dev tests/rig/oidc/node_modules/.made ## campaigns of faults, kills and outages, for an hour or so; ARGS="-k name" chooses some
	RIG_REQUIRED=1 $(IN_VENV) $(BIN)/python -m pytest -o python_files='soak_*.py' $(ARGS) tests

bench-ui: dev tests/rig/oidc/node_modules/.made ## the panel beside JupyterLab's own file browser; writes benchmarks/PANEL.md
	scripts/debian-packages ui
	cd ui-tests && $(IN_VENV) PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 jlpm install --immutable
	$(IN_VENV) $(BIN)/python -m benchmarks -k panel $(ARGS)

links: ## check the links of the documentation
	$(PYTHON) scripts/check-links

docs: links $(VENV)/.docs ## the documentation as a site in build/site, its reference made from the docstrings
	$(BIN)/mkdocs build --quiet

clean: ## remove what was built (.venv and node_modules stay)
	rm -rf lib ctadata_jlab/labextension dist build coverage junit.xml tsconfig.tsbuildinfo
	rm -rf .pytest_cache .mypy_cache .ruff_cache .eslintcache .stylelintcache .coverage
	rm -rf ui-tests/test-results ui-tests/playwright-report
	rm -f $(VENV)/.user $(VENV)/.linked

distclean: clean ## remove everything that make has made here
	rm -rf $(VENV) .rig node_modules .yarn tests/rig/oidc/node_modules tests/rig/hub/node_modules ui-tests/node_modules ui-tests/.cache ctadata_jlab/_version.py

# --- how each thing is made; the stamps in .venv say when

$(VENV)/.tools:
	scripts/check-tools $(PYTHON) node
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip "jupyter-builder>=1.2,<2"
	touch $@

$(VENV)/.npm: $(VENV)/.tools package.json yarn.lock
	$(IN_VENV) jlpm install --immutable
	touch $@

$(LABEXTENSION): $(VENV)/.npm $(FRONTEND)
	rm -rf $(dir $@)
	$(IN_VENV) jlpm build:prod
	touch $@

# An editable install in .venv is replaced here; `make demo` therefore takes the editable one if there is one.
$(VENV)/.user: $(LABEXTENSION) $(PACKAGE) $(SUCCESSOR)
	rm -f $(VENV)/.dev $(VENV)/.linked
	rm -rf $(VENV)/share/jupyter/labextensions/ctadata_jlab
	$(PIP) install ".[demo]" ./successor
	touch $@

$(VENV)/.dev: pyproject.toml successor/pyproject.toml | $(LABEXTENSION)
	rm -f $(VENV)/.user $(VENV)/.linked
	rm -rf $(VENV)/share/jupyter/labextensions/ctadata_jlab
	$(PIP) install --editable ".[dev]" ./successor
	touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/.dev
	$(PIP) install "mkdocs>=1.6" "mkdocstrings[python]>=0.27"
	touch $@

# JupyterLab reads the built frontend from the checkout, so that a rebuild is seen by a reload of the page.
$(VENV)/.linked: $(VENV)/.dev
	$(IN_VENV) jupyter-builder develop . --overwrite
	touch $@

# Rucio's server and OSCAR's client, for the tests alone: their many distributions are kept apart from ours, and over `make clean`.
.rig/%/.made: tests/rig/%-requirements.txt
	$(PYTHON) -m venv .rig/$*
	.rig/$*/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	touch $@

# Of the lowest JupyterLab only itself; all that it needs is .venv's.
.rig/jupyterlab/.made: tests/rig/jupyterlab-requirements.txt | $(VENV)/.dev
	$(BIN)/python -m venv --without-pip .rig/jupyterlab
	$(PIP) --python .rig/jupyterlab/bin/python install --no-deps --requirement $<
	$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(\"" + sysconfig.get_path("purelib") + "\")")' \
		> $$(.rig/jupyterlab/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/others.pth
	touch $@

# Jupyter Notebook, whose pages .venv's server shows in the tests; all that it needs is there.
.rig/notebook/.made: tests/rig/notebook-requirements.txt | $(VENV)/.dev
	rm -rf .rig/notebook
	$(PIP) install --no-deps --target .rig/notebook --requirement $<
	touch $@

tests/rig/%/node_modules/.made: tests/rig/%/package-lock.json
	cd tests/rig/$* && npm ci --no-audit --no-fund
	touch $@
