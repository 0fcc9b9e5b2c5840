#!/usr/bin/env bash
# Names, notes and identity numbers of visits are looked for in every byte
# that both programs write: folders of laptop and server at every stage, parts
# of an upload, what daemons say, temporary files, a recovery request; plain,
# coded or compressed, in a backup too. The search must see a leak of each
# kind. Who is erased is nowhere, even for who holds the server's key; what was
# purged is nowhere on the laptop, even for its people.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

name=ZULKARNAENPENANDA nik=6402994107919991 note=CATATANRAHASIAPENANDA
child=BUNGAPENANDAKECIL childnik=6402995507219992 street=JALANPENANDAUNIK
markers=(--marker "$name" --marker "$nik" --marker "$note" --marker "$child"
	--marker "$childnik" --marker "$street")
mkdir "$work/tmp" "$work/seen" "$work/cwd" "$work/stick"
export TMPDIR=$work/tmp
frames=$BUILD/tests/lib/frames
ulimit -c unlimited
cd "$work/cwd" || exit 1

leaks() { # FILES AND FOLDERS...
	python3 "$root/tests/lib/leaks.py" --frames "$frames" \
		"${markers[@]}" "$@"
}
# How often the erased person's number is readable, in any coding.
erased() { # FOLDER
	python3 "$root/tests/lib/leaks.py" --frames "$frames" \
		--marker "$childnik" --marker "$child" "$1"
}
# Everything as it is on the disk now, for the search at the end.
keep() { # STAGE
	mkdir "$work/seen/$1" &&
		cp -r "$work/server" "$work/laptop-1" "$work/tmp" "$work/out" \
			"$work/cwd" "$work/stick" "$work/seen/$1"
}

office 20
serve
for i in 1 2 3; do
	mkdir "$work/usb$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
server recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label Kadis \
	--folder "$work/usb2" --passphrase-file "$work/pass2" --label Kabid \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label Sekdis \
	>/dev/null
person 1 SR "Siti"
up 1
unlock 1 SR
agent 1 sync >/dev/null

# ---- visits ------------------------------------------------------------------

home=$(household 1)
members=$(server show "$home" --json | get members | grep -o '[0-9]*')
member=$(agent 1 show "$home" --json | get members.0.id)
visit 1 "
	\"household\":\"$home\",\"note\":\"$note\",
	\"fields\":{\"alamat\":\"$street 9\",\"catatan\":\"$note $name\"},
	\"members\":[{\"person\":\"$member\",\"fields\":{
		\"nama\":\"$name\",\"nik\":\"$nik\"}},
	{\"new\":true,\"fields\":{\"nama\":\"$child\",\"nik\":\"$childnik\",
		\"tgl_lahir\":\"2021-07-15\",\"hub\":\"3\",
		\"jk\":\"2\"}}]" >"$work/first"
holds "a visit with a name, a number, a note and a child is saved" \
	[ "$(get writes <"$work/first")" -gt 3 ]
for n in 2 3 4; do
	visit 1 "\"household\":\"$(household $n)\",\"note\":\"$note $n\",
		\"fields\":{\"alamat\":\"$street $n\",\"catatan\":\"$name $nik\"}" \
		>>"$work/more" || say 1 "visit $n is saved"
done
kill_agent 1
keep killed
up 1
refused "a wrong passphrase, which is counted" 6 \
	agent 1 unlock --label SR --passphrase-file "$work/pass1"
keep wrong
unlock 1 SR
visit 1 "\"household\":\"$(household 5)\",\"note\":\"$note\",
	\"fields\":{\"catatan\":\"$name $nik\"}" >>"$work/more"

# ---- on the way ----------------------------------------------------------------

stop_server
# What travels is kept by something that is no server.
start capture '^ready' python3 -c '
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    print("ready", flush=True)
    while True:
        peer, _ = door.accept()
        with peer, peer.makefile("rb") as said:
            line = said.readline().split()
            size = 0
            while (head := said.readline().strip().lower()):
                if head.startswith(b"content-length:"):
                    size = int(head.split(b":")[1])
            if line[0] == b"POST":
                open("bundle", "wb").write(said.read(size))
                open("bundle.name", "wb").write(line[1].split(b"/")[-1])
            peer.sendall(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n"
                         b"Connection: close\r\n\r\n")' "$port"
agent 1 sync >"$work/out/no-server" 2>&1
end capture TERM
holds "a bundle is on its way" [ -s bundle ]
holds "an envelope waits in the spool" sh -c "ls '$work'/laptop-1/spool/*.env"
keep waiting
serve
size=$(stat -c %s bundle)
is "half of it is taken by the server" 202 "$(head -c $((size / 2)) bundle |
	curl -s -m 10 -o "$work/out/part" -w '%{http_code}' -X POST \
	--data-binary @- -H 'Expect:' -H 'Upload-Offset: 0' \
	-H "Upload-Length: $size" -H 'Content-Type: application/octet-stream' \
	"http://$address/v1/bundles/$(cat bundle.name)")"
holds "a backup is made meanwhile" agent 1 backup --to "$work/stick"
keep half
kill_server
keep server-killed
serve
agent 1 sync --json >"$work/out/sync" 2>&1
is "all visits arrive" "delivered" \
	"$(agent 1 visits --json | rows state | sort -u)"
kill_server
keep merged
end laptop-1 ABRT
keep aborted
serve
agent 1 recover request --out "$work/cwd/request" \
	--svg "$work/cwd/request.svg" --json >"$work/out/asked"
holds "a recovery request is written" [ -s "$work/cwd/request" ]
keep request

# ---- erased --------------------------------------------------------------------

readable() { # STAGE: what who holds the server's key can read of it
	stop_server
	mkdir "$work/open-$1"
	"$BUILD/tests/lib/sealpages" "$work/server/padu.db" \
		"$work/server/store.key" >"$work/open-$1/pages" &&
		server log export "$work/open-$1/log" >/dev/null
	serve
}
who=$(server show "$home" --json | get members | grep -o '[0-9]*' |
	grep -vxF "$members")
is "there is one more in the household" 1 "$(echo "$who" | grep -c .)"
holds "the server's pages are opened" readable before
refused "before, the child's number is in its pages" 1 \
	erased "$work/open-before/pages"
refused "and in its log" 1 erased "$work/open-before/log"
is "the child is erased" 1 "$(server redact "$who" --reason permohonan \
	--as Joko --json | get sets)"
holds "the server's pages are opened again" readable after
holds "the child's name and number are in no page, used or free" \
	erased "$work/open-after/pages"
holds "nor in anything of the log" erased "$work/open-after/log"
refused "others' are still there" 1 leaks "$work/open-after/log"
keep erased

# ---- purged --------------------------------------------------------------------

# Everything that the markers stand in is replaced, but one household's, which
# moves to another district: it is none of this laptop's any more.
sr=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${sr[@]}" >/dev/null
moved=$(agent 1 list --json "${sr[@]}" | rows id | sed -n 4p)
replace() { # HOUSEHOLD MEMBERS
	printf '{"key":"ganti-%s","day":"%s","household":"%s","fields":{
		"alamat":"Jl. Pengganti","catatan":"-"}%s}' "$1" \
		"$(date +%F)" "$1" "$2" | agent 1 visit --json "${sr[@]}"
}
replace "$home" ",\"members\":[{\"person\":\"$member\",\"fields\":{
	\"nama\":\"SITI PENGGANTI\",\"nik\":\"6402994107918881\"}}]" \
	>"$work/replaced"
for n in 2 3 5; do
	replace "$(agent 1 list --json "${sr[@]}" | rows id | sed -n "${n}p")" "" \
		>>"$work/replaced"
done
is "what was visited is visited again" 4 "$(grep -c visit "$work/replaced")"
agent 1 sync "${sr[@]}" >/dev/null
shown=$(server show "$moved" --json | get record.stamp)
echo kode_wil=64.02.06.1001 | server decide "$moved" kode_wil --value - \
	--shown "$shown" --as Rina --note pindah >"$work/out/moved" 2>&1
within() { # FILE: what who can unlock the laptop can read of it
	"$BUILD/tests/lib/sealpages" "$work/laptop-1/store.db" SR "$work/SR" \
		>"$work/open-$1"
}
agent 1 sync "${sr[@]}" >/dev/null
within before-purge
refused "before, names and numbers are in the laptop's pages" 1 \
	leaks "$work/open-before-purge"
cp "$work/out/last" "$work/out/seen-before"
mkdir "$work/server-stick"
holds "the server makes a backup" server backup --to "$work/server-stick" \
	--keep-days 1
stop_server
# The day after tomorrow.
echo "172800 0" >"$work/clocks"
SHIFTCLOCK=$work/clocks LD_PRELOAD=$BUILD/tests/lib/shiftclock.so serve
agent 1 sync "${sr[@]}" >/dev/null
agent 1 purge "${sr[@]}" --json >"$work/out/purged"
is "all visits have left" "9 delivered" "$(get visits_so_far \
	<"$work/out/purged") $(agent 1 visits --json "${sr[@]}" | rows state)"
within after-purge
holds "what was purged is in no page, used or free, nor in the log" \
	leaks "$work/open-after-purge"
holds "what took its place is: it is believed" \
	grep -q 6402994107918881 "$work/open-after-purge"
holds "the household that moved is not here" sh -c \
	"! '$BUILD/agent/padu-agent' list --json --dir '$work/laptop-1' \
	--label SR --passphrase-file '$work/SR' | grep -q '$moved'"
holds "the laptop is well" agent 1 doctor "${sr[@]}"
keep purged
echo "kipas teluk jambu rintik" >"$work/pass-backup"
holds "the server is copied" server backup --to "$work/cwd" \
	--with-keys "$work/pass-backup" --kdf 1:8192
stop_server
"$BUILD/sync-server/padu-server" restore --from "$work"/cwd/padu-6402-* \
	--passphrase-file "$work/pass-backup" --dir "$work/cwd/restored" \
	>"$work/out/restore" 2>&1
holds "and made again" [ -s "$work/cwd/restored/padu.db" ]
keep stopped

# ---- the search ----------------------------------------------------------------

there() { # WHAT PATTERN: the search has such a file before it
	holds "the search has $1 before it" \
		[ -n "$(find "$work/seen" -path "$2" -type f -size +0)" ]
}
there "what a daemon said" '*/out/laptop-1'
there "an envelope" '*/waiting/laptop-1/spool/*.env'
there "half an upload" '*/half/server/parts/*.part'
there "a backup of the server" '*/stopped/cwd/padu-6402-*/padu.db'
there "a restored server" '*/stopped/cwd/restored/padu.db'
there "a killed laptop's log" '*/killed/laptop-1/store.db-wal'
there "a recovery request" '*/request/cwd/request'
there "a killed server's log" '*/merged/server/padu.db-wal'
there "a backup" '*/half/stick/*.padu'
for file in control device tally tries; do
	there "$file" "*/laptop-1/$file"
done
holds "no name, note or number in any file of any stage" leaks "$work/seen"
is "no core was written" "" "$(find "$work/seen" "$work/server" \
	"$work/laptop-1" -name 'core*' -type f)"

# It must see what is there: between noise, as any offset would have it.
sentence="nama: $name, NIK: $nik; alamat: $street, nama: $child; $note"
magic='\x28\xb5\x2f\xfd'
plant() { # KIND
	case $1 in
	plain) printf '%s' "$sentence" ;;
	utf-16*) python3 -c 'import sys
sys.stdout.buffer.write(sys.argv[2].encode(sys.argv[1]))' "$1" "$sentence" ;;
	base64-*) printf '%.*s%s' "${1#*-}" xx "$name" | base64 -w 0 ;;
	base64) printf '%s' "$sentence" | base64 -w 16 ;;
	base32) printf '%s' "$sentence" | base32 -w 12 ;;
	hex) printf '%s' "$name" | od -An -v -tx1 | tr -d ' \n' ;;
	HEX) printf '%s' "$name" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F ;;
	zstd)
		# shellcheck disable=SC2059 # octets
		printf "$magic"
		printf '%s' "$sentence" | "$frames" --squeeze 0
		;;
	squeezed-*) printf '%s%s' "$sentence" "$sentence" |
		"$frames" --squeeze "${1#*-}" ;;
	esac
}
mkdir "$work/planted" "$work/named"
kinds='plain utf-16-le utf-16-be base64-0 base64-1 base64-2 base64 base32 hex
	HEX zstd squeezed-0 squeezed-1'
for kind in $kinds; do
	{
		head -c 1001 /dev/urandom
		plant "$kind"
		head -c 300 /dev/urandom
	} >"$work/planted/$kind"
done
refused "leaks are seen" 1 leaks "$work/planted"
cp "$work/out/last" "$work/leaks"
for kind in $kinds; do
	case $kind in
	zstd | squeezed*) how=', compressed,' ;;
	base64 | base32) how=' over lines' ;;
	*) how='' ;;
	esac
	holds "a leak is seen: $kind" \
		grep -q "/planted/$kind: a marker$how as" "$work/leaks"
done
: >"$work/named/$nik"
refused "and a number in a file's name" 1 leaks "$work/named"
finish
