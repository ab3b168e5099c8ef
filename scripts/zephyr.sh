#!/bin/sh
# The zephyr command for `make`: in a container if the containers of a team are running, or if only
# config/config.toml exists; otherwise on this machine, after installing what it needs.
set -eu
cd "$(dirname "$0")/.."

in_containers() {
  command -v docker >/dev/null 2>&1 || return 1
  if [ -n "$(scripts/compose.sh ps --quiet controller 2>/dev/null)" ]; then return 0; fi
  [ -f config/config.toml ] && [ ! -f config.toml ]
}

if in_containers; then exec scripts/compose-cli.sh "$@"; fi
# Only in a fresh clone: a command must not replace packages of a running Zephyr.
[ -d node_modules/commander ] || scripts/setup.sh command
exec packages/cli/bin/zephyr "$@"
