#!/bin/sh
# Stops everything that `make up` started, with any settings: several proxies, alerts, metrics, the demo.
set -eu
cd "$(dirname "$0")/.."
# It has no default, because it must be chosen; here it is not used.
ZEPHYR_METRICS_BIND=127.0.0.1
export ZEPHYR_METRICS_BIND
exec docker compose -f docker-compose.yml -f deploy/compose/scale.yml -f deploy/compose/metrics.yml \
  --profile '*' down --remove-orphans "$@"
