#!/bin/sh
# Installs what some end-to-end tests need: a browser, a terminal, shells. Without them, these tests are
# skipped, and the summary of the run names what is missing.
#
#   chromium: the web dashboard; with a font for Chinese, so that screenshots show it
#   tmux: the terminal dashboard, completion in shells
#   zsh, fish: completion of the zephyr command
#   prometheus: the queries of the Grafana dashboards, the alert rules (promtool)
#   prometheus-alertmanager: the delivery of an alert to a webhook
#   caddy, nginx: the shipped TLS configurations
#   python3-venv: the Python SDK and LangChain as clients, in .cache/test-clients
#
# setup-tests.sh list: prints what is missing and installs nothing
set -eu

wanted=
command -v tmux >/dev/null 2>&1 || wanted="$wanted tmux"
command -v zsh >/dev/null 2>&1 || wanted="$wanted zsh"
command -v fish >/dev/null 2>&1 || wanted="$wanted fish"
[ -x /usr/bin/chromium ] || wanted="$wanted chromium fonts-wqy-microhei"
command -v promtool >/dev/null 2>&1 || wanted="$wanted prometheus"
command -v caddy >/dev/null 2>&1 || wanted="$wanted caddy"
command -v nginx >/dev/null 2>&1 || wanted="$wanted nginx"
command -v alertmanager >/dev/null 2>&1 || command -v prometheus-alertmanager >/dev/null 2>&1 ||
  wanted="$wanted prometheus-alertmanager"
command -v python3 >/dev/null 2>&1 && python3 -c "import ensurepip" 2>/dev/null || wanted="$wanted python3-venv"
if [ "${1:-}" = list ]; then printf '%s\n' "${wanted# }"; exit 0; fi

# Pinned, because the test compares what they print. Without them their tests are skipped.
install_clients() {
  folder=$(dirname "$0")/../.cache/test-clients
  [ -x "$folder/bin/python" ] && return
  echo "setup: installing the Python SDK and LangChain for tests" >&2
  python3 -m venv "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
      anthropic==2.14.0 langchain-anthropic==1.7.10 && return
  rm -rf "$folder"
  echo "setup: not installed, so their tests are skipped: the Python SDK and LangChain" >&2
}
if [ -z "$wanted" ]; then install_clients; exit 0; fi

as_root=
if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
if ! command -v apt-get >/dev/null 2>&1 || ! $as_root true 2>/dev/null; then
  echo "setup: not installed, so their tests are skipped:$wanted (as root: apt-get install$wanted)" >&2
  exit 0
fi
echo "setup: installing for tests with apt-get:$wanted" >&2
$as_root apt-get update -qq
# The packages must not start servers. shellcheck disable=SC2086  # a list of packages
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get install -y -qq --no-install-recommends $wanted >/dev/null
install_clients
