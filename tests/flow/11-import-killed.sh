#!/bin/bash
# Goal: an import that is killed again and again, at any point, and then run
# to its end, leaves what an undisturbed import leaves; importing once more
# changes nothing; log and records agree.
set -euo pipefail
build=${BUILD:?the build folder}
export PADU_REGIONS=$build/common/place/regions.csv
work=$(mktemp -d "${TMPDIR:-/tmp}/padu-flow-XXXXXX")
finish() {
	local code=$?
	if [ $code -eq 0 ]; then rm -rf "$work"; else echo "kept: $work"; fi
}
trap finish EXIT

server() { # FOLDER COMMAND...
	local folder=$1
	shift
	"$build/sync-server/padu-server" --dir "$work/$folder" --json "$@"
}
get() {
	python3 -c '
import json, sys
for line in sys.stdin:
    result = json.loads(line).get("result", {})
print(result[sys.argv[1]])' "$1"
}
# What the records say, whatever their numbers are: one line each, sorted.
content() {
	server "$1" records | python3 -c '
import json, sys
rows = [json.loads(l)["row"]["record"] for l in sys.stdin if "\"row\"" in l]
family = {r["record"]: r["fields"].get("prelist_id", r["fields"].get("no_kk"))
          for r in rows if r["kind"] == "household"}
for r in rows:
    fields = dict(r["fields"])
    if "id_keluarga" in fields:
        fields["id_keluarga"] = family[fields["id_keluarga"]]
    print(r["kind"], r["village"], json.dumps(fields, sort_keys=True))' | sort
}

"$build/tests/lib/sample" --out "$work/list" --households 3000 --messy 40 \
	--kecamatan 64.02.05 --seed 7 >/dev/null
list=$work/list/prelist-64.02.05.csv
for folder in calm killed; do
	server $folder init --authority 6402 --name "Dinas Sosial Uji" \
		>/dev/null
done
echo "- undisturbed"
server calm import prelist "$list" --report "$work/calm.csv" >"$work/calm.out"
members=$(get members <"$work/calm.out")
content calm >"$work/calm.txt"

cut=0
for n in $(seq 20); do
	"$build/sync-server/padu-server" --dir "$work/killed" import prelist \
		"$list" --report "$work/killed.csv" >/dev/null 2>&1 &
	sleep "0.$(printf '%03d' $((n * 11)))"
	if kill -9 $! 2>/dev/null; then cut=$((cut + 1)); fi
	wait $! 2>/dev/null || true
done
echo "- killed $cut times"
[ $cut -ge 5 ]
server killed import prelist "$list" --report "$work/killed.csv" \
	>"$work/killed.out"
[ "$(get members <"$work/killed.out")" = "$members" ]
content killed >"$work/killed.txt"
cmp "$work/calm.txt" "$work/killed.txt"
cmp "$work/calm.csv" "$work/killed.csv"

echo "- once more"
again=$(server killed import prelist "$list" --report "$work/killed.csv")
[ "$(get sets <<<"$again")" = 0 ]
[ "$(get loaded_members <<<"$again")" = 0 ]
[ "$(server killed verify-log | get faults)" = 0 ]
[ "$(server killed rebuild | get same)" = True ]
echo ok
