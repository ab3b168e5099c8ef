#!/bin/sh
# Builds the web dashboard into packages/dashboard/dist, unless that was built from these sources.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH

stamp=packages/dashboard/dist/.sources
sources=$(find packages/dashboard packages/texts -type f \
  -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.test.ts' -exec cksum {} + |
  sort | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sources" ]; then exit 0; fi
# Tests set another NODE_ENV, with which Vite builds larger development scripts.
NODE_ENV=production npm run build -w packages/dashboard --silent -- --logLevel error
printf '%s' "$sources" >"$stamp"
