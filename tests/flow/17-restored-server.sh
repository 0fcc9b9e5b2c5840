#!/usr/bin/env bash
# A server is lost and restored from a backup: what laptops had acknowledged
# after it is there again, once, and so are the desk's decisions that they
# had; damaged backups are refused; an older copy of a server is believed by
# nobody.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

usb=$work/usb
mkdir "$usb"
echo "kipas teluk jambu rintik" >"$work/pass"
key=(--passphrase-file "$work/pass")

number=0
# One visit on laptop N, under a key of its own: save N MEMBERS OF THE JSON
save() {
	number=$((number + 1))
	visit_number=$number
	visit "$1" "$2" >"$work/out/visit"
}
laptops=(1 2)
both() { # COMMAND...: on all laptops there are
	local n
	for n in "${laptops[@]}"; do
		agent "$n" "$@" >/dev/null || return 1
	done
}
# COMMAND ends with EXIT and PROGRAM's sentence of STATE, in both languages.
says() { # WHAT EXIT PROGRAM STATE COMMAND...
	local what=$1 want=$2 program=$3 state=$4 lang good=0 st sentence
	local speaks=$BUILD/agent/padu-agent
	[ "$program" = padu-agent ] || speaks=$BUILD/sync-server/padu-server
	shift 4
	for lang in en id; do
		sentence=$("$speaks" sentences --lang $lang |
			awk -F'\t' -v s="$state" '$1 == s { print $3 }')
		PADU_LANG=$lang "$@" >"$work/out/last" 2>&1
		st=$?
		[ "$st" = "$want" ] && [ -n "$sentence" ] &&
			grep -qF "$program: $sentence" "$work/out/last" ||
			good=1
	done
	say "$good" "$what"
	[ "$good" = 0 ] || sed 's/^/  /' "$work/out/last"
}
digest() {
	server rebuild --json | get digest
}
accepted() {
	server status --json | get sets.accepted
}
restore() { # BACKUP [OPTIONS]
	local from=$1
	shift
	server restore --from "$from" "${@:-${key[@]}}"
}
states() { # N: of all visits on laptop N, how many of each
	agent "$1" visits --json | rows state | sort | uniq -c | xargs
}

office 40
serve
person 1 SR "Siti"
person 2 BD "Budi"
for n in 1 2; do up "$n"; done
unlock 1 SR
unlock 2 BD
both sync
mapfile -t ids < <(agent 1 list --json | rows id)

# ---- before the backup: visits, and a disagreement
for i in 1 2 3 4; do
	save 1 "\"household\":\"${ids[i]}\",\"fields\":{\"lantai\":\"$i\"}"
	save 2 "\"household\":\"${ids[i + 5]}\",\"fields\":{\"lantai\":\"$i\"}"
done
save 1 "\"household\":\"${ids[0]}\",\"fields\":{\"lantai\":\"8\"}"
save 2 "\"household\":\"${ids[0]}\",\"fields\":{\"lantai\":\"6\"}"
both sync
is "two people disagree" "${ids[0]}" \
	"$(server findings --kind conflict --json | rows record)"
first=$(server backup --to "$usb" --with-keys "$work/pass" --kdf 1:8192 \
	--json | get backup)
held=$(digest)
cp -a "$work/server" "$work/rolled-back"

# ---- after it: visits, a new household, and what the desk decided
for i in 11 12 13; do
	save 1 "\"household\":\"${ids[i]}\",\"fields\":{\"atap\":\"3\"}"
	save 2 "\"household\":\"${ids[i + 5]}\",\"fields\":{\"atap\":\"4\"}"
done
save 1 '"new":{"village":"64.02.05.2001"},"fields":{"alamat":"Jl. Baru 1"}'
save 2 "\"household\":\"${ids[1]}\",\"fields\":{\"atap\":\"5\"}"
person 3 TN "Tono"
up 3
unlock 3 TN
laptops=(1 2 3)
both sync
save 3 "\"household\":\"${ids[20]}\",\"fields\":{\"atap\":\"6\"}"
save 3 '"new":{"village":"64.02.05.2002"},"fields":{"alamat":"Jl. Tono 1"}'
both sync
server show "${ids[0]}" --json >"$work/shown"
set1=$(get record.registers <"$work/shown" | python3 -c '
import json, sys
for register in json.load(sys.stdin):
    for head in register["heads"]:
        if register["register"] == "lantai" and \
                head["value"]["lantai"] == "8":
            print(head["set"])')
holds "a reviewer decides" server decide "${ids[0]}" lantai --take "$set1" \
	--shown "$(get record.stamp <"$work/shown")" --as Rina
both sync
was=$(digest)
sets=$(accepted)
is "everything is acknowledged" "9 delivered 9 delivered 2 delivered" \
	"$(states 1) $(states 2) $(states 3)"
holds "after the backup the records are others" test "$was" != "$held"

# ---- lost, restored
kill_server
mv "$work/server" "$work/lost"
holds "it is restored" restore "$first"
is "the old folder's keys are its own" \
	"$(sha256sum <"$work/lost/store.key")" \
	"$(sha256sum <"$work/server/store.key")"
holds "its log holds" server verify-log
is "its records are those of the backup" "$held" "$(digest)"
serve
epoch=$(server status --json | get epoch)
holds "a new epoch has begun" test "$epoch" -gt 1
is "the disagreement is back" "${ids[0]}" \
	"$(server findings --kind conflict --json | rows record)"
both sync
both sync
is "what laptops had is there again, to the byte" "$was" "$(digest)"
is "and once" "$sets" "$(accepted)"
is "with nothing in quarantine" 0 \
	"$(server status --json | get sets.quarantined)"
is "the decision too" "" \
	"$(server findings --kind conflict --json | rows record)"
is "which laptops show as before" "8 8" \
	"$(agent 1 show "${ids[0]}" --json | get fields.lantai) $(
		agent 2 show "${ids[0]}" --json | get fields.lantai)"
is "and everything is acknowledged anew" \
	"9 delivered 9 delivered 2 delivered" \
	"$(states 1) $(states 2) $(states 3)"
is "also of a laptop that the backup does not know" \
	"Tono readmit" "$(server person list --json | rows name |
		grep Tono) $(server audit list --json | rows kind |
		grep readmit)"
holds "the log holds" server verify-log
is "without a gap" 0 "$(server verify-log --json | get gaps)"
both sync
is "another sync changes nothing" "$was $sets" "$(digest) $(accepted)"

# ---- it goes on working
save 1 "\"household\":\"${ids[2]}\",\"fields\":{\"atap\":\"2\"}"
save 2 "\"household\":\"${ids[2]}\",\"fields\":{\"atap\":\"1\"}"
both sync
server show "${ids[2]}" --json >"$work/shown"
set2=$(get record.registers <"$work/shown" | python3 -c '
import json, sys
for register in json.load(sys.stdin):
    for head in register["heads"]:
        if register["register"] == "atap" and head["value"]["atap"] == "2":
            print(head["set"])')
holds "its desk decides under the new index" server decide "${ids[2]}" atap \
	--take "$set2" --shown "$(get record.stamp <"$work/shown")" --as Rina
holds "the log holds, with both desks' sets" server verify-log
is "and gives the records" yes "$(server rebuild | sed -n 's/^same: //p')"
both sync

# ---- an older copy of the server is believed by nobody
save 1 "\"household\":\"${ids[3]}\",\"fields\":{\"atap\":\"6\"}"
older() { # WHAT
	says "$1 is believed by nobody" 8 padu-agent server-older agent 1 sync
	is "the visit is not delivered" 1 "$(agent 1 visits --json |
		rows state | grep -vc delivered)"
	holds "and that server says what it is" \
		sh -c "'$BUILD/sync-server/padu-server' doctor --json \
			--dir '$work/server' | grep -q '\"rolled-back\"'"
}
stop_server
mv "$work/server" "$work/real"
mv "$work/lost" "$work/server"
serve
older "the lost server, found again,"
stop_server
rm -rf "$work/server"
mv "$work/rolled-back" "$work/server"
serve
older "a copy put back as it was"
stop_server
rm -rf "$work/server"
mv "$work/real" "$work/server"
serve
agent 1 sync >/dev/null
is "the real one gets it" "11 delivered" "$(states 1)"

# ---- restored a second time from the same backup
both sync
was=$(digest)
sets=$(accepted)
kill_server
mv "$work/server" "$work/lost"
# An epoch is a minute.
echo "120 0" >"$work/clock"
LD_PRELOAD=$BUILD/tests/lib/shiftclock.so SHIFTCLOCK=$work/clock \
	restore "$first" >/dev/null
serve
holds "a second restore has an epoch of its own" \
	test "$(server status --json | get epoch)" -gt "$epoch"
both sync
both sync
is "and gets again what laptops have" "$was $sets" "$(digest) $(accepted)"
is "with the decisions of both desks" "" \
	"$(server findings --kind conflict --json | rows record)"

# ---- what is no backup, or a bad one, makes no server
stop_server
rm -rf "$work/server"
backup_of() { # a copy of the backup, to be spoilt
	rm -rf "$work/bad"
	cp -a "$first" "$work/bad"
}
flip() { # FILE OFFSET: one byte
	python3 - "$1" "$2" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 0xff]))
END
}
bad() { # WHAT EXIT STATE [OPTIONS]
	local what=$1 exit=$2 state=$3
	shift 3
	says "$what" "$exit" padu-server "$state" restore "$work/bad" "$@"
	[ ! -e "$work/server" ] && [ ! -e "$work/server.part" ] ||
		say 1 "$what: something was left"
}
size=$(stat -c %s "$first/padu.db")
silent=0
for at in $(seq 8193 $((size / 9)) $((size - 1))); do
	backup_of
	flip "$work/bad/padu.db" "$at"
	restore "$work/bad" >"$work/out/last" 2>&1
	[ $? = 10 ] && grep -q "damaged" "$work/out/last" &&
		[ ! -e "$work/server" ] || silent=$((silent + 1))
done
is "a byte flipped anywhere in the store is refused" 0 "$silent"
backup_of
truncate -s $((size - 4096)) "$work/bad/padu.db"
bad "a store cut short is refused" 10 backup-damaged
backup_of
rm "$work/bad/padu.db"
bad "a missing store too" 10 backup-damaged
backup_of
flip "$work/bad/keys" 100
bad "and damaged keys" 10 backup-damaged
backup_of
sed -i 's/"log":"/"log":"1/' "$work/bad/backup.json"
bad "and a paper that says something else" 10 backup-damaged
backup_of
echo 'no paper' >"$work/bad/backup.json"
bad "or nothing" 10 backup-damaged
backup_of
flip "$work/bad/store.key.sealed" 20
bad "and a damaged key" 10 backup-damaged
backup_of
echo "bukan kata sandi ini" >"$work/not"
bad "a wrong passphrase is said as such" 6 backup-key \
	--passphrase-file "$work/not"
head -c 32 /dev/zero >"$work/key"
bad "and so is a wrong key" 6 backup-key \
	--store-key "$work/key"
rm "$work/bad/store.key.sealed"
bad "and a key that is not there" 6 backup-key "${key[@]}"
rm "$work/bad/backup.json"
bad "a folder without a backup is none" 4 backup-none
mkdir "$work/server"
: >"$work/server/something"
says "nothing is restored over something" 5 padu-server restore-there \
	restore "$first"
holds "which stays" test -e "$work/server/something"
rm -r "$work/server"
holds "the key that was kept apart opens it, too" \
	restore "$first" --store-key "$work/lost/store.key"
serve
person 4 UM "Umar"
up 4
unlock 4 UM
save 4 '"new":{"village":"64.02.05.2001"},"fields":{"alamat":"Jl. Baru 3"}'
agent 4 sync >/dev/null
server log export "$work/log" >/dev/null
holds "who enrols with it gets an index far from those that were given" \
	test "$(find "$work/log" -name 'writer-*.card' |
		sed 's/.*writer-0*\([0-9]*\).card/\1/' | sort -n |
		tail -1)" -gt 1024
finish
