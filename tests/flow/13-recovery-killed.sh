#!/usr/bin/env bash
# Finishing a recovery, killed at each of its I/O calls: afterwards the old passphrase
# opens the store and signs as before, or the new one does and waits for a
# code; never neither, never both; nobody else notices, no visit is gone, and
# the same two answers finish what was not.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 12
serve
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
server recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/usb2" --passphrase-file "$work/pass2" --label B \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label C \
	>/dev/null
person 1 SR "Siti"
person 1 AN "Ani" SR
agent 1 sync --label SR --passphrase-file "$work/SR" >/dev/null
agent 1 list --label SR --passphrase-file "$work/SR" --json | rows id |
	head -3 >"$work/ids"
up 1
unlock 1 SR
while read -r id; do
	visit 1 "\"household\":\"$id\",\"fields\":{\"alamat\":\"jalan $id\"}" \
		>/dev/null
done <"$work/ids"
kill_agent 1
stop_server
code=$(agent 1 recover request --out "$work/request" --json | get code)
for i in 1 2; do
	"$BUILD/sync-server/padu-server" recover answer \
		--share "$work/usb$i/padu-share-6402-1-$i" \
		--passphrase-file "$work/pass$i" --code "$code" \
		--out "$work/a$i" "$work/request" >/dev/null
done
echo "sandi baru milik siti" >"$work/new"
cp -r "$work/laptop-1" "$work/before"

finish_recovery() { # [VARIABLES]
	env "$@" "$BUILD/agent/padu-agent" recover finish \
		--answer1 "$work/a1" --answer2 "$work/a2" --label SR \
		--passphrase-file "$work/new" --kdf 1:8192 \
		--dir "$work/laptop-1" >"$work/out/finish" 2>&1
}
opens() { # LABEL FILE: "signs", "waits" or ""
	agent 1 status --json --label "$1" --passphrase-file "$2" \
		2>/dev/null | get halted | sed 's/^$/signs/;s/.*code.*/waits/'
}
again() {
	rm -rf "$work/laptop-1"
	cp -r "$work/before" "$work/laptop-1"
}
state() {
	local old new
	old=$(agent 1 visits --json --label SR --passphrase-file "$work/SR" \
		2>/dev/null | grep -c '"row"')
	new=$(agent 1 visits --json --label SR --passphrase-file "$work/new" \
		2>/dev/null | grep -c '"row"')
	echo "$old $new"
}

plug=$BUILD/tests/kill/killpoint.so
finish_recovery LD_PRELOAD="$plug" KILLPOINT_LOG="$work/out/calls"
is "unkilled it is done" "0 3" "$(state)"
calls=$(wc -l <"$work/out/calls")
old=0 new=0 bad=0
for ((at = 1; at <= calls; at++)); do
	again
	finish_recovery LD_PRELOAD="$plug" KILLPOINT_AT="$at" 2>/dev/null
	found=$(state)
	case $found in
	"3 0")
		old=$((old + 1))
		finish_recovery || bad=$((bad + 1))
		[ "$(state)" = "0 3" ] || bad=$((bad + 1))
		;;
	"0 3") new=$((new + 1)) ;;
	*)
		bad=$((bad + 1))
		echo "  killed at call $at of $calls: $found"
		;;
	esac
	agent 1 list --label AN --passphrase-file "$work/AN" \
		>/dev/null 2>&1 || bad=$((bad + 1))
done
holds "some were killed before it was done" [ "$old" -gt 0 ]
holds "and some after" [ "$new" -gt 0 ]
is "neither or both never, nobody shut out, all finished after" 0 "$bad"
echo "  $calls calls: $old as before, $new done"

# Killed between noting that the key is lost and the new passphrase: who then
# remembers the old one signs as before.
again
finish_recovery LD_PRELOAD="$plug" KILLPOINT_AT=$((calls * 6 / 10))
found=$(opens SR "$work/SR")
is "who remembers after all has lost nothing" signs "${found:-signs}"

# No room for a second copy of the store: said, and everything as it was.
again
mkdir "$work/small"
if mount -t tmpfs -o size=2m,mode=700 none "$work/small" 2>/dev/null; then
	cp -r "$work/before/." "$work/small/"; rm -rf "$work/laptop-1"
	ln -s "$work/small" "$work/laptop-1"
	dd if=/dev/zero of="$work/small/full" 2>/dev/null
	refused "a full disk says so" 9 agent 1 recover finish \
		--answer1 "$work/a1" --answer2 "$work/a2" --label SR \
		--passphrase-file "$work/new" --kdf 1:8192
	rm "$work/small/full"
	is "and everything is as it was" "3 0" "$(state)"
	rm "$work/laptop-1"
fi
finish
