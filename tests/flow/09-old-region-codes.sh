#!/usr/bin/env bash
# Codes of regions are texts, and an old code is understood: it is shown with
# its successor, a prelist that uses it loads there, and no laptop is enrolled
# for a place that is no more.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

old=72.01.09.2015 new=72.01.24.2001 unknown=72.01.09.2012
server init --authority 7201 --name "Dinas Sosial Banggai" >/dev/null
is "64.02.10 stays 64.02.10" 64.02.10 \
	"$(server region 64.02.10 --json | get code)"
is "a village that ended is shown with its successor" "false $new" \
	"$(server region $old --json | tee "$work/out/old" | get valid) $(
		get successor.code <"$work/out/old")"
is "and with the places it lies in" "72.01.09 72.01 72" \
	"$(for i in 0 1 2; do get "within.$i.code" <"$work/out/old"; done | xargs)"
is "where nobody knows the successor it says so" "false" \
	"$(server region $unknown --json | tee "$work/out/old" | get valid)$(
		get successor.code <"$work/out/old")"
for code in 64.2.10 6402 64.02.1 64.02.10. 064.02.10 '' '64.02.10 '; do
	refused "'$code' is no code" 3 server region "$code"
done
refused "a code that no edition has" 4 server region 64.02.99

cat >"$work/list.csv" <<CSV
ID DTKS;NO KK;KODE DESA;NAMA LENGKAP;NIK;TANGGAL LAHIR;HUBUNGAN KELUARGA
D-1;7201992501100001;$old;RAHMA;7201994107800001;1980-07-01;1
D-2;7201992501100002;7201242001;DARWIS;7201990107800002;1980-07-01;1
D-3;7201992501100003;$unknown;LAMAN;7201990107800003;1980-07-01;1
D-4;7201992501100004;64.02.05.2001;SALMA;7201994107800004;1980-07-01;1
CSV
server import prelist "$work/list.csv" --report "$work/report.csv" --json \
	>"$work/out/import"
is "two families load, two do not" "2 2" \
	"$(get loaded_families <"$work/out/import") $(
		get bad_rows <"$work/out/import")"
is "both of them in the successor" "$new $new" \
	"$(server records --json | python3 -c '
import json, sys
print(*(r["row"]["record"]["fields"]["kode_wil"] for r in map(json.loads,
      sys.stdin) if r.get("row", {}).get("record", {}).get("kind") ==
      "household"))')"
holds "the report says that a code was replaced" \
	grep -q successor "$work/report.csv"
holds "which one is not known" grep -q "$unknown" "$work/report.csv"
is "asking for the old code finds what lies in the new one" \
	"$(server records --village $new --json | rows record.record)" \
	"$(server records --village $old --json | rows record.record)"
holds "and that is something" [ -n "$(server records --village $old --json |
	rows record.record)" ]

server person add --name Siti --role enumerator >/dev/null
refused "nobody is enrolled for a village that is no more" 3 \
	server enrol --person Siti --label SR --village $old
holds "and is told which one it is now" grep -q "$new" "$work/out/last"
refused "nor for one of another regency" 3 \
	server enrol --person Siti --label SR --village 64.02.05.2001
refused "nor for one that never was" 3 \
	server enrol --person Siti --label SR --village 72.01.24.9999
holds "for its successor they are" \
	server enrol --person Siti --label SR --village $new
finish
