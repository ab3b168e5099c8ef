#!/bin/sh
# Builds and starts the containers. A mistake in the configuration is told before anything starts;
# when a part does not come up, its own last words are shown, for Docker only says "unhealthy".
set -u
cd "$(dirname "$0")/.."

# Without the secrets between the services, which the first start makes. Nothing is started for it.
docker compose build --quiet || exit
docker compose run --rm --no-deps --no-TTY --env ZEPHYR_REDIS_URL_FILE= --env ZEPHYR_ADMIN_TOKEN_FILE= \
  controller node packages/runtime/src/config-check.ts || exit

docker compose up --detach --wait && exit
status=$?
{
  echo
  for id in $(docker compose ps --all --quiet); do
    state=$(docker inspect --format '{{.State.Status}} {{with .State.Health}}{{.Status}}{{end}} {{.State.ExitCode}}' "$id")
    case "$state" in "running healthy "* | "exited  0") continue ;; esac
    docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}: {{.State.Status}} {{.State.Error}}' "$id"
    docker logs --tail 10 "$id" 2>&1 | sed 's/^/  | /'
  done
  echo "A port that is taken: ZEPHYR_PORT, ZEPHYR_DASHBOARD_PORT or ZEPHYR_GRAFANA_PORT in .env gives another."
  echo "More: make logs, make ps, docs/operations.md"
} >&2
exit "$status"
