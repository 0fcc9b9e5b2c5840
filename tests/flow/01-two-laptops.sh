#!/bin/bash
# Goal: two laptops visit the same household offline and disagree; the server
# merges both, a reviewer settles it, an approver who wrote none of it
# approves, and the record arrives upstream once, although the upstream first
# answers 500 and then takes a batch without a word.  Afterwards a later
# visit undoes the approval and a correction follows.
set -euo pipefail
build=${BUILD:?the build folder}
export PADU_REGIONS=$build/common/place/regions.csv
work=$(mktemp -d "${TMPDIR:-/tmp}/padu-flow-XXXXXX")
pids=()

finish() {
	local code=$?
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	if [ $code -eq 0 ]; then rm -rf "$work"; else echo "kept: $work"; fi
}
trap finish EXIT

fail() { echo "FAILED: $*"; exit 1; }
server() { "$build/sync-server/padu-server" --dir "$work/server" --json "$@"; }
agent() {
	local laptop=$1
	shift
	"$build/agent/padu-agent" "$@" --dir "$work/$laptop" --json \
		--label "$laptop" --passphrase-file "$work/$laptop.pass"
}
# get PATH: a value out of the lines of JSON on standard input; "row.x" is of
# the first row, "rows" their number, "result.x" of the result.
get() {
	python3 -c '
import json, sys
rows, last = [], {}
for line in sys.stdin:
    said = json.loads(line)
    if "row" in said:
        rows.append(said["row"])
    last.update(said)
if sys.argv[1] == "rows":
    print(len(rows))
    sys.exit()
value = {"row": rows[0] if rows else {}, **last}
for part in sys.argv[1].split("."):
    value = value[int(part)] if isinstance(value, list) else value[part]
print(value)' "$1"
}
same() { [ "$2" = "$3" ] || fail "$1: $2, not $3"; }
refused() { # STATUS COMMAND...: it must end with that exit status
	local want=$1 got=0
	shift
	"$@" >"$work/refused.log" 2>&1 || got=$?
	same "exit status of $*" "$got" "$want"
}
wait_for() { # WHAT COMMAND...
	local what=$1
	shift
	for _ in $(seq 200); do
		if "$@"; then return; fi
		sleep 0.1
	done
	fail "$what did not happen"
}

echo "- a server, its people, its upstream"
server init --authority 6402 --name "Dinas Sosial Uji" >/dev/null
key=$(server status | get result.forward_key)
"$build/tests/lib/receiver" --dir "$work/up" --key "$key" >/dev/null &
pids+=($!)
wait_for "the upstream" test -s "$work/up/address"
echo "500 1" >"$work/up/control"
"$build/sync-server/padu-server" run --dir "$work/server" \
	--listen 127.0.0.1:0 --backoff-ms 50:500 \
	--upstream "http://$(cat "$work/up/address")/forward" >"$work/run.log" &
pids+=($!)
wait_for "the server" test -s "$work/server/address"
url=http://$(cat "$work/server/address")
server person add --name Sari --role enumerator >/dev/null
server person add --name Budi --role enumerator >/dev/null
server person add --name Rini --role reviewer >/dev/null
server person add --name Agus --role approver >/dev/null

echo "- a household out of a prelist"
cat >"$work/list.csv" <<'CSV'
id_dtks,no_kk,kode_desa,alamat,nik,nama,tgl_lahir,jk
D1,6402994107900011,64.02.05.2001,Jalan 1,6402994107900001,Ani,1990-07-01,P
CSV
same "members loaded" \
	"$(server import prelist "$work/list.csv" | get result.loaded_members)" 1
same "sets of a second import" \
	"$(server import prelist "$work/list.csv" | get result.sets)" 0
same "records" "$(server records | get rows)" 2

echo "- two laptops enrol, fetch, and go offline"
for who in Sari:SR Budi:BD; do
	label=${who#*:}
	echo "empat kata sandi $label" >"$work/$label.pass"
	code=$(server enrol --person "${who%:*}" --label "$label" \
		--village 64.02.05.2001 | get result.code)
	"$build/agent/padu-agent" enrol --dir "$work/$label" --json \
		--server "$url" --code "$code" --label "$label" \
		--passphrase-file "$work/$label.pass" --kdf 3:65536 >/dev/null
	agent "$label" sync >/dev/null
	same "households on $label" "$(agent "$label" list | get rows)" 1
	# A code is good for one laptop.
	refused 8 "$build/agent/padu-agent" enrol --dir "$work/thief" --json \
		--server "$url" --code "$code" --label XX \
		--passphrase-file "$work/$label.pass" --kdf 3:65536
done
house=$(agent SR list | get row.id)

echo "- both visit it, and disagree on the address"
visit() { # LAPTOP KEY FIELDS
	printf '{"key":"%s","household":"%s","day":"2026-11-20","fields":%s}' \
		"$2" "$house" "$3" | agent "$1" visit
}
visit SR a '{"alamat":"Gang Mawar 1","lantai":"6"}' >/dev/null
visit BD b '{"alamat":"Gang Melati 2"}' >/dev/null
seen=$(server show "$house" | get result.record.stamp)
for label in SR BD; do
	same "sets merged from $label" \
		"$(agent $label sync | get result.merged)" 1
done
same "conflicts" "$(server findings --kind conflict | get rows)" 1

echo "- nobody approves that, nobody decides on what they have not seen"
refused 3 server approve "$house" --as Agus
take=$(server show "$house" | python3 -c '
import json, sys
for line in sys.stdin:
    for reg in json.loads(line).get("result", {}).get("record", {}).get(
            "registers", []):
        for head in reg["heads"]:
            if head["value"].get("alamat") == "Gang Mawar 1":
                print(head["set"])')
refused 5 server decide "$house" alamat --take "$take" --shown "$seen" --as Rini
refused 8 server decide "$house" alamat --take "$take" --shown "$seen" --as Sari
seen=$(server show "$house" | get result.record.stamp)
server decide "$house" alamat --take "$take" --shown "$seen" --as Rini \
	--note "ditanyakan ke RT" >/dev/null
same "conflicts after the decision" \
	"$(server findings --kind conflict | get rows)" 0
same "address" \
	"$(server show "$house" | get result.record.fields.alamat)" "Gang Mawar 1"
refused 8 server approve "$house" --as Rini

echo "- approved with its member, it goes up once"
same "records approved" \
	"$(server approve --household "$house" --as Agus | get result.approved)" 2
done_is() {
	[ "$(server status | get "result.forward.$1.done")" = "$2" ]
}
wait_for "forwarding" done_is records 2
same "items upstream" "$(sort -u "$work/up/items.tsv" | wc -l)" 2
grep -q '"alamat":"Gang Mawar 1"' "$work"/up/requests/*.json ||
	fail "the address did not arrive"

echo "- the decision comes down to both"
for label in SR BD; do
	agent $label sync >/dev/null
	same "address on $label" "$(agent $label show "$house" |
		get result.fields.alamat)" "Gang Mawar 1"
done

echo "- a later visit undoes the approval; a correction follows, once"
echo "silent 1" >"$work/up/control"
visit BD c '{"lantai":"3"}' >/dev/null
agent BD sync >/dev/null
same "approvals undone" \
	"$(server findings --kind approval_undone | get rows)" 1
wait_for "the correction" done_is corrections 1
same "corrections upstream" "$(grep -c correction "$work/up/items.tsv")" 1
same "repeated requests" \
	"$(curl -s "http://$(cat "$work/up/address")/status" |
		python3 -c 'import json,sys; print(json.load(sys.stdin)["repeated"])')" 1

echo "- a visit is sent back with a reason that reaches the laptop"
back=$(agent BD visits | get row.visit)
server return "$back" --reason "foto rumah belum ada" --as Rini >/dev/null
agent BD sync >/dev/null
same "reason on BD" "$(agent BD returns | get row.reason)" \
	"foto rumah belum ada"

echo "- the log holds, and makes the same records again"
same "faults" "$(server verify-log | get result.faults)" 0
same "rebuilt the same" "$(server rebuild | get result.same)" True
person=$(agent SR show "$house" | get result.members.0.id)
server redact "$person" --reason "permintaan yang bersangkutan" --as Agus \
	>/dev/null
same "faults after erasure" "$(server verify-log | get result.faults)" 0
same "rebuilt the same after erasure" "$(server rebuild | get result.same)" \
	True
! grep -aq "Ani" "$work/server/padu.db" || fail "a name lies open in the store"
echo ok
