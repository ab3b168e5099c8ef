#!/bin/sh
# The zephyr command for `make`: in a container where the containers of a team run, or where only
# config/config.toml exists; else on this machine.
set -eu
cd "$(dirname "$0")/.."

in_containers() {
  command -v docker >/dev/null 2>&1 || return 1
  if [ -n "$(scripts/compose.sh ps --quiet controller 2>/dev/null)" ]; then return 0; fi
  [ -f config/config.toml ] && [ ! -f config.toml ]
}

if in_containers; then exec scripts/compose-cli.sh "$@"; fi
exec packages/cli/bin/zephyr "$@"
