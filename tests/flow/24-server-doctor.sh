#!/usr/bin/env bash
# The doctor of a server: a healthy one is called so, and each thing that goes
# wrong is said in a line of its own, with an exit status.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

dir=$work/server

# State and name of what CHECK found: found CHECK
found() {
	server doctor --json 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("check") == sys.argv[1]:
        print(row["state"], row["finding"])
' "$1"
}
in_state() { # STATE: the checks that are in it, in one line
	server doctor --json 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("state") == sys.argv[1]:
        print(row["check"])
' "$1" | xargs
}
exit_of() {
	"$@" >"$work/out/last" 2>&1
	echo $?
}
meets() { # WHAT EXIT STATE FINDING CHECK, in one run
	local st
	server doctor --json >"$work/out/json" 2>&1
	st=$?
	is "$1" "$2 $3 $4" "$st $(python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("check") == sys.argv[1]:
        print(row["state"], row["finding"])
' "$5" <"$work/out/json")"
}
good() { # WHAT
	is "$1" "0 " "$(exit_of server doctor) $(in_state wrong)"
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

# ---- before there is one
meets "a folder that is not there is no error" \
	0 attention folder-missing folder
holds "and is not made by looking" test ! -e "$dir"
mkdir -m 700 "$dir"
meets "nor is one without a server" 0 attention keys-none keys
rmdir "$dir"

# ---- a healthy one
office 10
good "nothing is wrong with a healthy server"
is "but that it has no backup and no recovery key" "backup recovery" \
	"$(in_state attention | sed 's/ *space//')"
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
server recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/usb2" --passphrase-file "$work/pass2" --label B \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label C \
	>/dev/null
mkdir "$work/usb"
server backup --to "$work/usb" >/dev/null
is "once it has both, there is nothing to look at" "" \
	"$(in_state attention | sed 's/ *space//')"
is "each check has its line" \
	"folder files leftovers keys header space pages log sets epoch backup clock quarantine outbox recovery" \
	"$(server doctor --json | rows check | xargs)"
PADU_LANG=id server doctor >"$work/out/id"
holds "it speaks Indonesian" grep -q "^ok .*Folder ini hanya milik server" \
	"$work/out/id"
PADU_LANG=en server doctor >"$work/out/en"
is "and has the same lines in English" \
	"$(awk '{ print $1, $2 }' "$work/out/id")" \
	"$(awk '{ print $1, $2 }' "$work/out/en")"
before=$(cd "$dir" && sha256sum keys padu.db store.key)
server doctor >/dev/null
is "who looks changes nothing" "$before" \
	"$(cd "$dir" && sha256sum keys padu.db store.key)"
serve
is "it asks a daemon that has the folder" "0 ok pages-ok" \
	"$(exit_of server doctor) $(found pages)"
stop_server

# ---- who may read and write
chmod 644 "$dir/store.key"
meets "a file that others may read is wrong" 10 wrong files-open files
holds "and is named" grep -q "store.key\"" "$work/out/json"
chmod 600 "$dir/store.key"
chmod 755 "$dir"
meets "a folder that others may look into is to be looked at" \
	0 attention folder-open folder
chmod 777 "$dir"
is "one that others may write in is refused by every command" 8 \
	"$(exit_of server doctor)"
chmod 700 "$dir"
ln -s /dev/null "$dir/strange"
meets "a link in place of a file is wrong" 10 wrong files-foreign files
rm "$dir/strange"
: >"$dir/padu.db.new1"
chmod 600 "$dir/padu.db.new1"
is "what work that was cut off left is seen" \
	"attention leftovers" "$(found leftovers)"
rm -f "$dir/padu.db.new1"
good "with all that put right, it is healthy"

# ---- keys
mv "$dir/store.key" "$work/store.key"
meets "a missing store.key is wrong" 10 wrong key-missing keys
head -c 32 /dev/urandom >"$dir/store.key"
chmod 600 "$dir/store.key"
meets "and so is another server's" 10 wrong keys-wrong keys
cp -p "$work/store.key" "$dir/store.key"
mv "$dir/keys" "$work/keys"
meets "missing keys are wrong" 10 wrong keys-missing keys
cp -p "$work/keys" "$dir/keys"
flip "$dir/keys" 100
meets "and damaged ones" 10 wrong keys-wrong keys
cp -p "$work"/usb/padu-*/keys "$dir/keys"
good "the keys of a backup mend that, as was said"

# ---- the store
cp -p "$dir/padu.db" "$work/padu.db"
for at in 0 4095 4096 8191; do
	flip "$dir/padu.db" "$at"
	meets "a header copy with byte $at flipped is to be looked at" \
		0 attention header-half header
	is "and is one again once the store was open, as was said" \
		"ok header-ok" "$(found header)"
	cp -p "$work/padu.db" "$dir/padu.db"
done
flip "$dir/padu.db" 0
flip "$dir/padu.db" 4096
meets "both of them are wrong" 10 wrong header-damaged header
cp -p "$work/padu.db" "$dir/padu.db"
python3 - "$dir/padu.db" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    for at in (8, 4096 + 8):
        f.seek(at)
        f.write((9).to_bytes(4, "big"))
END
meets "a newer version's store is said as such" 10 wrong header-newer header
rm "$dir/padu.db"
meets "a missing store is wrong" 10 wrong store-missing header
cp -p "$work/padu.db" "$dir/padu.db"
size=$(stat -c %s "$dir/padu.db")
silent=0
for at in $(seq 8200 $(((size - 8200) / 10)) $((size - 1))); do
	flip "$dir/padu.db" "$at"
	[ "$(exit_of server doctor)" = 10 ] &&
		grep -q '^wrong  *\(pages\|header\)' "$work/out/last" ||
		silent=$((silent + 1))
	cp -p "$work/padu.db" "$dir/padu.db"
	rm -f "$dir"/padu.db-*
done
is "a byte flipped in any page is wrong" 0 "$silent"
good "the store that was put back is healthy"

# ---- another program has it, and the disk
serve
mv "$dir/control" "$work/control"
is "a server that another program has is not looked into" \
	"0 unchecked closed" "$(exit_of server doctor) $(found inside)"
mv "$work/control" "$dir/control"
stop_server
mkdir "$work/small"
if mount -t tmpfs -o size=300m tmpfs "$work/small" 2>/dev/null; then
	cp -a "$dir" "$work/small/server"
	mv "$dir" "$work/whole"
	ln -s "$work/small/server" "$dir"
	is "little room is to be looked at" "attention space-low" \
		"$(found space)"
	head -c 270M /dev/zero >"$work/small/filler" 2>/dev/null
	meets "a full disk is wrong" 10 wrong space-none space
	rm "$work/small/filler" "$dir"
	mv "$work/whole" "$dir"
fi

# ---- the clock, and a backup of long ago
shifted() { # SECONDS CHECK
	echo "$1 0" >"$work/clock"
	LD_PRELOAD=$BUILD/tests/lib/shiftclock.so SHIFTCLOCK=$work/clock \
		found "$2"
}
is "a clock that went back is to be looked at" \
	"attention clock-behind" "$(shifted -86400 clock)"
is "and a backup of a week ago" "attention backup-old" \
	"$(shifted 605000 backup)"
is "one of yesterday is good" "ok backup-ok" "$(shifted 90000 backup)"
finish
