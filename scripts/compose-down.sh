#!/bin/sh
# Ends all that `make up` has started, by whatever settings: several proxies, alerts, the demo.
set -eu
cd "$(dirname "$0")/.."
exec docker compose -f docker-compose.yml -f deploy/compose/scale.yml --profile '*' \
  down --remove-orphans "$@"
