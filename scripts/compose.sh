#!/bin/sh
# docker compose, with the files that the settings in .env call for:
#
#   ZEPHYR_PROXIES=3                 several proxies behind HAProxy, at the port of the one
#   ZEPHYR_METRICS_BIND=192.168.1.5  publish all metrics, for a Prometheus of your own
#
# A [[notify]] in config/config.toml gives the controller, which sends the messages, a way out.
# The services learn at which address people reach the proxy (ZEPHYR_PUBLIC_URL).
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

proxies=$(setting ZEPHYR_PROXIES 1)
case $proxies in
  [1-8]) ;;
  *)
    config_file=$(setting ZEPHYR_CONFIG_FOLDER ./config)/config.toml
    say "ZEPHYR_PROXIES=$proxies: the number of proxies must be 1 to 8" \
      "ZEPHYR_PROXIES=$proxies：代理实例的数量须为 1 至 8"
    exit 2
    ;;
esac
ZEPHYR_PUBLIC_URL=$(public_url)
export ZEPHYR_PUBLIC_URL
# COMPOSE_FILE takes precedence.
if [ -n "$(setting COMPOSE_FILE '')" ]; then exec docker compose "$@"; fi
files='-f docker-compose.yml'
if [ "$proxies" -gt 1 ]; then files="$files -f deploy/compose/scale.yml"; fi
if [ -n "$(setting ZEPHYR_METRICS_BIND '')" ]; then files="$files -f deploy/compose/metrics.yml"; fi
if grep -Eqs '^[[:space:]]*(\[\[[[:space:]]*)?notify[][:space:]=]' \
  "$(setting ZEPHYR_CONFIG_FOLDER ./config)/config.toml"; then
  files="$files -f deploy/compose/notify.yml"
fi
# shellcheck disable=SC2086  # a list of words
exec docker compose $files "$@"
