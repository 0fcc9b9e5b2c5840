#!/bin/sh
# run.sh: the instruments' tables, then their scenarios, played to the form
# engine that ${BUILD} holds.  Prints "ok WHAT" or "not ok WHAT" a line.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build}
player=$build/tests/form/test_scenarios
folder=$root/sync-server/instruments
work=$(mktemp -d "${TMPDIR:-/tmp}/padu-instrument.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

node "$here/check.mjs" || failed=1
if [ ! -x "$player" ]; then
	echo "the form engine is not built: no scenario was played"
	exit $failed
fi
node "$folder/make-instrument.mjs" "$folder/rs22k" "$work/files" --shadow &&
	cp "$here"/media/*.csv "$folder/rs22k/parameter.csv" "$work/files" &&
	node "$here/expand.mjs" "$work/scenarios" || exit 1
for file in "$work"/scenarios/*.txt; do
	name=$(basename "$file" .txt)
	if PADU_FORM_FILES=$work/files CK_FORK=no "$player" "$file" \
		>"$work/log" 2>&1; then
		echo "ok scenarios: $name"
	else
		cat "$work/log"
		echo "not ok scenarios: $name"
		failed=1
	fi
	grep '^figure ' "$work/log" | sed "s|$work/scenarios/||"
done
exit $failed
