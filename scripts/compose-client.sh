#!/bin/sh
# Creates a key for a person or a machine: compose-client.sh NAME
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

if [ -z "${1:-}" ]; then
  say "give a name: make client NAME=ann"
  exit 2
fi
folder=$(setting ZEPHYR_CONFIG_FOLDER ./config)
if [ ! -f "$folder/config.toml" ]; then
  say "$folder/config.toml does not exist; clients and their keys are part of it"
  say "  first: cp config.toml.example config/config.toml, and add your endpoints"
  say "  then:  make client NAME=$1"
  exit 2
fi
close_env_file
scripts/compose-cli.sh clients add "$1"
if [ -z "$(scripts/compose.sh ps --quiet proxy 2>/dev/null)" ]; then
  say "Zephyr is not running yet: make up"
fi
