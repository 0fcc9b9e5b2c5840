#!/usr/bin/env bash
# Backups of a server that fail, are killed at their I/O calls, or are made
# while laptops send: the mark moves only for a backup that is whole, and each
# that is whole makes a server.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

usb=$work/usb
mkdir "$usb"
echo "kipas teluk jambu rintik" >"$work/pass"
marks() { # how many backups laptops were told of
	server audit list --json | rows kind | grep -c '^backup$'
}
says() { # WHAT EXIT STATE COMMAND...: the sentence in both languages
	local what=$1 want=$2 state=$3 lang good=0 st sentence
	shift 3
	for lang in en id; do
		sentence=$("$BUILD/sync-server/padu-server" sentences \
			--lang $lang |
			awk -F'\t' -v s="$state" '$1 == s { print $3 }')
		PADU_LANG=$lang "$@" >"$work/out/said" 2>&1
		st=$?
		[ "$st" = "$want" ] && [ -n "$sentence" ] &&
			grep -qF "padu-server: $sentence" "$work/out/said" ||
			good=1
	done
	say "$good" "$what"
	[ "$good" = 0 ] || sed 's/^/  /' "$work/out/said"
	[ -n "$(find "$usb" -name '*.part')" ] && say 1 "$what: a part is left"
}

office 12
is "no backup, no mark" 0 "$(marks)"

# ---- what goes wrong is said, and moves nothing
says "a folder that is not there" 4 backup-no-folder \
	server backup --to "$work/nowhere"
mkdir "$work/small"
if mount -t tmpfs -o size=200k tmpfs "$work/small" 2>/dev/null; then
	says "a disk that is too small" 9 backup-full \
		server backup --to "$work/small"
	mount -o remount,size=4m,ro "$work/small"
	says "a disk that is write-protected" 3 backup-not-writable \
		server backup --to "$work/small"
	umount "$work/small"
	# Room when it is looked at, and gone before the copy is done.
	mount -t tmpfs -o size=1600k tmpfs "$work/small"
	head -c 100k /dev/zero >"$work/small/filler"
	holds "one that has room takes it" server backup --to "$work/small"
	umount "$work/small"
fi
made=$(server backup --to "$usb" --json | get backup)
there() { # a folder that has the name of each second that comes
	local folder=$work/there s
	mkdir -p "$folder"
	for s in $(seq 0 20); do
		mkdir -p "$folder/padu-6402-$(date -u \
			-d "@$(($(date +%s) + s))" +%Y%m%d-%H%M%S)"
		: >"$folder/padu-6402-$(date -u \
			-d "@$(($(date +%s) + s))" +%Y%m%d-%H%M%S)/x"
	done
	server backup --to "$folder"
}
says "a backup of that name" 5 backup-there there
cp -p "$work/server/padu.db" "$work/padu.db"
flip() { # FILE OFFSET
	python3 - "$1" "$2" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 0xff]))
END
}
# A page that nothing but a backup reads.
size=$(stat -c %s "$work/padu.db")
for ((at = size - 3000; at > 8192; at -= 4096)); do
	flip "$work/server/padu.db" "$at"
	server person list >/dev/null 2>&1 && break
	cp -p "$work/padu.db" "$work/server/padu.db"
	rm -f "$work/server"/padu.db-*
done
sleep 1.1 # a backup's name has its second in it
says "a store that is damaged itself" 1 backup-failed \
	server backup --to "$usb"
cp -p "$work/padu.db" "$work/server/padu.db"
rm -f "$work/server"/padu.db-*
refused "a weak passphrase" 3 server backup --to "$usb" \
	--with-keys <(echo 123456)
refused "eleven years" 3 server backup --to "$usb" --keep-days 4000
refused "or none at all" 3 server backup --to "$usb" --keep-days 0
is "one backup is there, and one on the small disk, as was told" "1 2" \
	"$(find "$usb" -maxdepth 1 -name 'padu-6402-*' | wc -l) $(marks)"

# ---- killed
rm -r "$usb"
mkdir "$usb"
backup() { # [VARIABLES]
	env "$@" "$BUILD/sync-server/padu-server" backup --to "$usb" \
		--with-keys "$work/pass" --kdf 1:8192 \
		--dir "$work/server" >"$work/out/backup" 2>&1
}
cp -r "$work/server" "$work/before"
plug=$BUILD/tests/kill/killpoint.so
before=$(marks)
backup LD_PRELOAD="$plug" KILLPOINT_LOG="$work/out/calls"
calls=$(wc -l <"$work/out/calls")
[ "${PADU_LONG:-0}" = 1 ] && step=1 || step=$((calls / 50 + 1))
none=0 whole=0 told=0 bad=0
for ((at = 1; at <= calls; at += step)); do
	rm -rf "$work/server" "$usb"
	cp -r "$work/before" "$work/server"
	mkdir "$usb"
	backup LD_PRELOAD="$plug" KILLPOINT_AT="$at" 2>/dev/null
	made=$(find "$usb" -maxdepth 1 -name 'padu-6402-*' ! -name '*.part')
	if [ -z "$made" ]; then
		none=$((none + 1))
	else
		whole=$((whole + 1))
		rm -rf "$work/again"
		"$BUILD/sync-server/padu-server" restore --from "$made" \
			--passphrase-file "$work/pass" --dir "$work/again" \
			>/dev/null 2>&1 || bad=$((bad + 1))
	fi
	# A mark, but no whole backup: that must never be.
	if [ "$(marks)" -gt "$before" ]; then
		told=$((told + 1))
		[ -n "$made" ] || bad=$((bad + 1))
	fi
	# Another second, another name.
	backup || { sleep 1 && backup; } || bad=$((bad + 1))
	[ -z "$(find "$usb" -name '*.part')" ] || bad=$((bad + 1))
done
is "a killed backup is none, or makes a server" 0 "$bad"
holds "some were killed before it was whole" [ "$none" -gt 0 ]
holds "and some after" [ "$whole" -gt 0 ]
echo "  $calls calls, every ${step}th: $none none, $whole whole, $told told"

# ---- a restore that is killed makes no server, or a whole one
rm -rf "$usb"
mkdir "$usb"
backup
made=$(find "$usb" -maxdepth 1 -name 'padu-6402-*')
restore() { # [VARIABLES]
	env "$@" "$BUILD/sync-server/padu-server" restore --from "$made" \
		--passphrase-file "$work/pass" --dir "$work/again" \
		>"$work/out/restore" 2>&1
}
sum=$(cd "$made" && sha256sum ./* | sha256sum)
rm -rf "$work/again"
restore LD_PRELOAD="$plug" KILLPOINT_LOG="$work/out/calls2"
calls=$(wc -l <"$work/out/calls2")
[ "${PADU_LONG:-0}" = 1 ] && step=1 || step=$((calls / 30 + 1))
none=0 bad=0
for ((at = 1; at <= calls; at += step)); do
	rm -rf "$work/again"
	restore LD_PRELOAD="$plug" KILLPOINT_AT="$at" 2>/dev/null
	if [ ! -e "$work/again" ]; then
		none=$((none + 1))
		restore || bad=$((bad + 1))
	fi
	"$BUILD/sync-server/padu-server" rebuild --dir "$work/again" \
		>/dev/null 2>&1 || bad=$((bad + 1))
	[ ! -e "$work/again.part" ] || bad=$((bad + 1))
done
is "a killed restore is none, and the next one whole" 0 "$bad"
holds "some were killed before it was there" [ "$none" -gt 0 ]
is "and the backup is as it was" "$sum" \
	"$(cd "$made" && sha256sum ./* | sha256sum)"
rm -rf "$work/again"

# ---- while laptops send
rm -rf "$usb"
mkdir "$usb"
serve
person 1 SR "Siti"
up 1
unlock 1 SR
agent 1 sync >/dev/null
id=$(household 1)
for i in 1 2 3 4 5 6 7 8; do
	visit_number=$i
	visit 1 "\"household\":\"$id\",\"fields\":{\"lantai\":\"$i\"}" \
		>/dev/null
	agent 1 sync >/dev/null &
	sync=$!
	server backup --to "$usb" --with-keys "$work/pass" --kdf 1:8192 \
		--json >"$work/out/backup$i"
	wait "$sync"
	[ "$i" = 8 ] || sleep 1
done
is "eight were made while a laptop sent" 8 \
	"$(find "$usb" -maxdepth 1 -name 'padu-6402-*' | wc -l)"
is "with everything in it delivered" delivered \
	"$(agent 1 visits --json | rows state | sort -u)"
bad=0
for made in "$usb"/padu-6402-*; do
	rm -rf "$work/again"
	"$BUILD/sync-server/padu-server" restore --from "$made" \
		--passphrase-file "$work/pass" --dir "$work/again" \
		>/dev/null 2>&1 || bad=$((bad + 1))
	"$BUILD/sync-server/padu-server" verify-log --dir "$work/again" \
		>/dev/null || bad=$((bad + 1))
	"$BUILD/sync-server/padu-server" rebuild --dir "$work/again" \
		>/dev/null || bad=$((bad + 1))
done
is "and each of them makes a server whose log and records hold" 0 "$bad"
finish
