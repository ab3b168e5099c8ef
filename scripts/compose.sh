#!/bin/sh
# docker compose with the files that the settings of .env ask for:
#
#   ZEPHYR_PROXIES=3                 several proxies behind HAProxy, at the port of the one
#   ZEPHYR_METRICS_BIND=192.168.1.5  all metrics, for a Prometheus of one's own
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

proxies=$(setting ZEPHYR_PROXIES 1)
case $proxies in
  [1-8]) ;;
  *) say "ZEPHYR_PROXIES=$proxies: how many proxies there are, 1 to 8"; exit 2 ;;
esac
# Files that somebody chose by hand are theirs.
if [ -n "$(setting COMPOSE_FILE '')" ]; then exec docker compose "$@"; fi
files='-f docker-compose.yml'
if [ "$proxies" -gt 1 ]; then files="$files -f deploy/compose/scale.yml"; fi
if [ -n "$(setting ZEPHYR_METRICS_BIND '')" ]; then files="$files -f deploy/compose/metrics.yml"; fi
# shellcheck disable=SC2086  # a list of words
exec docker compose $files "$@"
