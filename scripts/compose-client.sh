#!/bin/sh
# Creates a key for a person or a machine: compose-client.sh NAME
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

folder=$(setting ZEPHYR_CONFIG_FOLDER ./config)
config_file=$folder/config.toml
if [ -z "${1:-}" ]; then
  say "give a name: make client NAME=ann" "请给出名称：make client NAME=ann"
  exit 2
fi
if [ ! -f "$config_file" ]; then
  say "$config_file does not exist; clients and their keys are part of it" \
    "$config_file 不存在；客户端及其密钥写在其中"
  say "  first: cp config.toml.example config/config.toml, and add your endpoints" \
    "  先运行：cp config.toml.example config/config.toml，并写入您的端点"
  say "  then:  make client NAME=$1" "  再运行：make client NAME=$1"
  exit 2
fi
close_env_file
scripts/compose-cli.sh clients add "$1"
if [ -z "$(scripts/compose.sh ps --quiet proxy 2>/dev/null)" ]; then
  say "Zephyr is not running yet: make up" "Zephyr 尚未运行：make up"
fi
