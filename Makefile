# All that people need. `make` alone lists what there is.
#
# npm scripts and the zephyr command run on the Node 24 that npm brings (tools/node-runtime),
# whatever the system has.

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-tests demo start status doctor probe config-check cost up down logs ps \
  reload client pin-images test e2e-compose simulate bench check format

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Get what is missing: Node 24, the Claude CLI and libraries by npm; a Redis server
	@scripts/setup.sh

setup-dev: # the same with what only tests and checks need
	@scripts/setup.sh development

setup-tests: ## Get what some tests need from Debian: a browser, shells, Prometheus; as root
	@scripts/setup-tests.sh

demo: ## Zephyr with three simulated endpoints; needs no token. PORT=8080
	@scripts/setup.sh demo $(or $(PORT),8080)
	@packages/cli/bin/zephyr demo $(if $(PORT),--port $(PORT))

start: ## Zephyr with your config.toml and .env. PORT=8080
	@scripts/setup.sh start $(PORT)
	@packages/cli/bin/zephyr start $(if $(PORT),--port $(PORT))

status: ## Which endpoint serves, and how the others are. PORT=8080, of a demo elsewhere
	@scripts/zephyr.sh status $(if $(PORT),--url http://127.0.0.1:$$(($(PORT) + 1)))

doctor: ## Why does it not work? Looks at everything; spends a few tokens
	@scripts/zephyr.sh doctor

probe: ## Probe the endpoints now
	@scripts/zephyr.sh probe

config-check: ## List all problems of the configuration in one run
	@scripts/zephyr.sh config check

cost: ## What the probes cost today
	@scripts/zephyr.sh cost

up: ## All of it in containers, for a team: config/config.toml and .env
	@scripts/compose-up.sh

down: ## Stop the containers; running answers end first, data stay
	@scripts/compose-down.sh

logs: ## Follow what the containers log
	@scripts/compose.sh logs --follow --tail 100

ps: ## How the containers are
	@scripts/compose.sh ps

reload: ## Let the containers read the configuration now, not within seconds
	@scripts/compose.sh kill --signal HUP proxy prober controller

client: ## A key for a person or machine of the team: make client NAME=ann
	@scripts/compose-client.sh $(NAME)

pin-images: setup-dev ## Pin the images of others to the digests that their tags have now
	@node_modules/.bin/node scripts/pin-images.ts

test: setup-dev ## All tests: unit, integration (real Redis, real HTTP), end to end (real Claude CLI)
	@npm test --silent

e2e-compose: setup-dev ## The containers under fire: build, start, kill and restart under traffic
	@npm run test:compose --silent

simulate: setup-dev ## Compare the switching rules in seeded worlds; writes docs/simulation.md
	@npm run simulate --silent -- --write

bench: setup-dev ## What the data path costs, beside Node by hand, the plain library and nginx
	@npm run bench --silent

check: setup-dev ## Format, lint, types, import boundaries, unused code
	@npm run check --silent

format: setup-dev ## Format the code and sort the imports
	@npm run format --silent
