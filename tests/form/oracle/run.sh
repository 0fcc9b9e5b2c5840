#!/usr/bin/env bash
# run.sh [N [SEED]]: compare the expression engine with two others from npm, on
# the rows of the tables and on N (2,000) generated expressions.
# run.sh suite: run the tests that one of them brings along against ours.  What
# fails there: text nodes, comments and namespaces are no nodes of an instance;
# unknown functions are refused before anything is evaluated; date() drops the
# time of day; half is rounded up.
# For development: needs node, npm and, the first time, a network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
build=${BUILD:-$root/build}
work=$build/form-oracle
mkdir -p "$work"
cp -r "$here/"* "$work/"
ninja -C "$build" tests/form/xpath_try >/dev/null
[ -d "$work/node_modules" ] || (cd "$work" &&
	npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier \
		--loglevel=error)
cd "$work"
if [ "${1:-}" = suite ]; then
	exec node suite.mjs "$build/tests/form/xpath_try"
fi
TZ=Asia/Jakarta exec node oracle.mjs "$build/tests/form/xpath_try" "$here/.." \
	"${1:-2000}" "${2:-1}"
