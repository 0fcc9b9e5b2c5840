#!/usr/bin/env bash
# What the doctor of a laptop can find and 15-doctor.sh does not meet; and that
# there is nothing it can find that no flow meets.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

# State and name of what CHECK found on laptop N: found N CHECK [OPTIONS].
found() {
	local n=$1 check=$2
	shift 2
	agent "$n" doctor --json "$@" 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("check") == sys.argv[1]:
        print(row["state"], row["finding"])
' "$check"
}
exit_of() {
	"$@" >"$work/out/last" 2>&1
	echo $?
}
fill() { # FILE FROM LENGTH BYTE, in both copies of a store's header
	python3 - "$@" <<'END'
import sys
start, length, byte = (int(a) for a in sys.argv[2:5])
with open(sys.argv[1], "r+b") as f:
    for copy in (0, 4096):
        f.seek(copy + start)
        f.write(bytes([byte]) * length)
END
}
copy() { # N: laptop 1's folder, as laptop N
	rm -rf "$work/laptop-$1"
	cp -a "$work/laptop-1" "$work/laptop-$1"
}

office 10
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
server recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/usb2" --passphrase-file "$work/pass2" --label B \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label C \
	>/dev/null
serve
person 1 SR "Siti"
pass=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${pass[@]}" >/dev/null
agent 1 sync "${pass[@]}" >/dev/null
save() { # N KEY
	printf '{"key":"%s","day":"%s","new":{"village":"64.02.05.2001"},
		"fields":{"alamat":"Jl. Sisa 1"}}' "$2" "$(date +%F)" |
		agent "$1" visit --json "${pass[@]}" >/dev/null
}

# ---- before and during an enrolment -----------------------------------------

mkdir -m 700 "$work/laptop-8"
is "an empty folder is not enrolled" "0 attention device-none" \
	"$(exit_of agent 8 doctor) $(found 8 device)"
plug=$BUILD/tests/kill/killpoint.so
cut=
for at in $(seq 4 4 60); do # killed at a later call each time
	rm -rf "$work/laptop-8"
	code=$(server enrol --person Siti --label SX --village 64.02.05 --json |
		get code)
	LD_PRELOAD=$plug KILLPOINT_AT=$at agent 8 enrol --code "$code" \
		--server "http://$address" --label SX --kdf 1:8192 \
		--passphrase-file "$work/SR" >/dev/null 2>&1
	cut=$(found 8 device)
	[ "$cut" = "attention device-cut" ] && break
done 2>/dev/null
is "an enrolment that was cut off is to be done again" \
	"0 attention device-cut" "$(exit_of agent 8 doctor) $cut"
code=$(server enrol --person Siti --label SX --village 64.02.05 --json |
	get code)
holds "and can be, with a new code" agent 8 enrol --code "$code" \
	--server "http://$address" --label SX --kdf 1:8192 \
	--passphrase-file "$work/SR"
is "then nothing is cut off any more" "ok device-ok" "$(found 8 device)"

# ---- the store's header -----------------------------------------------------

copy 4
fill "$work/laptop-4/store.db" 8 4 255
is "a store of a newer program is called so" "10 wrong header-newer" \
	"$(exit_of agent 4 doctor) $(found 4 header)"
copy 4
fill "$work/laptop-4/store.db" 64 1920 0
is "one that no passphrase opens is wrong" "10 wrong people-none" \
	"$(exit_of agent 4 doctor) $(found 4 people)"

copy 4
size=$(stat -c %s "$work/laptop-4/store.db")
printf 'damage' | dd of="$work/laptop-4/store.db" bs=1 seek=$((size - 2000)) \
	conv=notrunc 2>/dev/null
is "a page that was damaged is wrong" "wrong pages-damaged" \
	"$(found 4 pages "${pass[@]}")"

# ---- around it --------------------------------------------------------------

copy 4
rm -r "$work/laptop-4/spool"
: >"$work/laptop-4/spool"
chmod 600 "$work/laptop-4/spool"
is "what cannot be looked at is said" 10 "$(exit_of agent 4 doctor)"
holds "as such" grep -q "unreadable" <(found 4 reading)
copy 4
for i in $(seq 501); do
	printf -v name '%064x.env' "$i"
	: >"$work/laptop-4/spool/$name"
done
chmod 600 "$work/laptop-4/spool"/*
is "much that waits to be sent is to be looked at" \
	"attention unsent-many" "$(found 4 unsent)"
rm "$work/laptop-4/spool"/0*.env
is "a little is not" "ok unsent-ok" "$(found 4 unsent)"
echo "-864000 0" >"$work/clocks"
export SHIFTCLOCK=$work/clocks
is "a clock that is behind the server's is to be looked at" \
	"attention clock-behind" \
	"$(LD_PRELOAD=$BUILD/tests/lib/shiftclock.so found 1 clock "${pass[@]}")"
unset SHIFTCLOCK
mkdir "$work/small"
if mount -t tmpfs -o size=40m tmpfs "$work/small" 2>/dev/null; then
	cp -a "$work/laptop-1" "$work/small/laptop"
	rm -rf "$work/laptop-4"
	ln -s "$work/small/laptop" "$work/laptop-4"
	is "little room is to be looked at" "0 attention space-low" \
		"$(exit_of agent 4 doctor) $(found 4 space)"
	rm "$work/laptop-4"
fi

# ---- a clone, and a forgotten passphrase ------------------------------------

copy 4
save 1 asli
save 4 salinan
agent 1 sync "${pass[@]}" >/dev/null
agent 4 sync "${pass[@]}" >/dev/null 2>&1
is "the second of two laptops with one file is wrong" \
	"10 wrong chain-clone" \
	"$(exit_of agent 4 doctor "${pass[@]}") $(found 4 chain "${pass[@]}")"
is "the first is not" "ok chain-ok" "$(found 1 chain "${pass[@]}")"
code=$(agent 1 recover request --out "$work/request" --json | get code)
for i in 1 3; do
	"$BUILD/sync-server/padu-server" recover answer \
		--share "$work/usb$i/padu-share-6402-1-$i" \
		--passphrase-file "$work/pass$i" --code "$code" \
		--out "$work/a$i" "$work/request" >/dev/null
done
echo "sungai padi kayu batu" >"$work/SR"
agent 1 recover finish --answer1 "$work/a1" --answer2 "$work/a3" \
	"${pass[@]}" --kdf 1:8192 >/dev/null
is "who was recovered and has no code yet is told to ask for one" \
	"0 attention chain-waits" \
	"$(exit_of agent 1 doctor "${pass[@]}") $(found 1 chain "${pass[@]}")"

# ---- all of them ------------------------------------------------------------

# The names in finding.c, the third of each row; 18-backup-restore.sh meets
# chain-restored by its exit status.
unmet=$(tr -d '\n\t ' <"$root/agent/doctor/finding.c" |
	grep -oE '\[FINDING_[A-Z_]+\]=\{"[a-z]+",[A-Z]+,"[a-z-]+"' |
	sed 's/.*,"//; s/"$//' | sort -u |
	while read -r name; do
		grep -lqE "(ok|attention|wrong|unchecked) $name\\b|\"$name\"" \
			"$root"/tests/flow/*.sh || echo "$name"
	done | grep -vE -- '-(ok|none)$|^chain-restored$' | xargs)
is "nothing it can find is met by no flow" "" "$unmet"
finish
