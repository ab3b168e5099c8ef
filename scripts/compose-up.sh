#!/bin/sh
# Builds and starts the containers. An error in the configuration is reported before anything starts.
# If a service does not come up, its last log lines are shown, because Docker only says "unhealthy". At
# the end: the addresses, and which endpoints answered.
set -u
cd "$(dirname "$0")/.."
. scripts/settings.sh

folder=$(setting ZEPHYR_CONFIG_FOLDER ./config)
config=$folder/config.toml
config_file=$config
tokens=$(setting ZEPHYR_TOKENS .env)

# Advice if Docker's errors name a port. advise_port VARIABLE DEFAULT
advise_port() {
  port=$(setting "$1" "$2")
  case "$errors" in
    *":$port: bind: "* | *":$port failed: port is already allocated"*)
      say "Port $port is taken: set $1=$((port + 1000)) in .env, then make up." \
        "端口 $port 已被占用：请在 .env 中设置 $1=$((port + 1000))，然后 make up。" ;;
  esac
}

# Checks that need no image come first: the first build takes a few minutes.
if [ ! -f "$config" ]; then
  say "$config does not exist: cp config.toml.example config/config.toml, and add your endpoints" \
    "$config 不存在：cp config.toml.example config/config.toml，并写入您的端点"
  exit 2
fi
if [ ! -f "$tokens" ]; then
  say "$tokens does not exist: cp .env.example .env, and add your tokens" \
    "$tokens 不存在：cp .env.example .env，并写入您的令牌"
  exit 2
fi
close_env_file
if ! grep -Eq '^[[:space:]]*(\[\[[[:space:]]*clients[[:space:]]*\]\]|clients[[:space:]]*=|open[[:space:]]*=[[:space:]]*true)' "$config"; then
  say "nobody could use the proxy yet: $config has no [[clients]]" \
    "还没有人能使用代理：$config 中没有 [[clients]]"
  say "  create a key for each person: make client NAME=ann" "  为每个人创建密钥：make client NAME=ann"
  say "  then start again:             make up" "  然后重新启动：    make up"
  exit 2
fi
check_env_file "$tokens" || exit 2
if ! docker version >/dev/null 2>&1; then
  say "Docker does not respond: is it installed and running, and may this user use it?" \
    "Docker 没有响应：是否已安装并在运行？当前用户是否有权使用？"
  exit 1
fi

# Build one image first, which `make client` has already built, so that an error is reported early.
say "building the images (some minutes the first time) …" "正在构建镜像（首次需要几分钟）…"
scripts/compose.sh build --quiet cli || exit
scripts/compose-cli.sh config check >&2 || exit
scripts/compose.sh build --quiet || exit

scripts/compose.sh up --detach --wait --remove-orphans
status=$?
if [ "$status" -ne 0 ]; then
  {
    echo
    errors=
    for id in $(scripts/compose.sh ps --all --quiet); do
      state=$(docker inspect --format '{{.State.Status}} {{with .State.Health}}{{.Status}}{{end}} {{.State.ExitCode}}' "$id")
      case "$state" in "running healthy "* | "exited  0") continue ;; esac
      docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}: {{.State.Status}} {{.State.Error}}' "$id"
      errors="$errors $(docker inspect --format '{{.State.Error}} ' "$id")"
      docker logs --tail 10 "$id" 2>&1 | sed 's/^/  | /'
    done
    advise_port ZEPHYR_PORT 8080
    advise_port ZEPHYR_DASHBOARD_PORT 8081
    advise_port ZEPHYR_GRAFANA_PORT 3000
    advise_port ZEPHYR_METRICS_PORT 9090
    say "More: make logs, make ps, docs/operations.md" "更多：make logs、make ps、docs/operations.md"
  } >&2
  exit "$status"
fi

say
say "probing the endpoints …" "正在探测端点…"
scripts/compose-cli.sh status --probe
dashboard=$(setting ZEPHYR_CONTROLLER_URL "http://127.0.0.1:$(setting ZEPHYR_DASHBOARD_PORT 8081)")
grafana=$(setting ZEPHYR_GRAFANA_PORT 3000)
url=$(public_url)
show_token='docker compose exec controller cat /run/secrets/admin-token'
show_password='docker compose exec grafana cat /run/secrets/admin-password'
either "
Each person sets these two variables (another key: make client NAME=bob):

  export ANTHROPIC_BASE_URL=$url
  export ANTHROPIC_AUTH_TOKEN=<their key>

On this host:

  dashboard  $dashboard   token:    $show_token
  Grafana    http://127.0.0.1:$grafana   password: $show_password  (user admin)

After changing .env: make up. More: make help, docs/operations.md
" "
每个人设置这两个变量（再创建密钥：make client NAME=bob）：

  export ANTHROPIC_BASE_URL=$url
  export ANTHROPIC_AUTH_TOKEN=<此人的密钥>

在本主机上：

  仪表盘     $dashboard   令牌：$show_token
  Grafana    http://127.0.0.1:$grafana   密码：$show_password（用户 admin）

修改 .env 之后：make up。更多：make help、docs/operations.md
"
