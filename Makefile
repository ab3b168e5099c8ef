# Everything that people need. `make` alone lists the targets.
#
# npm scripts and the zephyr command run on the Node 24 that npm installs (tools/node-runtime),
# whatever Node the system has.

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-tests demo start status doctor probe config-check cost usage up down logs ps \
  reload client pin-images test e2e-compose docs package simulate soak bench bench-peers bench-growth mutants check format

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: Node 24, the Claude CLI and libraries by npm; a Redis server
	@scripts/setup.sh

setup-dev: # the same, with what only tests and checks need
	@scripts/setup.sh development

setup-tests: ## Install what some tests need (Debian, as root): a browser, shells, Prometheus
	@scripts/setup-tests.sh

demo: ## Start Zephyr with three simulated endpoints, without a token. PORT=8080
	@scripts/setup.sh demo $(or $(PORT),8080)
	@packages/cli/bin/zephyr demo $(if $(PORT),--port $(PORT))

start: ## Start Zephyr with your config.toml and .env. PORT=8080
	@scripts/setup.sh start $(PORT)
	@packages/cli/bin/zephyr start $(if $(PORT),--port $(PORT))

status: ## Show which endpoint is serving, and the state of the others. PORT=9080: of a demo there
	@scripts/zephyr.sh status $(if $(PORT),--url http://127.0.0.1:$$(($(PORT) + 1)))

doctor: ## Find out why it does not work; spends a few tokens
	@scripts/zephyr.sh doctor

probe: ## Probe the endpoints now
	@scripts/zephyr.sh probe

config-check: ## List all problems of the configuration in one run
	@scripts/zephyr.sh config check

cost: ## Show what the probes cost today
	@scripts/zephyr.sh cost

usage: ## Show who used what: requests, tokens and cost
	@scripts/zephyr.sh usage

up: ## Start everything in containers, for a team, with config/config.toml and .env
	@scripts/compose-up.sh

down: ## Stop the containers; active requests finish first, data is not deleted
	@scripts/compose-down.sh

logs: ## Follow the logs of the containers
	@scripts/compose.sh logs --follow --tail 100

ps: ## Show the state of the containers
	@scripts/compose.sh ps

reload: ## Make the containers reload the configuration now instead of within seconds
	@scripts/compose.sh kill --signal HUP proxy prober controller

client: ## Create a key for a person or machine: make client NAME=ann
	@scripts/compose-client.sh $(NAME)

docs: setup ## Make a site with a search of these documents in dist/docs
	@node_modules/.bin/node scripts/docs.ts

package: setup ## Make the npm package claude-zephyr-<version>.tgz
	@node_modules/.bin/node scripts/package.ts

pin-images: setup-dev ## Pin third-party images to the current digests of their tags
	@node_modules/.bin/node scripts/pin-images.ts

test: setup-dev ## Run all tests: unit, integration (real Redis, real HTTP), end to end (real Claude CLI)
	@npm test --silent

e2e-compose: setup-dev ## Test the containers: build, start, kill and restart them under traffic
	@npm run test:compose --silent

simulate: setup-dev ## Compare the switching rules in seeded simulations; writes docs/simulation.md
	@npm run simulate --silent -- --write

soak: setup-dev ## Run everything under random faults for 30 minutes; writes docs/soak.md. SEED=21
	@npm run soak --silent -- --write $(if $(SEED),--seed $(SEED))

bench: setup-dev ## Measure the data path, next to hand-written Node, the plain library and nginx
	@npm run bench --silent

bench-peers: setup-dev ## Compare with nginx, HAProxy and other gateways; installs them in a temporary folder
	@npm run bench-peers --silent -- --write

bench-growth: setup-dev ## Measure what Zephyr takes as endpoints, people, sessions, streams and proxies grow
	@npm run bench-growth --silent -- --write

mutants: setup-dev ## Change the decision logic bit by bit: which rule has no test? ROOM=route
	@npm run mutants --silent -- $(ROOM)

check: setup-dev ## Check format, lint, types, import boundaries and unused code
	@npm run check --silent

format: setup-dev ## Format the code and sort the imports
	@npm run format --silent
