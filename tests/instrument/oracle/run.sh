#!/bin/sh
# run.sh [FILE...]: the instruments' scenarios, played to an independent
# engine.  For development: npm fetches it, as the lock file says.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
forms=$(mktemp -d "${TMPDIR:-/tmp}/padu-oracle.XXXXXX")
trap 'rm -rf "$forms"' EXIT
if [ ! -d "$here/node_modules" ]; then
	(cd "$here" && npm ci --ignore-scripts --prefer-offline --no-audit \
		--no-fund >&2)
fi
node "$root/sync-server/instruments/make-instrument.mjs" \
	"$root/sync-server/instruments/rs22k" "$forms" --shadow
node "$here/run.mjs" "$forms" "$@"
