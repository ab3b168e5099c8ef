# All that people need. `make` alone tells what there is.
#
# npm scripts and npx run on the Node 24 that npm brings (tools/node-runtime), whatever the system
# has.

.DEFAULT_GOAL := help
.PHONY: help setup demo start status test check format

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Get what is missing: npm packages with Node 24 and the Claude CLI, a Redis server
	@scripts/setup.sh

demo: setup ## Zephyr with three simulated endpoints; needs no token. PORT=8080
	@packages/cli/bin/zephyr demo $(if $(PORT),--port $(PORT))

start: setup ## Zephyr with your config.toml and .env. PORT=8080
	@packages/cli/bin/zephyr start $(if $(PORT),--port $(PORT))

status: ## Who serves now
	@packages/cli/bin/zephyr status

test: setup ## All tests: unit, integration (real Redis, real HTTP), end to end (real Claude CLI)
	@npm test --silent

check: setup ## Format, lint, types, import boundaries, unused code
	@npm run check --silent

format: setup ## Format the code and sort the imports
	@npm run format --silent
