#!/usr/bin/env bash
# The disk is full: recording says so in a sentence and what was saved stays;
# an upload to a full server is kept and arrives later.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

mkdir "$work/small"
if ! mount -t tmpfs -o size=16m tmpfs "$work/small" 2>/dev/null; then
	echo "skip: no small file system can be mounted here"
	exit 77
fi
fill() {
	head -c 64M /dev/zero >"$work/small/filler" 2>/dev/null
	: # it ends where the disk does
}
drain() {
	rm -f "$work/small/filler"
}

# ---- the laptop's disk
office 30
serve
ln -s "$work/small/laptop" "$work/laptop-1"
mkdir "$work/small/laptop"
person 1 SR "Siti"
up 1
unlock 1 SR
agent 1 sync >/dev/null
stop_server
record() { # NTH VALUE
	visit 1 "\"household\":\"$(household "$1")\",
		\"fields\":{\"catatan\":\"$2\"}"
}
holds "a visit is saved" record 1 satu
long=$(printf 'x%.0s' $(seq 1500))
fill
full=0
for n in $(seq 2 29); do
	visit_number=$((visit_number + 1))
	printf '{"key":"full-%d","day":"%s","household":"%s",
		"fields":{"catatan":"%s"}}' "$n" "$(date +%F)" \
		"$(household "$n")" "$long" |
		agent 1 visit --json >"$work/out/last" 2>&1
	full=$?
	[ "$full" = 0 ] || break
done
is "on a full disk a visit is refused as such" 9 "$full"
holds "in a sentence that says what is safe" \
	grep -q "what was saved before stays saved" "$work/out/last"
saved=$(agent 1 visits --json | rows visit | wc -l)
is "every visit that was confirmed is there" "$((n - 1))" "$saved"
holds "households can be looked at" agent 1 list
kill_agent 1
is "also after the laptop was killed with its disk full" "$saved" \
	"$(agent 1 visits --json --label SR --passphrase-file "$work/SR" |
		rows visit | wc -l)"
refused "its daemon says that there is no room" 9 \
	"$BUILD/agent/padu-agent" run --dir "$work/laptop-1"
drain
up 1
unlock 1 SR
holds "with room again, the next visit is saved" record 30 dua
serve
is "and all of them are delivered" "$((saved + 1)) delivered" \
	"$(agent 1 sync >/dev/null
	agent 1 visits --json | rows state | sort | uniq -c | xargs)"

# ---- the server's disk
stop_server
down 1
rm "$work/laptop-1"
mv "$work/small/laptop" "$work/laptop-1"
up 1
unlock 1 SR
mv "$work/server" "$work/small/server"
ln -s "$work/small/server" "$work/server"
serve
record 1 tiga >/dev/null
fill
agent 1 sync >"$work/out/last" 2>&1
st=$?
is "a full server takes nothing, and says to try again" 7 $st
is "the visit waits" 1 "$(agent 1 visits --json | rows state |
	grep -c waiting)"
drain
is "and arrives when there is room" 1 "$(agent 1 sync --json | get merged)"
stop_server
holds "the log holds" server verify-log
is "and the records are those of the log" true \
	"$(server rebuild --json | get same)"
finish
