#!/usr/bin/env bash
# A prelist as offices send it: bad rows are reported, twice changes nothing,
# and a file that is no prelist is refused as a whole.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

sample() { # DIR N OPTIONS
	local dir=$1 n=$2
	shift 2
	"$BUILD/tests/lib/sample" --out "$dir" --households "$n" \
		--kecamatan 64.02.05 --regions "$PADU_REGIONS" "$@" >/dev/null
}
import() { # DIR
	server import prelist "$1/prelist-64.02.05.csv" --report "$1/report" \
		--json
}
counts() { # of the status
	server status --json | python3 -c '
import json, sys
s = json.load(sys.stdin)["result"]
print(s["households"], s["persons"], s["sets"]["imports"], s["version"])'
}
truth() { # DIR NAME
	python3 -c '
import json, sys
print(json.load(open(sys.argv[1] + "/truth.json"))[sys.argv[2]])' "$1" "$2"
}
# Everything that was loaded, without ids, in an order of its own.
contents() {
	server records --json | python3 -c '
import json, sys
lines = []
for line in sys.stdin:
    row = json.loads(line).get("row")
    if row:
        fields = row["record"]["fields"]
        fields.pop("id_keluarga", None)
        lines.append(json.dumps([row["record"]["village"], fields],
                                sort_keys=True))
print("\n".join(sorted(lines)))' | sha256sum
}

server init --authority 6402 --name "Dinas Sosial" >/dev/null
sample "$work/messy" 400 --messy 100
import "$work/messy" >"$work/out/import"
is "rows are loaded, bad or blank" "$(get rows <"$work/out/import")" \
	"$(($(get members <"$work/out/import") +
		$(get bad_rows <"$work/out/import") +
		$(get blank <"$work/out/import")))"
is "every bad row is reported" "$(truth "$work/messy" refused)" \
	"$(get bad_rows <"$work/out/import")"
is "every good family is loaded" "$(truth "$work/messy" loaded_households)" \
	"$(get loaded_families <"$work/out/import")"
is "and every good member" "$(truth "$work/messy" loaded_persons)" \
	"$(get loaded_members <"$work/out/import")"
is "the report has them and what is doubtful, a line each" \
	"$(get reported <"$work/out/import")" \
	"$(python3 -c '
import csv, sys
with open(sys.argv[1], encoding="utf-8-sig", newline="") as f:
    print(len(list(csv.reader(f))) - 1)' "$work/messy/report")"
is "only its owner can read the report" 600 \
	"$(stat -c %a "$work/messy/report")"
before=$(counts)
import "$work/messy" >"$work/out/again"
is "a second import loads nothing" "0 0 0" "$(get loaded_families \
	<"$work/out/again") $(get loaded_members <"$work/out/again") $(
	get sets <"$work/out/again")"
is "and changes nothing" "$before" "$(counts)"

holds "the records are those of the log" server rebuild
holds "the log holds" server verify-log
whole=$(contents)
printf 'satu,dua\n1,2\n' >"$work/none.csv"
refused "a file without the columns" 3 server import prelist "$work/none.csv"
refused "no such file" 4 server import prelist "$work/nowhere.csv"
head -c 100000 /dev/urandom >"$work/noise.csv"
refused "noise" 3 server import prelist "$work/noise.csv"
is "none of them changed anything" "$whole" "$(contents)"
finish
