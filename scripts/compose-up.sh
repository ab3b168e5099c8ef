#!/bin/sh
# Builds and starts the containers. A mistake in the configuration is reported before anything
# starts; when a part does not come up, its own last words are shown, for Docker only says
# "unhealthy". At the end: who reaches what, and which endpoints answered.
set -u
cd "$(dirname "$0")/.."
. scripts/settings.sh

folder=$(setting ZEPHYR_CONFIG_FOLDER ./config)
config=$folder/config.toml
tokens=$(setting ZEPHYR_TOKENS .env)

# What can be seen without an image: building takes some minutes the first time.
if [ ! -f "$config" ]; then
  say "$config does not exist: cp config.toml.example config/config.toml, and write your endpoints into it"
  exit 2
fi
if [ ! -f "$tokens" ]; then
  say "$tokens does not exist: cp .env.example .env, and write your tokens into it"
  exit 2
fi
if ! grep -Eq '^[[:space:]]*(\[\[[[:space:]]*clients[[:space:]]*\]\]|clients[[:space:]]*=|open[[:space:]]*=[[:space:]]*true)' "$config"; then
  say "nobody could use it yet: $config has no [[clients]]"
  say "  give each person a key: make client NAME=ann"
  say "  then again:             make up"
  exit 2
fi
check_env_file "$tokens" || exit 2
close_env_file
if ! docker version >/dev/null 2>&1; then
  say "no Docker engine answers: is it installed and running, and may this user use it?"
  exit 1
fi

say "building the images (some minutes the first time) …"
scripts/compose.sh build --quiet || exit
scripts/compose-cli.sh config check >&2 || exit

scripts/compose.sh up --detach --wait --remove-orphans
status=$?
if [ "$status" -ne 0 ]; then
  {
    echo
    for id in $(scripts/compose.sh ps --all --quiet); do
      state=$(docker inspect --format '{{.State.Status}} {{with .State.Health}}{{.Status}}{{end}} {{.State.ExitCode}}' "$id")
      case "$state" in "running healthy "* | "exited  0") continue ;; esac
      docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}: {{.State.Status}} {{.State.Error}}' "$id"
      docker logs --tail 10 "$id" 2>&1 | sed 's/^/  | /'
    done
    echo "A port that is taken: ZEPHYR_PORT, ZEPHYR_DASHBOARD_PORT or ZEPHYR_GRAFANA_PORT in .env chooses another."
    echo "More: make logs, make ps, docs/operations.md"
  } >&2
  exit "$status"
fi

say
say "probing the endpoints …"
scripts/compose-cli.sh status --probe
dashboard=$(setting ZEPHYR_DASHBOARD_PORT 8081)
grafana=$(setting ZEPHYR_GRAFANA_PORT 3000)
cat <<END

Each person sets two lines (a key for one more: make client NAME=bob):

  export ANTHROPIC_BASE_URL=$(public_url)
  export ANTHROPIC_AUTH_TOKEN=<their key>

On this host:

  dashboard  http://127.0.0.1:$dashboard   token:    docker compose exec controller cat /run/secrets/admin-token
  Grafana    http://127.0.0.1:$grafana   password: docker compose exec grafana cat /run/secrets/admin-password  (user admin)

After a change of .env: make up. More: make help, docs/operations.md
END
