#!/usr/bin/env bash
# Every state that a person can meet, met with the real program: its sentence
# in English and in Indonesian, its exit status and its name.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

A=$BUILD/agent/padu-agent
declare -A met=()
"$A" sentences --lang en >"$work/en"
"$A" sentences --lang id >"$work/id"
sentence() { # LANG STATE
	awk -F'\t' -v state="$2" '$1 == state { print $3 }' "$work/$1"
}
exit_of() { # STATE
	awk -F'\t' -v state="$1" '$1 == state { print $2 }' "$work/en"
}
# The command line ends with EXIT and says STATE's sentence first, in the
# language asked for; with --json it names the state.  Standard input is $in.
in=/dev/null
meets() { # STATE EXIT COMMAND...
	local state=$1 want=$2 lang st good=0
	shift 2
	for lang in en id; do
		PADU_LANG=$lang "$@" >"$work/out/said" 2>"$work/out/error" <"$in"
		st=$?
		[ "$st" = "$want" ] && [ "$st" = "$(exit_of "$state")" ] &&
			grep -qxF "padu-agent: $(sentence $lang "$state")" \
				"$work/out/error" || good=1
	done
	if [ "$good" = 0 ] && [ "$want" != 0 ]; then
		"$@" --json <"$in" 2>/dev/null | grep -q "\"state\":\"$state\"" ||
			good=1
	fi
	met[$state]=1
	say "$good" "$state"
	[ "$good" = 0 ] || sed 's/^/  /' "$work/out/error"
}
# Met by another test, which says so: FILE holds TEXT.
elsewhere() { # STATE FILE TEXT
	met[$1]=1
	holds "$1 is met in $2" grep -q -e "$3" "$root/$2"
}
as() { # LABEL COMMAND...: on laptop 1, without the daemon
	local label=$1
	shift
	agent 1 "$@" --label "$label" --passphrase-file "$work/$label"
}
copy() { # N: laptop 1's folder, as laptop N
	rm -rf "$work/laptop-$1"
	cp -r "$work/laptop-1" "$work/laptop-$1"
}
on() { # N COMMAND...: as SR
	local n=$1
	shift
	agent "$n" "$@" --label SR --passphrase-file "$work/SR"
}
# A server that answers everything with one status: $fake is its address.
impostor() { # STATUS BODY
	start impostor '^http' python3 -u -c '
import http.server, sys
class Door(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(int(sys.argv[1]))
        self.send_header("Content-Length", str(len(sys.argv[2])))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sys.argv[2].encode())
    do_GET = do_POST = do_HEAD = answer
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Door)
print("http://127.0.0.1:%d" % server.server_port)
server.serve_forever()' "$1" "$2" "${3:-0}"
	fake=$(cat "$work/out/impostor")
}

office 30
serve
person 1 SR "Siti"
person 1 AN "Ani" SR
on 1 sync >/dev/null
new_code() { # NAME LABEL
	server person add --name "$1" --role enumerator >/dev/null
	server enrol --person "$1" --label "$2" --village 64.02.05 --json |
		get code
}
code=$(new_code "Budi" BD)
id=$(on 1 list --json | rows id | sed -n 1p)
echo "kata yang salah sekali" >"$work/wrong"

# ---- unlocking
meets locked 6 agent 1 list
meets wrong-passphrase 6 agent 1 list --label SR --passphrase-file "$work/wrong"
printf 'padu tries 1\nSR 30 %s000\n' "$(date +%s)" >"$work/laptop-1/tries"
meets delayed 7 on 1 list
rm "$work/laptop-1/tries"
start laptop-1 '^ready' "$A" run --idle-lock 5 --dir "$work/laptop-1"
unlock 1 SR
meets taken 5 as AN list
wait_for 10 '[ "$(agent 1 status --json | get unlocked)" = false ]'
meets idle-locked 0 agent 1 status
down 1

# ---- people
meets not-enrolled 4 agent 9 list
short() { change "tiga kata" "$@"; }
digits() { change "31 12 1999 08" "$@"; }
word() { change "perpustakaan" "$@"; }
change() { # PASSPHRASE [--json]
	echo "$1" >"$work/weak"
	shift
	on 1 passphrase --new-passphrase-file "$work/weak" "$@"
}
meets passphrase-short 3 short
meets passphrase-digits 3 digits
meets passphrase-word 3 word
holds "and one is suggested" grep -qE '^suggestion: [a-z]+( [a-z]+){3}$' \
	"$work/out/said"
join() { # N LABEL CODE SERVER [--json]
	agent "$1" enrol --server "$4" --code "$3" --label "$2" \
		--passphrase-file "$work/SR" --kdf 1:8192 "${@:5}"
}
as_sr=(--as SR --as-passphrase-file "$work/SR")
meets label-taken 5 join 1 AN "$code" "http://$address" "${as_sr[@]}"
meets no-person 4 on 1 people remove ZZ
person 2 TI "Tini"
echo "empat kata TI" >"$work/TI"
meets last-person 3 agent 2 people remove TI --label TI \
	--passphrase-file "$work/TI"
for n in 3 4 5 6 7; do
	person 1 "P$n" "Orang $n" SR
done
meets laptop-full 9 join 1 BD "$code" "http://$address" "${as_sr[@]}"
for n in 3 4 5 6 7; do
	on 1 people remove "P$n" >/dev/null
done
is "who left is gone" "SR AN" "$(on 1 people list --json | rows label | xargs)"
used=$(new_code "Caca" CA)
join 3 CA "$used" "http://$address" >/dev/null
meets code-refused 8 join 9 CX "$used" "http://$address"
"$BUILD/sync-server/padu-server" init --authority 6403 --name Lain \
	--dir "$work/other" >/dev/null
start other '^listening on' "$BUILD/sync-server/padu-server" run \
	--listen 127.0.0.1:0 --dir "$work/other"
meets not-trusted 8 join 9 BD "$code" "http://$(cat "$work/other/address")"
end other TERM

# ---- visits
doc() { # KEY MEMBERS
	printf '{"key":"%s","day":"%s","household":"%s",%s}' "$1" \
		"$(date +%F)" "$id" "$2" >"$work/doc"
	in=$work/doc
}
doc k1 '"fields":{"lantai":"3"}'
on 1 visit <"$in" >/dev/null
doc k1 '"fields":{"lantai":"4"}'
meets conflict 5 on 1 visit
doc k2 '"shown":"0.1","fields":{"lantai":"4"}'
meets record-moved 5 on 1 visit
doc k3 '"fields":{"nothing":"4"}'
meets refused 3 on 1 visit
in=/dev/null
meets not-found 4 on 1 show 3604005602340110999
up 1
unlock 1 AN
doc an '"fields":{"catatan":"punya Ani"}'
agent 1 visit <"$in" >/dev/null
in=/dev/null
kill_agent 1
meets unsigned 6 on 1 people remove AN
as AN status >/dev/null # it signs as it locks
holds "once they have signed they can be removed" on 1 people remove AN
on 1 sync --json >"$work/out/sync"
is "and their visit travels" 0 "$(on 1 status --json | get changesets.waiting)"

# ---- the files
store() { # N
	echo "$work/laptop-$1/store.db"
}
copy 4
printf 'damage' | dd of="$(store 4)" bs=1 seek=9000 conv=notrunc 2>/dev/null
meets damaged 10 on 4 list
copy 4
printf 'damage' | dd of="$work/laptop-4/device" bs=1 seek=60 conv=notrunc \
	2>/dev/null
meets device-damaged 10 on 4 list
copy 4
rm "$work/laptop-4/device"
meets device-missing 5 join 4 BD "$code" "http://$address"
copy 4
rm "$(store 4)"
meets store-missing 10 on 4 list
copy 4
"$BUILD/tests/lib/sealsql" "$(store 4)" SR "$(cat "$work/SR")" \
	'PRAGMA user_version = 99'
meets newer-version 11 on 4 list
copy 4
mkfifo "$work/hold"
sleep 300 >"$work/hold" &
pids[hold]=$!
# shellcheck disable=SC2016 # the inner shell's
HOLD=$work/hold start holder '^holding' sh -c 'exec "$0" "$@" <"$HOLD"' \
	"$BUILD/tests/lib/sealsql" "$(store 4)" SR "$(cat "$work/SR")"
meets in-use 7 on 4 list
end holder KILL
end hold KILL
copy 4
rm -r "$work/laptop-4/spool"
: >"$work/laptop-4/spool"
meets failed 1 on 4 list
copy 4
"$BUILD/tests/lib/sealsql" "$(store 4)" SR "$(cat "$work/SR")" \
	'DROP TABLE sent_back'
meets fault 1 on 4 list
no_memory() {
	(
		ulimit -v 700000
		on 1 passphrase --new-passphrase-file "$work/SR" \
			--kdf 1:1048576 "$@"
	)
}
meets no-memory 1 no_memory
copy 4
doc older '"fields":{"lantai":"2"}'
on 1 visit <"$in" >/dev/null
in=/dev/null
cp "$work/laptop-1/tally" "$work/laptop-4/tally"
older() {
	on 4 "${halted_command[@]}" "$@"
}
halted_command=(sync)
meets older-copy 12 older
meets no-mark 0 on 1 purge
meets stick-failed 1 on 1 backup --to "$work/no/stick"
on 1 backup --to "$work/backup" >/dev/null
restoring() { # each time into an empty folder
	rm -rf "$work/laptop-5"
	on 5 restore --from "$work/backup" "$@"
}
meets restored 0 restoring
meets restore-taken 5 on 5 restore --from "$work/backup"
meets restored-copy 12 on 5 sync
printf 'damage' | dd of="$work/backup" bs=1 seek=9000 conv=notrunc 2>/dev/null
meets stick-damaged 10 restoring
mkdir "$work/small"
if mount -t tmpfs -o size=2m tmpfs "$work/small" 2>/dev/null; then
	cp -r "$work/laptop-1" "$work/small/laptop"
	rm -rf "$work/laptop-4"
	ln -s "$work/small/laptop" "$work/laptop-4"
	head -c 64M /dev/zero >"$work/small/filler" 2>/dev/null
	doc full '"fields":{"catatan":"tidak muat"}'
	meets disk-full 9 on 4 visit
	in=/dev/null
	rm "$work/laptop-4"
else
	elsewhere disk-full tests/flow/08-offline-disk-full.sh \
		"what was saved before stays saved"
fi
clock_off() {
	LD_PRELOAD=$BUILD/tests/lib/shiftclock.so SHIFTCLOCK=$work/clocks \
		on 1 status "$@"
}
echo "-864000 0" >"$work/clocks"
meets clock 0 clock_off

# ---- recovery
meets no-recovery 4 agent 1 recover request --out "$work/request"
meets no-request 4 on 1 recover finish --answer1 "$work/SR" \
	--answer2 "$work/SR"
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
"$BUILD/sync-server/padu-server" recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/usb2" --passphrase-file "$work/pass2" --label B \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label C \
	--dir "$work/server" >/dev/null
on 1 sync >/dev/null
meets ask-custodians 0 agent 1 recover request --out "$work/request"
asked=$(agent 1 recover request --out "$work/request" --json | get code)
for i in 1 3; do
	"$BUILD/sync-server/padu-server" recover answer \
		--share "$work/usb$i/padu-share-6402-1-$i" \
		--passphrase-file "$work/pass$i" --code "$asked" \
		--out "$work/a$i" "$work/request" >/dev/null
done
echo "sungai padi kayu batu" >"$work/new"
recover() { # ANSWER ANSWER [--json]
	agent 1 recover finish --answer1 "$1" --answer2 "$2" --label SR \
		--passphrase-file "$work/new" --kdf 1:8192 "${@:3}"
}
head -c 200 "$work/a3" >"$work/cut"
meets answer-wrong 8 recover "$work/a1" "$work/cut"
meets answer-other 5 recover "$work/a1" "$work/a1"
cp -r "$work/laptop-1" "$work/before"
again() { # it works once: each time from what was there before
	rm -rf "$work/laptop-1"
	cp -r "$work/before" "$work/laptop-1"
	recover "$work/a1" "$work/a3" "$@"
}
meets recovered 0 again
cp "$work/new" "$work/SR"
doc waiting '"fields":{"lantai":"5"}'
meets waits-for-code 0 on 1 visit
in=/dev/null
elsewhere clone tests/unit/test_agent_halt.c \
	a_set_that_the_server_has_twice_under_a_number_is_a_clone

# ---- an office that was restored from a backup
elsewhere server-older tests/flow/17-restored-server.sh server-older

# ---- the way to the server
stop_server
meets not-connected 7 agent 2 sync
impostor 200 '<html>Selamat datang, silakan masuk</html>' "$port"
meets not-our-server 8 agent 2 sync
end impostor KILL
impostor 400 '{"error":{"status":"invalid","message":"no"}}' "$port"
meets not-taken 3 agent 2 sync
end impostor KILL
impostor 503 ''
meets later 7 join 9 BD "$code" "$fake"
end impostor KILL

# ---- all of them, and how the language is chosen
for state in $(cut -f1 "$work/en"); do
	[ -n "${met[$state]:-}" ] || say 1 "$state is met by no test"
done
for state in "${!met[@]}"; do
	[ -n "$(sentence en "$state")" ] || say 1 "$state is no state"
done
first() { # ENVIRONMENT... -- OPTIONS
	env -u PADU_LANG -u LC_ALL -u LC_MESSAGES -u LANG "$@" 2>&1 >/dev/null |
		head -1 | cut -d' ' -f2
}
list=("$A" list --dir "$work/laptop-1")
is "English where nothing is said" The "$(first "${list[@]}")"
is "the locale's" Laptop "$(first LANG=id_ID.UTF-8 "${list[@]}")"
is "PADU_LANG before the locale" The \
	"$(first LANG=id_ID.UTF-8 PADU_LANG=en "${list[@]}")"
is "--lang before both" Laptop \
	"$(first LANG=en_GB PADU_LANG=en "${list[@]}" --lang id)"
refused "a language that we do not speak" 2 "$A" list --lang fr
refused "an enrolment without a passphrase" 2 agent 9 enrol \
	--server "http://$address" --code "$code" --label BD
holds "is shown a good one" grep -qE 'example: [a-z]+( [a-z]+){3}\)$' \
	"$work/out/last"
holds "--help lists the exit statuses" grep -q "12 an older copy" \
	<("$A" --help)
finish
