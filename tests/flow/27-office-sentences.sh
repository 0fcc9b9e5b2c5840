#!/usr/bin/env bash
# Every state that a custodian or an office can meet, met with the real
# program: its sentence in English and in Indonesian, its exit status, its name.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

S=$BUILD/sync-server/padu-server
declare -A met=()
"$S" sentences --lang en >"$work/en"
"$S" sentences --lang id >"$work/id"
sentence() { # LANG STATE
	awk -F'\t' -v state="$2" '$1 == state { print $3 }' "$work/$1"
}
exit_of() { # STATE
	awk -F'\t' -v state="$1" '$1 == state { print $2 }' "$work/en"
}
meets() { # STATE EXIT COMMAND...
	local state=$1 want=$2 lang st good=0
	shift 2
	for lang in en id; do
		PADU_LANG=$lang "$@" >"$work/out/said" 2>"$work/out/error" \
			</dev/null
		st=$?
		[ "$st" = "$want" ] && [ "$st" = "$(exit_of "$state")" ] &&
			grep -qxF "padu-server: $(sentence $lang "$state")" \
				"$work/out/error" || good=1
	done
	"$@" --json </dev/null 2>/dev/null | grep -q "\"state\":\"$state\"" ||
		good=1
	met[$state]=1
	say "$good" "$state"
	[ "$good" = 0 ] || sed 's/^/  /' "$work/out/error"
}
# Met by another test, which says so: FILE holds TEXT.
elsewhere() { # STATE FILE TEXT
	met[$1]=1
	holds "$1 is met in $2" grep -q -e "$3" "$root/$2"
}
at() { # DIR COMMAND...
	local dir=$1
	shift
	"$S" "$@" --dir "$dir"
}

# ---- custodians -------------------------------------------------------------

office 5
serve
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
init() { # DIR FOLDER-OF-THE-THIRD [--json]
	at "$1" recovery init --kdf 1:8192 "${@:3}" \
		--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
		--folder "$work/usb2" --passphrase-file "$work/pass2" --label B \
		--folder "$2" --passphrase-file "$work/pass3" --label C
}
meets share-places 3 init "$work/server" "$work/usb2"
init "$work/server" "$work/usb3" >/dev/null
person 1 SR "Siti"
pass=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${pass[@]}" >/dev/null
code=$(agent 1 recover request --out "$work/request" --json | get code)
share=$work/usb1/padu-share-6402-1-1
answer() { # SHARE PASSPHRASE-FILE CODE REQUEST [MORE...]
	"$S" recover answer --share "$1" --passphrase-file "$2" --code "$3" \
		--out "$work/answer" "${@:5}" "$4"
}
meets share-missing 4 answer "$work/nowhere" "$work/pass1" "$code" \
	"$work/request"
meets request-missing 4 answer "$share" "$work/pass1" "$code" "$work/nowhere"
meets share-passphrase 6 answer "$share" "$work/pass2" "$code" "$work/request"
head -c 300 "$share" >"$work/cut-share"
meets share-damaged 10 answer "$work/cut-share" "$work/pass1" "$code" \
	"$work/request"
meets share-damaged 10 answer "$work/pass1" "$work/pass1" "$code" \
	"$work/request"
sed 's/A/B/3' "$work/request" >"$work/spoilt"
meets request-damaged 10 answer "$share" "$work/pass1" "$code" "$work/spoilt"
meets request-damaged 10 answer "$share" "$work/pass1" "$code" "$work/pass1"
meets request-code 3 answer "$share" "$work/pass1" 0000-0000-0000 \
	"$work/request"
later() {
	LD_PRELOAD=$BUILD/tests/lib/shiftclock.so SHIFTCLOCK=$work/clocks \
		answer "$@"
}
echo "2592000 0" >"$work/clocks"
meets request-old 3 later "$share" "$work/pass1" "$code" "$work/request"
holds "nothing was answered in all of these" test ! -e "$work/answer"
holds "nor noted" test ! -e "$share.log"
holds "a custodian who knows that it is a clock answers" \
	later "$share" "$work/pass1" "$code" "$work/request" --old
meets request-answered 5 answer "$share" "$work/pass1" "$code" "$work/request"
holds "and once more if that is lost" \
	answer "$share" "$work/pass1" "$code" "$work/request" --again
is "each is in the log" 2 "$(wc -l <"$share.log")"
at "$work/other" init --authority 6403 --name Lain >/dev/null
mkdir "$work/o1" "$work/o2" "$work/o3"
at "$work/other" recovery init --kdf 1:8192 \
	--folder "$work/o1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/o2" --passphrase-file "$work/pass2" --label B \
	--folder "$work/o3" --passphrase-file "$work/pass3" --label C >/dev/null
meets request-regency 8 answer "$work/o1/padu-share-6403-1-1" "$work/pass1" \
	"$code" "$work/request"
init "$work/server" "$work/usb3" >/dev/null
meets share-other 5 answer "$work/usb1/padu-share-6402-2-1" "$work/pass1" \
	"$code" "$work/request"

# ---- the office -------------------------------------------------------------

record=3604005602340110999
meets not-at-office 4 at "$work/server" show "$record"
meets not-as-shown 5 at "$work/server" person add --name Siti --role approver
meets not-allowed 3 at "$work/server" enrol --person Rina --label RI \
	--village 64.02.05
meets not-authorised 8 at "$work/server" redact "$record" --as Rina --reason salah
kill -STOP "${pids[server]}"
meets not-now 7 at "$work/server" status
kill -CONT "${pids[server]}"
stop_server
meets no-server 4 at "$work/empty" status
meets server-exists 5 at "$work/server" init --authority 6402 --name Lagi
copy() {
	rm -rf "$work/copy"
	cp -a "$work/server" "$work/copy"
}
copy
cp "$work/other/store.key" "$work/copy/store.key"
meets server-key 8 at "$work/copy" status
copy
head -c 20 "$work/server/store.key" >"$work/copy/store.key"
meets server-key 8 at "$work/copy" status
copy
cp "$work/other/padu.db" "$work/copy/padu.db"
meets server-key 8 at "$work/copy" status
copy
printf 'damage' | dd of="$work/copy/padu.db" bs=1 seek=9000 conv=notrunc \
	2>/dev/null
meets server-damaged 10 at "$work/copy" status
copy
"$BUILD/tests/lib/sealsql" --key "$work/copy/store.key" "$work/copy/padu.db" \
	'PRAGMA user_version = 99'
meets newer-version 11 at "$work/copy" status
copy
mkfifo "$work/hold"
sleep 300 >"$work/hold" &
pids[hold]=$!
# shellcheck disable=SC2016 # the inner shell's
HOLD=$work/hold start holder '^holding' sh -c 'exec "$0" "$@" <"$HOLD"' \
	"$BUILD/tests/lib/sealsql" --key "$work/copy/store.key" \
	"$work/copy/padu.db"
meets server-in-use 7 at "$work/copy" status
end holder KILL
end hold KILL
copy
"$BUILD/tests/lib/sealsql" --key "$work/copy/store.key" "$work/copy/padu.db" \
	'DROP TABLE returned'
meets server-fault 1 at "$work/copy" status
copy
rm "$work/copy/padu.db"
mkdir "$work/copy/padu.db"
meets server-failed 1 at "$work/copy" status
no_memory() {
	(
		ulimit -v 700000
		init2 "$@"
	)
}
init2() {
	at "$work/copy" recovery init --kdf 1:1048576 "$@" \
		--folder "$work/o1" --passphrase-file "$work/pass1" --label A \
		--folder "$work/o2" --passphrase-file "$work/pass2" --label B \
		--folder "$work/o3" --passphrase-file "$work/pass3" --label C
}
copy
meets server-no-memory 1 no_memory
mkdir "$work/small"
if mount -t tmpfs -o size=2m tmpfs "$work/small" 2>/dev/null; then
	copy
	cp -a "$work/copy" "$work/small/server"
	head -c 64M /dev/zero >"$work/small/filler" 2>/dev/null
	meets disk-full 9 at "$work/small/server" person add --name Penuh \
		--role reviewer
else
	met[disk-full]=1
fi

# ---- backups ----------------------------------------------------------------

for state in backup-no-folder backup-not-writable backup-there backup-full \
	backup-failed; do
	elsewhere "$state" tests/flow/25-server-backup.sh "$state"
done
elsewhere backup-none tests/flow/17-restored-server.sh backup-none
elsewhere backup-damaged tests/flow/17-restored-server.sh backup-damaged
elsewhere backup-key tests/flow/17-restored-server.sh backup-key
elsewhere restore-there tests/flow/17-restored-server.sh restore-there

# ---- all of them ------------------------------------------------------------

for state in $(cut -f1 "$work/en"); do
	[ -n "${met[$state]:-}" ] || say 1 "$state is met by no test"
done
for state in "${!met[@]}"; do
	[ -n "$(sentence en "$state")" ] || say 1 "$state is no state"
done
is "none of them is one of a laptop's alone" "disk-full newer-version" \
	"$(comm -12 <(cut -f1 "$work/en" | sort) \
		<("$BUILD/agent/padu-agent" sentences | cut -f1 | sort) | xargs)"
refused "a language that we do not speak" 2 "$S" status --lang fr
holds "--lang counts before PADU_LANG" grep -q '^no-server.*Tidak ada server' \
	<(PADU_LANG=en "$S" sentences --lang id)
finish
