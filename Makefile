# All that people need. `make` alone tells what there is.
#
# npm scripts and npx run on the Node 24 that npm brings (tools/node-runtime), whatever the system
# has.

.DEFAULT_GOAL := help
.PHONY: help setup demo start status up down logs ps reload client test e2e-compose simulate bench check format

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Get what is missing: npm packages with Node 24 and the Claude CLI, a Redis server
	@scripts/setup.sh

demo: setup ## Zephyr with three simulated endpoints; needs no token. PORT=8080
	@packages/cli/bin/zephyr demo $(if $(PORT),--port $(PORT))

start: setup ## Zephyr with your config.toml and .env. PORT=8080
	@packages/cli/bin/zephyr start $(if $(PORT),--port $(PORT))

status: ## Who serves now
	@packages/cli/bin/zephyr status

up: config/config.toml ## All of it in containers, for a team: config/config.toml and .env
	@scripts/compose-up.sh
	@echo "dashboard: http://127.0.0.1:$${ZEPHYR_DASHBOARD_PORT:-8081}  Grafana: http://127.0.0.1:$${ZEPHYR_GRAFANA_PORT:-3000}  (passwords: docs/operations.md)"

config/config.toml:
	@echo "config/config.toml does not exist: cp config.toml.example config/config.toml, and write your endpoints" >&2; exit 2

down: ## Stop the containers; running answers end first, data stay
	@docker compose down

logs: ## Follow what the containers log
	@docker compose logs --follow --tail 100

ps: ## How the containers are
	@docker compose ps

reload: ## Let the containers read the configuration now, not within seconds
	@docker compose kill --signal HUP proxy prober controller

client: ## A key for a person or machine: make client NAME=ann
	@docker compose run --rm --build --user "$$(id -u):$$(id -g)" cli clients add $(NAME)

test: setup ## All tests: unit, integration (real Redis, real HTTP), end to end (real Claude CLI)
	@npm test --silent

e2e-compose: setup ## The containers under fire: build, start, kill and restart under traffic
	@npm run test:compose --silent

simulate: setup ## Compare the switching rules in seeded worlds; writes docs/simulation.md
	@npm run simulate --silent -- --write

bench: setup ## What the data path costs, beside Node by hand, the plain library and nginx
	@npm run bench --silent

check: setup ## Format, lint, types, import boundaries, unused code
	@npm run check --silent

format: setup ## Format the code and sort the imports
	@npm run format --silent
