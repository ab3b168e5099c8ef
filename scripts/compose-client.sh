#!/bin/sh
# A key for a person or a machine: compose-client.sh NAME
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

if [ -z "${1:-}" ]; then
  say "whose key? make client NAME=ann"
  exit 2
fi
folder=$(setting ZEPHYR_CONFIG_FOLDER ./config)
if [ ! -f "$folder/config.toml" ]; then
  say "$folder/config.toml does not exist: people and their keys are part of it"
  say "  first: cp config.toml.example config/config.toml, and write your endpoints into it"
  say "  then:  make client NAME=$1"
  exit 2
fi
scripts/compose-cli.sh clients add "$1"
if [ -z "$(scripts/compose.sh ps --quiet proxy 2>/dev/null)" ]; then
  say "Zephyr does not run yet: make up"
fi
