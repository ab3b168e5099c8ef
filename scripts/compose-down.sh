#!/bin/sh
# Stops everything that `make up` started, with any settings: several proxies, alerts, the demo.
set -eu
cd "$(dirname "$0")/.."
exec docker compose -f docker-compose.yml -f deploy/compose/scale.yml --profile '*' \
  down --remove-orphans "$@"
