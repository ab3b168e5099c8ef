#!/bin/sh
# Gets what Zephyr needs on this machine, where it is missing. Does nothing the second time.
#
#   npm packages: Node 24 (Linux), the Claude CLI and the libraries, as package-lock.json pins them
#   a Redis server: redis-server or valkey-server, by apt-get or brew
#   the web dashboard, built from its sources
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "setup: $*" >&2; }
stop() { say "$1"; shift; for line in "$@"; do printf '  %s\n' "$line" >&2; done; exit 1; }

install_packages() {
  command -v npm >/dev/null 2>&1 || stop "npm is missing; it brings everything else" \
    "Debian, Ubuntu: sudo apt-get install npm" "macOS: brew install node"
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
  # npm 9 (Debian 12) installs the package and does not link its program.
  for node in node_modules/node-linux-*/bin/node; do
    if [ -x "$node" ]; then ln -s "../../$node" node_modules/.bin/node; return; fi
  done
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  [ "$major" -ge 24 ] || stop "Node 24 or newer is missing, and npm brings it to Linux only" \
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

install_packages
check_node
install_redis
scripts/build-dashboard.sh
