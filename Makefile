# Two commands matter: `make up` and `make test`. Both do all their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export REDOCLY_TELEMETRY := off

.PHONY: help up demo test check bench setup debian-packages clean

help: ## Lists these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup ## Starts a vault on this machine, shows its main job, stays up until Ctrl-C
	@node sandbox/up.ts

demo: setup ## Shows the main job and ends; not 0 when any step fails
	@node sandbox/up.ts --demo

test: setup debian-packages check ## Checks and tests everything
	@node sandbox/run-tests.ts

check: setup ## Types, lint, boundary, dead code, contract and generated files
	@node sandbox/run-checks.ts

bench: setup debian-packages ## Measures the vault against PostgreSQL in the same run
	@node bench/run.ts

setup: node_modules/.package-lock.json
	@sandbox/build-pkcs11-addon.sh

# npm comes with the machine; everything after it runs on the Node that the lockfile pins.
node_modules/.package-lock.json: package-lock.json
	@echo "… installing dependencies"
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# A second PostgreSQL, an HSM in software, a compiler. Without root and apt the suites say what they skip.
debian-packages: node_modules/.package-lock.json
	@sandbox/install-debian-packages.sh
	@sandbox/build-pkcs11-addon.sh

clean: ## Removes what make up made: database, keys, certificates, logs
	@rm -rf .sandbox .cache
