#!/usr/bin/env bash
# A person is erased from the log: records made again from it and the log's
# own proofs still hold, laptops forget, and a damaged file is noticed.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 40
serve
person 1 SR "Siti"
up 1
unlock 1 SR
agent 1 sync >/dev/null
home=$(household 1)
who=$(agent 1 show "$home" --json | get members.0.id)
visit 1 "\"household\":\"$home\",\"fields\":{\"lantai\":\"8\"},
	\"members\":[{\"person\":\"$who\",\"fields\":{\"sulit_jalan\":\"2\"}}]" >/dev/null
agent 1 sync >/dev/null
digest() {
	server rebuild --json | get digest
}
before=$(digest)
is "twice the same digest" "$before" "$(digest)"
is "nothing is erased in the log" "0 0" "$(server verify-log --json |
	tee "$work/out/log" | get erased) $(get faults <"$work/out/log")"

refused "an erasure by a reviewer" 8 server redact "$who" --reason x --as Rina
refused "an erasure without a reason" 2 server redact "$who" --as Joko
refused "an erasure of nobody" 4 server redact 3604005602340999999 \
	--reason x --as Joko
is "a person is erased from import and visit" 2 \
	"$(server redact "$who" --reason permohonan --as Joko --json | get sets)"
refused "once more" 5 server redact "$who" --reason x --as Joko
refused "the person is not there any more" 4 server show "$who"
holds "the household is" server show "$home"
is "the records are those of the log" "true 0" "$(server rebuild --json |
	tee "$work/out/built" | get same) $(get differ <"$work/out/built")"
is "the log holds, with two erased" "2 0" "$(server verify-log --json |
	tee "$work/out/log" | get erased) $(get faults <"$work/out/log")"
agent 1 sync >/dev/null
is "the laptop has forgotten the person" "" \
	"$(agent 1 show "$home" --json | get members | grep -o "$who")"
stop_server
server log export "$work/log" >/dev/null
is "the export has every entry" "$(get entries <"$work/out/log")" \
	"$(find "$work/log" -name '*.set' | wc -l)"
is "and no row of the person" "" "$("$BUILD/tests/kill/logvisits" "$work/log" \
	>"$work/out/visits"; grep -x "$who" "$work/out/visits")"

# What a broken disk or a curious hand does is seen, and is no crash.
flip() { # FILE OFFSET
	python3 -c '
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 1]))' "$1" "$2"
}
cp -r "$work/server" "$work/good"
size=$(stat -c %s "$work/server/padu.db")
seen=0
for part in 1 2 3 4 5 6 7; do
	flip "$work/server/padu.db" $((size * part / 8))
	server verify-log >"$work/out/last" 2>&1 || {
		[ $? -lt 10 ] && server rebuild >>"$work/out/last" 2>&1
		[ $? -lt 10 ] && [ -s "$work/out/last" ] && seen=$((seen + 1))
	}
	cp "$work/good/padu.db" "$work/server/padu.db"
done
holds "flipped bits are noticed, with a sentence ($seen of 7)" [ $seen -ge 1 ]
head -c 32 /dev/urandom >"$work/server/store.key"
refused "another server's key opens nothing" 8 server status
cp "$work/good/store.key" "$work/server/store.key"
head -c $((size / 2)) "$work/good/padu.db" >"$work/server/padu.db"
server verify-log >"$work/out/last" 2>&1
holds "half a file is refused" [ $? -ne 0 ]
cp "$work/good/padu.db" "$work/server/padu.db"
is "the good file holds again" "2 0" "$(server verify-log --json |
	tee "$work/out/log" | get erased) $(get faults <"$work/out/log")"
finish
