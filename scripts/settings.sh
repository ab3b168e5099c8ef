# shellcheck shell=sh
# Sourced by the other scripts, from the root of the repository.

# The configuration of these scripts; those for containers name another one.
config_file=${ZEPHYR_CONFIG:-config.toml}

# A value from it. of_config TABLE KEY
of_config() {
  awk -F= -v wanted="$1" -v key="$2" '{ sub(/#.*/, ""); gsub(/[[:space:]"]/, "") } /^\[/ { table = $0 }
    table == "[" wanted "]" && $1 == key { print $2; exit }' "$config_file" 2>/dev/null || true
}

# From the configuration, else from the terminal, like packages/cli/src/output/language-of-run.ts.
speaks_chinese() {
  language=$(of_config ui language)
  case $language in
    zh | en) ;;
    *) language=${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} ;;
  esac
  case $language in zh* | ZH*) return 0 ;; *) return 1 ;; esac
}

# A text in the user's language; commands and names are the same in both. either ENGLISH CHINESE
either() {
  if [ $# -gt 1 ] && speaks_chinese; then printf '%s' "$2"; else printf '%s' "${1:-}"; fi
}
say() { printf '%s\n' "$(either "$@")" >&2; }

# A compose setting: from the environment, else from .env, else the given default.
# setting NAME DEFAULT
setting() {
  value=$(printenv "$1" || true)
  if [ -z "$value" ] && [ -r .env ]; then
    value=$(sed -n "s/^[[:space:]]*\(export \)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 |
      sed "s/[[:space:]]*\$//; s/^\"\(.*\)\"\$/\1/; s/^'\(.*\)'\$/\1/")
  fi
  printf '%s' "${value:-$2}"
}

# The LAN address of this machine.
lan_address() {
  address=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p' | head -n 1)
  # macOS
  [ -n "$address" ] || address=$(ipconfig getifaddr en0 2>/dev/null || true)
  # shellcheck disable=SC2046  # the first of several words
  [ -n "$address" ] || address=$(set -- $(hostname -I 2>/dev/null || true) && printf '%s' "${1:-}")
  printf '%s' "${address:-127.0.0.1}"
}

# Whether a service has HTTPS configured. has_certificate FILE server|controller
has_certificate() {
  [ -r "$1" ] && awk -v table="$2" '
    /^[[:space:]]*\[/ { here = $0 ~ ("^[[:space:]]*\\[[[:space:]]*" table "[[:space:]]*\\]") }
    here && /^[[:space:]]*tls_cert_file[[:space:]]*=/ { found = 1 }
    END { exit !found }
  ' "$1"
}

# The proxy's public address: ZEPHYR_PUBLIC_URL, else the address of this machine.
public_url() {
  url=$(setting ZEPHYR_PUBLIC_URL '')
  if [ -n "$url" ]; then
    printf '%s' "$url"
    return
  fi
  host=$(setting ZEPHYR_BIND 0.0.0.0)
  if [ "$host" = 0.0.0.0 ]; then host=$(lan_address); fi
  scheme=http
  if has_certificate "$(setting ZEPHYR_CONFIG_FOLDER ./config)/config.toml" server; then
    scheme=https
  fi
  printf '%s://%s:%s' "$scheme" "$host" "$(setting ZEPHYR_PORT 8080)"
}

# compose and `zephyr start` read some values differently: a token with a $ would be truncated. The same rule
# as packages/runtime/src/config/variables/env-file.ts.
check_env_file() {
  name='[A-Za-z_][A-Za-z0-9_]*'
  single="'([^'\\]|\\\\+[^'\\])*'"
  double='"[^"$\`]*"'
  bare="[^[:space:]'\"\`\$#]([^[:space:]\$#\`]|[ ])*"
  alike="=[ ]*((($single|$double)[ ]*(#.*)?)|(($bare([ ]+#.*)?)?[ ]*))\$"
  other=$(grep -nE "^[[:space:]]*(export[[:space:]]+)?$name[[:space:]]*=" "$1" | tr -d '\r' |
    grep -vE "^[0-9]+:[[:space:]]*(export[[:space:]]+)?$name[[:space:]]*$alike" |
    sed 's/[[:space:]]*=.*//; s/:[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}/:/') || true
  [ -n "$other" ] || return 0
  for place in $other; do
    say "$1:${place%%:*}: the value of ${place#*:} means something else to compose than to zephyr start; write it in single quotes: ${place#*:}='…'" \
      "$1:${place%%:*}：compose 与 zephyr start 对 ${place#*:} 的值理解不同；请用单引号书写：${place#*:}='…'"
  done
  return 1
}

# .env holds tokens, so no other user of this machine may read it.
close_env_file() {
  [ -f .env ] || return 0
  case $(ls -l .env) in
    ????------*) return 0 ;;
  esac
  chmod go= .env 2>/dev/null && say \
    "setup: .env was readable by other users of this machine; restricted it (chmod 600)" \
    "setup：本机的其他用户可以读取 .env；已收紧权限（chmod 600）"
  return 0
}
