#!/usr/bin/env bash
# What padu-server says to who has never seen it: help that suffices, errors
# that say what is safe and what to do next, one meaning for each line.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

S=$BUILD/sync-server/padu-server
bare() { "$S" "$@" --dir "$work/server"; }
last() { tail -1 "$1"; }

# ---- help --------------------------------------------------------------------
"$S" --help >"$work/help"
for way in -h help; do
	"$S" $way >"$work/way"
	holds "padu-server $way is help" cmp "$work/help" "$work/way"
done
commands=$(sed -n '/^Usage/,/^`/s/^  \([a-z-]* \{0,1\}[a-z]*\)  .*/\1/p' \
	"$work/help" | sed 's/ *$//')
is "there are commands" 1 $(($(wc -l <<<"$commands") > 20))
lacking=
while read -r command; do
	[ "$command" = recover ] && continue
	# shellcheck disable=SC2086 # two words
	"$S" $command --help >"$work/way"
	for word in "Usage: padu-server $command" '--dir DIR' '--json' \
		'Exit status: 0 done'; do
		grep -qF -e "$word" "$work/way" || lacking+="$command: $word; "
	done
done <<<"$commands"
is "each command's help has usage, options and exit statuses" '' "$lacking"
"$S" import prelist --help >"$work/way"
holds "the help of import names the columns" \
	grep -q 'KODE DESA.*64.02.05.2001' "$work/way"

# ---- errors ------------------------------------------------------------------
said() { # WHAT STATUS SENTENCE NEXT COMMAND...
	local what=$1 want=$2 sentence=$3 next=$4 st
	shift 4
	bare "$@" >"$work/said" 2>"$work/error"
	st=$?
	is "$what: exit" "$want" "$st"
	holds "$what: says so" grep -qF -e "$sentence" "$work/error"
	is "$what: what is safe, and next" 1 \
		"$(head -1 "$work/error" | grep -cF -e "$next")"
	is "$what: nothing else" '' "$(cat "$work/said")"
	bare "$@" --json >"$work/said" 2>/dev/null
	is "$what, as JSON: one line" 1 "$(wc -l <"$work/said")"
	holds "$what, as JSON: an error with what to do next" python3 -c '
import json, sys
error = json.load(sys.stdin)["error"]
sys.exit(not error["next"] or not error["message"])' <"$work/said"
}
said "no server" 4 'init' 'nothing was changed' status
is "an authority as regions are written" 6402 \
	"$(bare init --authority 64.02 --name Dinas --json | get authority)"
bare person add --name Rina --role reviewer >/dev/null
said "no such person" 4 'no such person' 'nothing was changed' \
	enrol --person Nobody --label SR --village 64.02.05
said "a desk person's laptop" 3 'works at the desk' 'correct what is named' \
	enrol --person Rina --label RI --village 64.02.05
: >"$work/empty.csv"
said "an empty file" 3 'the file is empty' 'run it again' \
	import prelist "$work/empty.csv"
printf 'NAMA,NO KK,DESA\nANI,,X\n' >"$work/no.csv"
said "a list without villages" 3 'nearest: KODE DESA' 'run it again' \
	import prelist "$work/no.csv"
PADU_LANG=id said "the same in Indonesian" 3 'nearest: KODE DESA' \
	'lalu jalankan lagi' import prelist "$work/no.csv"

is "a person who is new" false \
	"$(bare person add --name Wati --role enumerator --json | get already)"
is "a namesake is that person, and it is said" true \
	"$(bare person add --name Wati --role enumerator --json | get already)"

# ---- data and terminals ------------------------------------------------------
printf 'ID DTKS,KODE DESA,NAMA,CATATAN\nD1,64.02.05.2001,ANI,"a\nb"\n' \
	>"$work/two.csv"
bare import prelist "$work/two.csv" >/dev/null
holds "a value with a line end is in the records" \
	grep -q 'a\\nb' <(bare records --json)
holds "and on one line for people" grep -q 'catatan: a b' <(bare records)

# ---- the same number twice -----------------------------------------------------
"$S" findings --help >"$work/way"
for kind in conflict same_identity deleted_updated; do
	holds "the help of findings says what $kind is" \
		grep -A1 -E "^  $kind \(blocks approval\)$" "$work/way"
done
printf 'ID DTKS,KODE DESA,NAMA,NIK\n%s\n%s\n' \
	D8,64.02.05.2001,CUT,6402994107900001 \
	D9,64.02.05.2001,CUT,6402994107900001 >"$work/twins.csv"
bare import prelist "$work/twins.csv" >/dev/null
first() { # MEMBER of the first row of that kind
	bare findings --kind same_identity --json | head -1 | python3 -c '
import json, sys
print(json.load(sys.stdin)["row"][sys.argv[1]])' "$1"
}
is "the finding names the field" nik "$(first field)"
one=$(first record) register=$(first same_as)
bare decide "$one" "$register" --value "$register=$(first other)" \
	--shown "$(bare show "$one" --json | get record.stamp)" --as Rina \
	>/dev/null
is "and the register that settles it" 0 \
	"$(bare findings --kind same_identity --json | tail -1 | get findings)"

# ---- upward ------------------------------------------------------------------
forwarding() {
	bare status --json | get "forward.$1"
}
is "without an upstream status says so" off "$(forwarding state | cut -c1-3)"
bare person add --name Joko --role approver >/dev/null
id=$(bare records --json | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {}).get("record", {})
    if row.get("kind") == "household" and row["fields"]["prelist_id"] == "D1":
        print(row["record"])')
receive
good=$upstream
serve --upstream "${upstream%/forward}/nowhere" --backoff-ms 50:100
bare approve "$id" --as Joko >/dev/null
holds "a wrong address is said" wait_for 10 \
	'[[ $(forwarding last_failure) == *404* ]]'
is "and that it is tried again" failing "$(forwarding state | cut -d: -f1)"
stop_server
serve --upstream "$good" --backoff-ms 50:100
holds "with the right one it arrives" wait_for 10 \
	'[ "$(delivered records)" = 1 ]'
is "and nothing fails any more" on "$(forwarding state)"
finish
