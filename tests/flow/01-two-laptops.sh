#!/usr/bin/env bash
# Two laptops enrol, visit the same household offline and disagree; the
# office decides, approves, and the record arrives upstream, once, as decided.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 30
receive
serve --upstream "$upstream" --backoff-ms 50:400
person 1 SR "Siti"
person 2 BD "Budi"
for n in 1 2; do up "$n"; done
unlock 1 SR
unlock 2 BD
is "laptop 1 receives 30 households" 30 "$(agent 1 sync --json >/dev/null
	agent 1 status --json | get households)"
agent 2 sync >/dev/null
id=$(household 1)
other=$(household 2)

stop_server
holds "a visit is saved without a server" \
	visit 1 "\"household\":\"$id\",\"fields\":{\"lantai\":\"8\"}"
holds "laptop 2 visits the same household" \
	visit 2 "\"household\":\"$id\",\"fields\":{\"lantai\":\"6\",\"atap\":\"5\"}"
holds "and another one" \
	visit 2 "\"household\":\"$other\",\"fields\":{\"ada_tv\":\"1\"}"
serve --upstream "$upstream" --backoff-ms 50:400
is "laptop 1's set is merged" 1 "$(agent 1 sync --json | get merged)"
is "laptop 2's set is merged" 1 "$(agent 2 sync --json | get merged)"
is "nothing waits on laptop 1" delivered \
	"$(agent 1 visits --json | rows state)"

is "the office sees the disagreement" "$id" \
	"$(server findings --kind conflict --json | rows record)"
server show "$id" --json >"$work/shown"
stamp=$(get record.stamp <"$work/shown")
set1=$(get record.registers <"$work/shown" | python3 -c '
import json, sys
for register in json.load(sys.stdin):
    for head in register["heads"]:
        if register["register"] == "lantai" and \
                head["value"]["lantai"] == "8":
            print(head["set"])')
refused "a record in conflict is not approved" 3 \
	server approve "$id" --as Joko
holds "a reviewer decides" server decide "$id" lantai --take "$set1" \
	--shown "$stamp" --as Rina
is "no conflict is left" "" \
	"$(server findings --kind conflict --json | rows record)"
is "the field on which nobody disagreed is kept" 5 \
	"$(server show "$id" --json | get record.fields.atap)"
for n in 1 2; do agent "$n" sync >/dev/null; done
is "both laptops show what was decided" "8 8" \
	"$(agent 1 show "$id" --json | get fields.lantai) $(
		agent 2 show "$id" --json | get fields.lantai)"

is "an approver approves" 1 "$(server approve "$id" --as Joko --json |
	get approved)"
is "and again changes nothing" 1 "$(server approve "$id" --as Joko --json |
	get already)"
holds "it is delivered" wait_for 10 '[ "$(delivered records)" = 1 ]'
is "one record is upstream, with the value decided" "$id 8" \
	"$(standing record lantai)"

holds "a later visit to the approved record" \
	visit 1 "\"household\":\"$id\",\"fields\":{\"ada_tv\":\"2\"}"
agent 1 sync >/dev/null
is "undoes the approval" "$id" \
	"$(server findings --kind approval_undone --json | rows record)"
holds "upstream is told" wait_for 10 '[ "$(delivered corrections)" = 1 ]'
is "and has the record no more" "" "$(standing record)"
finish
