#!/usr/bin/env bash
# The doctor of a laptop: a healthy one is called so, and each thing that goes
# wrong is said in a line of its own, with an exit status, and mended by what
# the line says or by putting it back.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

laptop=$work/laptop-1

# State and name of what CHECK found on laptop 1: found CHECK [OPTIONS].
found() {
	local check=$1
	shift
	agent 1 doctor --json "$@" 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("check") == sys.argv[1]:
        print(row["state"], row["finding"])
' "$check"
}
# The checks that are in STATE, in one line.
in_state() { # STATE [OPTIONS]
	local state=$1
	shift
	agent 1 doctor --json "$@" 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("state") == sys.argv[1]:
        print(row["check"])
' "$state" | xargs
}
exit_of() {
	"$@" >"$work/out/last" 2>&1
	echo $?
}
flip() { # FILE OFFSET: one byte, all its bits
	python3 - "$1" "$2" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 0xff]))
END
}
good() { # WHAT, OPTIONS: as the laptop was before
	is "$1" "0 " "$(exit_of agent 1 doctor "${pass[@]}") $(
		in_state wrong "${pass[@]}")"
}

# ---- before it is enrolled
is "a folder that is not there is no error" \
	"0 attention folder-missing" "$(exit_of agent 1 doctor) $(found folder)"
holds "and is not made by looking" test ! -e "$laptop"

# ---- a healthy one
office 10
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
serve
person 1 SR "Siti"
pass=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${pass[@]}" >/dev/null
save() { # KEY
	printf '{"key":"%s","day":"%s","new":{"village":"64.02.05.2001"},
		"fields":{"alamat":"Jl. Periksa 1"}}' "$1" "$(date +%F)" |
		agent 1 visit --json "${pass[@]}"
}
save satu >/dev/null
good "nothing is wrong with a healthy laptop"
is "but that its office has no recovery key" \
	"attention recovery-none" "$(found recovery)"
stop_server
server recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/usb2" --passphrase-file "$work/pass2" --label B \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label C \
	>/dev/null
serve
agent 1 sync "${pass[@]}" >/dev/null
agent 1 sync "${pass[@]}" >/dev/null
is "once it has, there is nothing to look at" "" \
	"$(in_state attention "${pass[@]}" | sed 's/ *space//')"
before=$(cd "$laptop" && sha256sum device store.db tally)
is "all of its pages were read" "ok pages-ok" "$(found pages "${pass[@]}")"
is "locked, it says that it did not look inside" \
	"0 unchecked locked" "$(exit_of agent 1 doctor) $(found inside)"
is "who looks while it is locked changes nothing" "$before" \
	"$(cd "$laptop" && sha256sum device store.db tally)"
agent 1 doctor --lang id >"$work/out/id"
holds "it speaks Indonesian" grep -q "^ok .*Folder ini hanya milik Anda" \
	"$work/out/id"
agent 1 doctor --lang en >"$work/out/en"
is "and has the same lines in English" \
	"$(awk '{ print $1, $2 }' "$work/out/id")" \
	"$(awk '{ print $1, $2 }' "$work/out/en")"
up 1
is "it asks a daemon that has the folder" \
	"0 ok pages-ok" "$(exit_of agent 1 doctor "${pass[@]}") $(
		found pages "${pass[@]}")"
down 1
echo "bukan kata sandi" >"$work/not"
is "a wrong passphrase is said as such" 6 "$(exit_of agent 1 doctor \
	--label SR --passphrase-file "$work/not")"
holds "below what was found all the same" grep -q "^ok .*device" \
	"$work/out/last"

# ---- who may read and write
chmod 644 "$laptop/device"
is "a file that others may read is wrong" \
	"10 wrong files-open" "$(exit_of agent 1 doctor) $(found files)"
holds "and is named" grep -q "device)$" "$work/out/last"
chmod 600 "$laptop/device"
chmod 755 "$laptop"
is "a folder that others may look into is to be looked at" \
	"0 attention folder-open" "$(exit_of agent 1 doctor) $(found folder)"
chmod 777 "$laptop"
is "one that others may write in is wrong" \
	"10 wrong folder-unsafe" "$(exit_of agent 1 doctor) $(found folder)"
is "and is not worked in" "" "$(found inside "${pass[@]}")"
chmod 700 "$laptop"
mv "$laptop/tries" "$work/tries" 2>/dev/null
ln -s /dev/null "$laptop/tries"
is "a link in place of a file is wrong" "wrong files-foreign" "$(found files)"
rm "$laptop/tries"
mv "$work/tries" "$laptop/tries" 2>/dev/null
good "with all that put right, it is healthy"

# ---- leftovers and the tally
: >"$laptop/store.db.new1"
chmod 600 "$laptop/store.db.new1"
is "what work that was cut off left is seen" \
	"attention leftovers" "$(found leftovers)"
rm -f "$laptop/store.db.new1"
cp -p "$laptop/tally" "$work/tally"
flip "$laptop/tally" 20
is "a torn tally is seen" "attention tally-torn" "$(found tally)"
cp -p "$work/tally" "$laptop/tally"

# ---- the device file
mv "$laptop/device" "$work/device"
is "a missing device file is wrong" \
	"10 wrong device-missing" "$(exit_of agent 1 doctor) $(found device)"
cp -p "$work/device" "$laptop/device"
flip "$laptop/device" 40
is "and so is a damaged one, which opens nothing" \
	"10 wrong device-damaged" "$(exit_of agent 1 doctor) $(found device)"
cp -p "$work/device" "$laptop/device"

# ---- the store
cp -p "$laptop/store.db" "$work/store.db"
for at in 0 100 4000 4096 5000 8191; do
	flip "$laptop/store.db" "$at"
	is "a header copy with byte $at flipped is to be looked at" \
		"0 attention header-half" \
		"$(exit_of agent 1 doctor) $(found header)"
	cp -p "$work/store.db" "$laptop/store.db"
done
flip "$laptop/store.db" 100
echo "lima kata yang baru" >"$work/new"
agent 1 passphrase "${pass[@]}" --new-passphrase-file "$work/new" \
	--kdf 1:8192 >/dev/null 2>&1
cp "$work/new" "$work/SR"
is "a changed passphrase mends that, as was said" "ok header-ok" \
	"$(found header)"
good "and the laptop is healthy"
cp -p "$laptop/store.db" "$work/store.db"
flip "$laptop/store.db" 0
flip "$laptop/store.db" 4096
is "both of them are wrong" \
	"10 wrong header-damaged" "$(exit_of agent 1 doctor) $(found header)"
rm "$laptop/store.db"
is "a missing store is wrong" \
	"10 wrong store-missing" "$(exit_of agent 1 doctor) $(found header)"
cp -p "$work/store.db" "$laptop/store.db"
size=$(stat -c %s "$laptop/store.db")
silent=0
for at in $(seq 8200 $(((size - 8200) / 12)) "$size"); do
	[ "$at" -lt "$size" ] || continue
	flip "$laptop/store.db" "$at"
	st=$(exit_of agent 1 doctor "${pass[@]}")
	[ "$st" = 10 ] || silent=$((silent + 1))
	cp -p "$work/store.db" "$laptop/store.db"
	rm -f "$laptop"/store.db-*
done
is "a byte flipped in any page is wrong" 0 "$silent"
good "the store that was put back is healthy"

# ---- a second person, whose daemon was killed
person 1 BD "Budi" SR
up 1
unlock 1 BD
visit 1 '"new":{"village":"64.02.05.2001"},"fields":{"alamat":"Jl. B"}' \
	>/dev/null
is "one's own visits are signed in time" "ok unsigned-ok" "$(found unsigned)"
kill_agent 1
is "those of somebody who went away are to be looked at" \
	"attention unsigned" "$(found unsigned "${pass[@]}")"
unlock_once() {
	agent 1 list --label BD --passphrase-file "$work/BD"
}
holds "they come back once" unlock_once
is "and all is signed, as was said" "ok unsigned-ok" \
	"$(found unsigned "${pass[@]}")"

# ---- a backup
mkdir "$work/stick"
save kemarin >/dev/null
after_days() { # N COMMAND...
	echo "$(($1 * 86400)) 0" >"$work/clocks"
	shift
	SHIFTCLOCK=$work/clocks LD_PRELOAD=$BUILD/tests/lib/shiftclock.so "$@"
}
is "what is new needs no backup yet" "ok backup-ok" \
	"$(after_days 6 found backup "${pass[@]}")"
is "what is on this laptop alone for a week does" "attention backup-old" \
	"$(after_days 8 found backup "${pass[@]}")"
after_days 8 agent 1 backup --to "$work/stick" "${pass[@]}" >/dev/null
is "and then has one" "ok backup-ok" \
	"$(after_days 9 found backup "${pass[@]}")"
is "which gets old" "attention backup-old" \
	"$(after_days 16 found backup "${pass[@]}")"

agent 1 sync "${pass[@]}" >/dev/null
is "what was delivered needs none" "ok backup-ok" \
	"$(after_days 16 found backup "${pass[@]}")"
rm -f "$laptop"/store.db-*
cp -p "$laptop/store.db" "$work/store.db"

# ---- an older copy, and a full disk
save dua >/dev/null
cp -p "$work/store.db" "$laptop/store.db"
rm -f "$laptop"/store.db-*
is "an older copy is wrong" "10 wrong chain-older" \
	"$(exit_of agent 1 doctor "${pass[@]}") $(found chain "${pass[@]}")"
mkdir "$work/small"
if mount -t tmpfs -o size=8m tmpfs "$work/small" 2>/dev/null; then
	cp -a "$laptop" "$work/small/laptop"
	mv "$laptop" "$work/whole"
	ln -s "$work/small/laptop" "$laptop"
	head -c 64M /dev/zero >"$work/small/filler" 2>/dev/null
	is "a full disk is wrong" "10 wrong space-none" \
		"$(exit_of agent 1 doctor) $(found space)"
fi
finish
