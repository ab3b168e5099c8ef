#!/bin/sh
# Runs the zephyr command in a separate container, with the tokens, passwords and networks of the
# services: compose-cli.sh status
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

config_file=$(setting ZEPHYR_CONFIG_FOLDER ./config)/config.toml
if ! docker version >/dev/null 2>&1; then
  say "Docker does not respond: is it installed and running, and may this user use it?" \
    "Docker 没有响应：是否已安装并在运行？当前用户是否有权使用？"
  exit 1
fi
if ! docker image inspect "zephyr-cli:$(setting ZEPHYR_VERSION local)" >/dev/null 2>&1; then
  say "building the image for the zephyr command …" "正在构建 zephyr 命令的镜像…"
  scripts/compose.sh build --quiet cli
fi
folder=$(setting ZEPHYR_CONFIG_FOLDER ./config)
# By address: the controller accepts only known host names. One with its own certificate is reached by its
# public name.
controller=$(scripts/compose.sh ps --quiet controller 2>/dev/null || true)
if [ -n "$controller" ] && [ -z "$(setting ZEPHYR_CONTROLLER_URL '')" ]; then
  # These do not call the controller.
  case ${1:-} in clients | config | doctor | endpoint) file=/dev/null ;; *) file=$folder/config.toml ;; esac
  if has_certificate "$file" controller; then
    say "the controller speaks HTTPS: set ZEPHYR_CONTROLLER_URL in .env, by a name in its certificate (docs/tls.md)" \
      "控制器使用 HTTPS：请在 .env 中设置 ZEPHYR_CONTROLLER_URL，用其证书中的名称（docs/tls.md）"
  fi
  address=$(docker inspect --format \
    '{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{$net.IPAddress}}{{println}}{{end}}' \
    "$controller" | sed -n 's/^.*_core //p')
  if [ -n "$address" ]; then export ZEPHYR_CONTROLLER_URL="http://$address:8081"; fi
fi
if [ -z "$controller" ]; then
  # The first start creates the network; it does not exist yet.
  scripts/compose.sh --progress quiet run --rm --no-deps --no-TTY secrets >/dev/null
fi
# `make up` handles containers left over from another number of proxies.
export COMPOSE_IGNORE_ORPHANS=1
options=
if [ ! -t 0 ] || [ ! -t 1 ]; then options=--no-TTY; fi
# These write into config/, which belongs to the user. Everything else runs as the services' user, so that
# files unreadable to them are noticed.
case ${1:-} in clients | endpoint) options="$options --user $(id -u):$(id -g)" ;; esac
# shellcheck disable=SC2086  # a list of words
exec scripts/compose.sh --progress quiet run --rm --no-deps $options cli "$@"
