#!/usr/bin/env bash
# A laptop is backed up onto a stick and lost; another one is made of the
# backup: it records on, signs nothing until the office gave a code, and then
# every visit of the backup arrives once.  What is damaged, half written or
# another's is refused; a full or pulled stick leaves nothing that passes.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 12
serve
person 1 SR "Siti"
person 1 AN "Ani" SR
sr=(--label SR --passphrase-file "$work/SR")
an=(--label AN --passphrase-file "$work/AN")
agent 1 sync "${sr[@]}" >/dev/null
new() { # N KEY STREET LOGIN...
	printf '{"key":"%s","day":"%s","new":{"village":"64.02.05.2001"},
		"fields":{"alamat":"%s"}}' "$2" "$(date +%F)" "$3" |
		agent "$1" visit --json "${@:4}"
}
streets() { # of the server's records, each time that one is there
	server records --json --village 64.02.05.2001 |
		rows record.fields.alamat | grep '^Jl. Cadang' | sort | xargs
}
halted() { # N LOGIN...
	agent "$1" status --json "${@:2}" | get halted
}
mkdir "$work/stick"
person 5 CX "Cici"
cx=(--label CX --passphrase-file "$work/CX")

# ---- a backup of all kinds of visits -----------------------------------------

new 1 terkirim "Jl. Cadang 1" "${sr[@]}" >/dev/null
agent 1 sync "${sr[@]}" >/dev/null
new 1 ditandatangani "Jl. Cadang 2" "${sr[@]}" >/dev/null
up 1
unlock 1 AN
new 1 belum "Jl. Cadang 3" >/dev/null
kill_agent 1 # what Ani recorded is not signed
up 1
refused "locked, it says so" 6 agent 1 backup --to "$work/stick"
unlock 1 SR
new 1 sedang "Jl. Cadang 4" >/dev/null
holds "a backup is made while the daemon runs" \
	agent 1 backup --to "$work/stick" --json
backup=$(get backup <"$work/out/held")
holds "and lies on the stick" [ -s "$backup" ]
is "alone" 1 "$(find "$work/stick" -mindepth 1 | wc -l)"
is "under a name of numbers" "padu-6402-1" \
	"$(basename "$backup" | cut -d- -f1-3)"
refused "nothing is written over" 5 agent 1 backup --to "$backup"
is "doctor knows of it" "ok the latest: 0 days ago" "$(agent 1 doctor --json |
	python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("check") == "backup":
        print(row["state"], row["detail"])')"

mkdir "$work/fat"
holds "a stick without hard links will do" env \
	LD_PRELOAD="$BUILD/tests/lib/nolinks.so" "$BUILD/agent/padu-agent" \
	backup --to "$work/fat" "${cx[@]}" --dir "$work/laptop-5"
is "and has one file on it" 1 "$(find "$work/fat" -mindepth 1 | wc -l)"
holds "which can be restored" agent 6 restore \
	--from "$(find "$work/fat" -type f)" "${cx[@]}"

# More, that is not in it: some of it reaches the server before the end.
new 1 sesudah "Jl. Cadang 5" >/dev/null
agent 1 sync >/dev/null
new 1 hilang "Jl. Cadang 6" >/dev/null
kill_agent 1
rm -rf "$work/laptop-1"

# ---- restored elsewhere ------------------------------------------------------

refused "not with a wrong passphrase" 6 agent 2 restore --from "$backup" \
	--label SR --passphrase-file "$work/AN"
is "which leaves no store" "" "$(find "$work/laptop-2" -name 'store*')"
holds "with a person's it is restored" agent 2 restore --from "$backup" \
	"${sr[@]}"
refused "once: a store is never written over" 5 agent 2 restore \
	--from "$backup" "${sr[@]}"
is "it knows what it is" restored-copy "$(halted 2 "${sr[@]}")"
holds "doctor, too" sh -c "'$BUILD/agent/padu-agent' doctor --json \
	--dir '$work/laptop-2' --label SR --passphrase-file '$work/SR' |
	grep -q '\"attention\",\"finding\":\"chain-restored\"'"
is "for everybody" restored-copy "$(halted 2 "${an[@]}")"
holds "its person records on" new 2 baru "Jl. Cadang 7" "${sr[@]}"
refused "it is said at the sync" 12 agent 2 sync "${sr[@]}" --lang en
holds "in words that a person understands" \
	grep -q "was restored from a backup" "$work/out/last"
is "what was signed has arrived, nothing else" \
	"$(for n in 1 2 4 5; do echo "Jl. Cadang $n"; done | xargs)" "$(streets)"

again() { # NAME LABEL
	local code
	code=$(server enrol --person "$1" --label "$2" --village 64.02.05 \
		--json | get code)
	holds "$1 enrols anew with a code of the office" agent 2 enrol \
		--code "$code" --label "$2" --passphrase-file "$work/$2" \
		--server "http://$address" --kdf 1:8192 --as "$2" \
		--as-passphrase-file "$work/$2"
}
again Siti SR
holds "and sends what waited" agent 2 sync "${sr[@]}"
again Ani AN
holds "so does Ani" agent 2 sync "${an[@]}"
is "nothing is wrong any more" "" "$(halted 2 "${sr[@]}")$(halted 2 "${an[@]}")"
is "every visit of the backup is there once, and what came after it" \
	"$(for n in 1 2 3 4 5 7; do echo "Jl. Cadang $n"; done | xargs)" \
	"$(streets)"
is "nothing is in quarantine" 0 "$(server quarantine --json | get quarantined)"
is "nothing waits on the laptop" delivered \
	"$(agent 2 visits --json "${sr[@]}" | rows state | sort -u)"
holds "the records are those of the log" server rebuild
holds "and the log is whole" server verify-log

# Ani signed and sent after the backup: issued again, they are still once.
person 3 BU "Budi"
person 3 CI "Citra" BU
bu=(--label BU --passphrase-file "$work/BU")
ci=(--label CI --passphrase-file "$work/CI")
agent 3 sync "${bu[@]}" >/dev/null
up 3
unlock 3 CI
new 3 citra "Jl. Cadang 8" >/dev/null
kill_agent 3
agent 3 backup --to "$work/stick/citra" "${bu[@]}" >/dev/null
agent 3 sync "${ci[@]}" >/dev/null
rm -rf "$work/laptop-3"
agent 3 restore --from "$work/stick/citra" "${ci[@]}" 2>/dev/null >&2
agent 3 sync "${ci[@]}" >/dev/null 2>&1
code=$(server enrol --person Citra --label CI --village 64.02.05 --json |
	get code)
agent 3 enrol --code "$code" --label CI --passphrase-file "$work/CI" \
	--server "http://$address" --kdf 1:8192 --as CI \
	--as-passphrase-file "$work/CI" >/dev/null
holds "who signed after the backup sends again" agent 3 sync "${ci[@]}"
is "and no visit is there twice" "Jl. Cadang 8" \
	"$(streets | grep -o 'Jl. Cadang 8')"
is "nor in quarantine" 0 "$(server quarantine --json | get quarantined)"
holds "the records are those of the log again" server rebuild

# ---- damage ------------------------------------------------------------------

size=$(stat -c %s "$backup")
flip() { # AT
	python3 -c '
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[int(sys.argv[3])] ^= 1
open(sys.argv[2], "wb").write(data)' "$backup" "$work/flipped" "$1"
}
bad=0
for ((at = 7; at < size; at += size / 23)); do
	flip "$at"
	agent 9 restore --from "$work/flipped" "${sr[@]}" --lang en \
		>/dev/null 2>"$work/out/flip"
	if [ $? != 10 ] || ! grep -q "nothing was put into the folder" \
		"$work/out/flip"; then
		echo "  byte $at: $(cat "$work/out/flip")"
		bad=$((bad + 1))
	fi
done
is "a flipped byte is refused in a sentence, wherever it is" 0 "$bad"
is "and leaves nothing" "" "$(find "$work/laptop-9" -name 'store*' \
	-o -name device)"

# ---- a pulled stick ------------------------------------------------------------

plug=$BUILD/tests/kill/killpoint.so
person 4 DE "Dewi"
de=(--label DE --passphrase-file "$work/DE")
agent 4 sync "${de[@]}" >/dev/null
new 4 dewi "Jl. Cadang 9" "${de[@]}" >/dev/null
agent 4 status "${de[@]}" >/dev/null
cp -r "$work/laptop-4" "$work/before"
mkdir "$work/pulled"
try() { # VARIABLES
	rm -rf "$work/laptop-4" "$work/pulled"
	mkdir "$work/pulled"
	cp -r "$work/before" "$work/laptop-4"
	env "$@" "$BUILD/agent/padu-agent" backup --to "$work/pulled/b" \
		"${de[@]}" --dir "$work/laptop-4" >"$work/out/try" 2>&1
}
try LD_PRELOAD="$plug" KILLPOINT_LOG="$work/out/calls"
calls=$(wc -l <"$work/out/calls")
step=$((calls / ${PADU_KILLS:-100} + 1))
bad=0 none=0 half=0 whole=0
for ((at = 1; at <= calls; at += step)); do
	try LD_PRELOAD="$plug" KILLPOINT_AT="$at" 2>/dev/null
	grep -q '^backup:' "$work/out/try" && [ ! -e "$work/pulled/b" ] &&
		bad=$((bad + 1))
	for file in "$work/pulled"/*; do
		[ -e "$file" ] || none=$((none + 1))
		[ -e "$file" ] || continue
		rm -rf "$work/laptop-9"
		if agent 9 restore --from "$file" "${de[@]}" >/dev/null 2>&1; then
			[ "$(agent 9 visits --json "${de[@]}" | rows state)" = \
				waiting ] || bad=$((bad + 1))
			whole=$((whole + 1))
		elif [ "$file" = "$work/pulled/b" ]; then
			bad=$((bad + 1))
		else
			half=$((half + 1))
		fi
	done
	[ "$(agent 4 visits --json "${de[@]}" | grep -c '"row"')" = 1 ] ||
		bad=$((bad + 1))
done
holds "killed before there was anything" [ "$none" -gt 0 ]
holds "in the middle" [ "$half" -gt 0 ]
holds "and after" [ "$whole" -gt 0 ]
is "what has the name is whole, what is not whole is refused" 0 "$bad"
echo "  $calls calls: $none nothing, $half not whole, $whole whole"

try A=b
cp "$work/pulled/b" "$work/good"
restoring() { # VARIABLES
	env "$@" "$BUILD/agent/padu-agent" restore --from "$work/good" \
		"${de[@]}" --dir "$work/laptop-9" >/dev/null 2>&1
}
rm -rf "$work/laptop-9" "$work/out/calls"
restoring LD_PRELOAD="$plug" KILLPOINT_LOG="$work/out/calls"
calls=$(wc -l <"$work/out/calls")
step=$((calls / ${PADU_KILLS:-100} + 1))
bad=0 before=0 after=0
for ((at = 1; at <= calls; at += step)); do
	rm -rf "$work/laptop-9"
	restoring LD_PRELOAD="$plug" KILLPOINT_AT="$at" 2>/dev/null
	if [ -e "$work/laptop-9/store.db" ]; then
		after=$((after + 1))
	else
		before=$((before + 1))
		restoring A=b || bad=$((bad + 1))
	fi
	[ "$(halted 9 "${de[@]}")" = restored-copy ] || bad=$((bad + 1))
	[ "$(agent 9 visits --json "${de[@]}" | grep -c '"row"')" = 1 ] ||
		bad=$((bad + 1))
done
is "a restore that is killed can be done again, or was done" 0 "$bad"
echo "  $calls calls: $before before, $after after"

# ---- a full stick, and one that cannot be written -------------------------------

mkdir "$work/small"
if mount -t tmpfs -o size=64k,mode=700 none "$work/small" 2>/dev/null; then
	refused "a full stick says so" 9 agent 4 backup --to "$work/small" \
		"${de[@]}"
	is "and has nothing on it" "" "$(ls "$work/small")"
	refused "so does a full disk at a restore" 9 "$BUILD/agent/padu-agent" \
		restore --from "$work/good" "${de[@]}" --dir "$work/small"
	is "which leaves no store" "" "$(find "$work/small" -name 'store*' \
		-o -name device)"
	mount -o remount,ro,size=64k "$work/small"
	refused "one that cannot be written says so" 1 agent 4 backup \
		--to "$work/small" "${de[@]}" --lang en
	holds "in a sentence" grep -q "look at the stick" "$work/out/last"
	umount "$work/small"
else
	refused "a folder that is not there says so" 1 agent 4 backup \
		--to "$work/no/stick" "${de[@]}" --lang en
fi
finish
