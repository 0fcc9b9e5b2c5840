#!/usr/bin/env bash
# Garbage to every command and every address: each is refused with the exit
# status that --help documents and a sentence, changes nothing, and tells
# nobody's name or number, in whatever coding, in any file, log or answer.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

# What nobody may find outside of the sealed files.
name=ZULKARNAENPUTRA nik=6402994107919991 kk=6402990101919992
street=JALANPENANDAUNIK secret=sandirahasiapenanda
markers=(--marker "$name" --marker "$nik" --marker "$kk" --marker "$street"
	--marker "$secret")
mkdir "$work/in" "$work/said" "$work/tmp"
export TMPDIR=$work/tmp

cat >"$work/in/list.csv" <<CSV
ID DTKS,NO KK,KODE DESA,ALAMAT,NAMA LENGKAP,NIK,TANGGAL LAHIR,HUBUNGAN KELUARGA
D-1,$kk,64.02.05.2001,$street 1,$name,$nik,1980-07-01,1
D-2,$kk,64.02.05.2001,$street 2,$name,$nik,1980-07-01,not one
D-3,$kk,99.02.05.2001,$street 3,$name,$nik,1980-07-01,1
D-4,6.40E+15,64.02.05.2001,$street 4,$name,$nik,01/13/1980,1
CSV
server init --authority 6402 --name "Dinas Sosial" >/dev/null
server person add --name Rina --role reviewer >/dev/null
server person add --name Joko --role approver >/dev/null
server import prelist "$work/in/list.csv" --report "$work/in/report.csv" \
	>"$work/said/import" 2>&1
serve
person 1 SR "Siti"
echo "$secret empat kata" >"$work/in/secret"
up 1
unlock 1 SR
agent 1 sync >/dev/null
id=$(household 1)
member=$(agent 1 show "$id" --json | get members.0.id)
today=$(date +%F)
printf '{"key":"good","day":"%s","household":"%s","note":"%s",
	"fields":{"alamat":"%s 9"},"members":[{"person":"%s",
	"fields":{"nama":"%s II"}}]}' "$today" "$id" "$name" "$street" \
	"$member" "$name" | agent 1 visit --json >"$work/said/good"
is "a visit with such a name is saved" 2 "$(get writes <"$work/said/good")"
agent 1 sync --json >"$work/said/sync"
state() { # of everything, as counts and digest
	server status --json
	server rebuild --json | get digest
	agent 1 status --json
}
before=$(state)

# ---- commands ----------------------------------------------------------------
n=0
# The same, keeping what was said for the search at the end.
no() { # STATUS COMMAND...
	local want=$1 st
	shift
	n=$((n + 1))
	timeout 20 "$@" >"$work/said/$n" 2>&1 </dev/null
	st=$?
	if [ $st = "$want" ] && [ -s "$work/said/$n" ]; then
		passed=$((passed + 1))
	else
		say 1 "$* (exit $st, not $want)"
		tail -2 "$work/said/$n" | cut -c1-200
	fi
}
S=$BUILD/sync-server/padu-server
A=$BUILD/agent/padu-agent
told() { # what comes from standard input: TEXT STATUS COMMAND...
	local text=$1 want=$2 st
	shift 2
	n=$((n + 1))
	printf '%s' "$text" | timeout 20 "$@" >"$work/said/$n" 2>&1
	st=$?
	if [ $st = "$want" ] && [ -s "$work/said/$n" ]; then
		passed=$((passed + 1))
	else
		say 1 "$* (exit $st, not $want) for $(printf %.60s "$text")"
		tail -2 "$work/said/$n" | cut -c1-200
	fi
}

no 2 "$S"
no 2 "$A"
no 2 "$S" "$name"
no 2 "$A" "$name"
# A word or option too many, or too few: usage, before anything is done.
for command in 'person add' 'person list' enrol records show findings decide \
	return approve 'import prelist' void release quarantine rebuild \
	verify-log 'log export' redact status region; do
	# shellcheck disable=SC2086 # two words
	no 2 "$S" $command --no-such-option --dir "$work/server"
	# shellcheck disable=SC2086
	no 2 "$S" $command a b c d --dir "$work/server"
	# shellcheck disable=SC2086
	no 0 "$S" $command --help
done
no 2 "$S" init --authority x --name y --dir "$work/other"
no 3 "$S" init --authority 9999 --name y --dir "$work/other"
no 2 "$S" run --backoff-ms "$name" --dir "$work/other"
no 2 "$S" run --listen "$name" --dir "$work/other"
no 4 "$S" run --dir "$work/nowhere"
no 7 "$S" run --listen 127.0.0.1:0 --dir "$work/server"
no 5 "$S" init --authority 6402 --name y --dir "$work/server"
for command in enrol run unlock lock list show visits returns visit sync \
	status; do
	no 2 "$A" "$command" --no-such-option --dir "$work/laptop-1"
	no 2 "$A" "$command" a b --dir "$work/laptop-1"
	no 0 "$A" "$command" --help
done

D=(--dir "$work/server")
no 3 "$S" person add --name '' --role reviewer "${D[@]}"
no 3 "$S" person add --name X --role "$name" "${D[@]}"
no 5 "$S" person add --name Rina --role approver "${D[@]}"
no 4 "$S" enrol --person "$name" --label X --village 64.02.05 "${D[@]}"
no 3 "$S" enrol --person Siti --label X --village "$street" "${D[@]}"
no 3 "$S" enrol --person Rina --label X --village 64.02.05 "${D[@]}"
no 3 "$S" enrol --person Siti --label 'X Y' --village 64.02.05 "${D[@]}"
no 3 "$S" enrol --person Siti --label X --village 64.02.05 --hours 73 "${D[@]}"
for bad in "$name" "${nik}0000" -1 0 '' 99999999999999999999 1e9; do
	no 3 "$S" show "$bad" "${D[@]}"
	no 3 "$S" return "$bad" --reason x --as Rina "${D[@]}"
	no 3 "$S" approve "$bad" --as Joko "${D[@]}"
	no 3 "$S" redact "$bad" --reason x --as Joko "${D[@]}"
	no 3 "$S" void "$bad" --reason x --as Rina "${D[@]}"
	no 3 "$S" decide "$bad" lantai --shown 1.1 --as Rina "${D[@]}"
	no 3 "$A" show "$bad" --dir "$work/laptop-1"
done
for none in 3604005602340999999 "$nik"; do
	no 4 "$S" show "$none" "${D[@]}"
	no 4 "$S" approve "$none" --as Joko "${D[@]}"
	no 4 "$S" redact "$none" --reason x --as Joko "${D[@]}"
	no 4 "$S" decide "$none" lantai --shown 1.1 --take 1 --as Rina "${D[@]}"
	no 4 "$A" show "$none" --dir "$work/laptop-1"
done
no 4 "$S" return 3604005602340999999 --reason x --as Rina "${D[@]}"
no 4 "$S" decide "$id" no_such_register --shown 1.1 --take 1 --as Rina "${D[@]}"
no 5 "$S" decide "$id" lantai --shown 1.1 --value lantai=1 --as Rina "${D[@]}"
stamp=$(server show "$id" --json | get record.stamp)
no 3 "$S" decide "$id" alamat --shown "$stamp" --as Rina "${D[@]}" \
	--value "alamat=$(printf '%s %.0s' "$street"{1..90})"
for text in '' "$street" "$nik=$name" "$(printf '%s %.0s' "$street"{1..9000})"; do
	told "$text" 3 "$S" decide "$id" alamat --shown "$stamp" --as Rina \
		"${D[@]}" --value -
done
told "alamat=$street" 3 "$S" decide "$id" alamat --shown "$stamp" --as Rina \
	"${D[@]}" --value - --note -
no 3 "$S" decide "$id" alamat --shown "$name" --as Rina --value alamat=x \
	"${D[@]}"
no 4 "$S" decide "$id" alamat --shown "$stamp" --as "$name" --value alamat=x \
	"${D[@]}"
no 3 "$S" findings --kind "$name" "${D[@]}"
no 3 "$S" findings --village "$name" "${D[@]}"
no 3 "$S" records --village "$name" "${D[@]}"
no 3 "$S" region "$name" "${D[@]}"
no 3 "$S" quarantine "$name" "${D[@]}"
no 4 "$S" import prelist "$work/in/none.csv" "${D[@]}"
no 4 "$S" log export /proc/nowhere "${D[@]}"
no 4 "$S" status --dir "$work/nowhere"

L=(--dir "$work/laptop-1")
no 3 "$A" list --village "$name" "${L[@]}"
no 5 "$A" unlock --label SR --passphrase-file "$work/SR" "${L[@]}"
no 2 "$A" unlock --label SR --passphrase-file "$work/nowhere" "${L[@]}"
no 3 "$A" enrol --server "http://$address" --code "$name" --label X \
	--passphrase-file "$work/in/secret" --kdf 1:8192 --dir "$work/new"
no 3 "$A" enrol --server "http://$address" --code x --label X \
	--passphrase-file "$work/in/secret" --kdf lots --dir "$work/new"
no 2 env -u HOME -u PADU_DIR "$A" status
no 4 "$A" sync --dir "$work/new"
agent 1 lock >/dev/null
for label in SR "$name"; do
	no 6 "$A" unlock --label "$label" \
		--passphrase-file "$work/in/secret" "${L[@]}"
done
unlock 1 SR

# ---- visits ------------------------------------------------------------------
v() { # STATUS TEXT
	told "$2" "$1" "$A" visit --json "${L[@]}"
}
head="\"key\":\"k\",\"day\":\"$today\""
for text in '' '{' "$name" '[]' '{}' 'null' "{\"$nik\":1}" \
	"{$head}" "{$head,\"household\":\"$name\"}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"$name $street\":\"1\"}}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"lantai\":\"$name\"}}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"lantai\":$nik}}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"no_kk\":\"$kk$nik\"}}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"kelayakan\":\"1\"}}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"lantai\":\"1\",\"lantai\":\"2\"}}" \
	"{$head,\"household\":\"$id\",\"fields\":{\"catatan\":\"$(
		printf '%s ' "$street"{1..200})\"}}" \
	"{$head,\"household\":\"$id\",\"shown\":\"$name\",\"fields\":{}}" \
	"{$head,\"household\":\"$id\",\"life\":{\"state\":\"$name\"}}" \
	"{$head,\"household\":\"$id\",\"life\":{\"$nik\":\"1\"}}" \
	"{$head,\"household\":\"$id\",\"members\":[{\"person\":\"$member\",
		\"fields\":{\"nik\":\"${nik}0\"}}]}" \
	"{$head,\"household\":\"$id\",\"members\":[{\"new\":true,
		\"fields\":{\"tgl_lahir\":\"$name\"}}]}" \
	"{$head,\"new\":{\"village\":\"$street\"},\"fields\":{}}" \
	"{$head,\"new\":{\"village\":\"64.02.06.2001\"},\"fields\":{\"alamat\":\"$street\"}}" \
	"{\"key\":\"k\",\"day\":\"$name\",\"household\":\"$id\"}" \
	"{\"key\":\"k\",\"day\":\"2999-01-01\",\"household\":\"$id\",\"fields\":{\"rt\":\"1\"}}" \
	"$(printf '[%.0s' {1..5000})" \
	"{\"key\":\"$(printf 'k%.0s' {1..101})\",\"day\":\"$today\",\"household\":\"$id\",\"fields\":{\"rt\":\"1\"}}"; do
	v 3 "$text"
done
v 4 "{$head,\"household\":\"$nik\",\"fields\":{}}"
v 4 "{$head,\"household\":\"3604005602340999999\",\"fields\":{\"rt\":\"1\"}}"
v 5 "{\"key\":\"good\",\"day\":\"$today\",\"household\":\"$id\",\"fields\":{\"rt\":\"1\"}}"
# What a conflict answers with are both values: for the person who typed one.
v 5 "{$head,\"household\":\"$id\",\"shown\":\"1.1\",\"fields\":{\"alamat\":\"$street\"}}"
mv "$work/said/$n" "$work/in/"
v 3 "$(head -c 3000 /dev/urandom | tr -d '\0')"
head -c 1200000 /dev/zero | tr '\0' x >"$work/in/long"
v 3 "$(cat "$work/in/long")"
say 0 "bad words and visits: $n of them"

# ---- addresses -----------------------------------------------------------------
ask() { # WANT CURL OPTIONS...
	local want=$1 got
	shift
	n=$((n + 1))
	got=$(curl -s -m 10 -o "$work/said/$n" -D "$work/said/$n.head" \
		-w '%{http_code}' -H 'Expect:' "$@")
	case " $want " in
	*" $got "*) passed=$((passed + 1)) ;;
	*) say 1 "HTTP $got, not $want: $*" ;;
	esac
}
hash=$(printf '%064d' 7)
base=http://$address
head -c 3000 /dev/urandom >"$work/in/noise"
printf '%s %s %s' "$name" "$nik" "$street" >"$work/in/names"
ask 404 "$base/"
ask 404 "$base/v1/$name"
ask 404 "$base/v1/server/$nik?name=$name"
ask '405 404' -X DELETE "$base/v1/server"
ask 405 "$base/v1/enrol"
ask 405 "$base/v1/bundles/$hash"
for body in noise names; do
	ask '400 403' --data-binary "@$work/in/$body" "$base/v1/enrol"
	ask '400 403' --data-binary "@$work/in/$body" "$base/v1/bundles/$hash"
	ask 400 --data-binary "@$work/in/$body" "$base/v1/bundles/$name"
done
ask 413 --data-binary "@$work/in/list.csv" -H 'Upload-Length: 99999999999' \
	"$base/v1/bundles/$hash"
ask 400 --data-binary x -H "Upload-Length: $name" "$base/v1/bundles/$hash"
head -c 10000 /dev/zero | ask 413 --data-binary @- "$base/v1/enrol"
ask 426 -H 'Padu-Protocol: 99' "$base/v1/server"
ask 426 -H "Padu-Protocol: $name" "$base/v1/server"
ask '400 431' -H "X: $(printf 'x%.0s' {1..20000})" "$base/v1/server"
ask 200 "$base/v1/health"
ask 200 "$base/v1/server"
for door in server laptop-1; do
	control=http://127.0.0.1:$(cut -d ' ' -f 1 "$work/$door/control")
	ask '403 404' "$control/"
	ask '401 403' -X POST --data "{\"x\":\"$name\"}" \
		-H 'Content-Type: application/json' "$control/v1/commands/status"
	ask '401 403' -X POST --data "{\"x\":\"$name\"}" \
		-H 'Content-Type: application/json' -H 'Origin: http://example.org' \
		-H "Padu-Token: $(cut -d ' ' -f 2 "$work/$door/control")" \
		"$control/v1/commands/status"
done
exec 3<>"/dev/tcp/127.0.0.1/$port" && {
	head -c 2000 /dev/urandom >&3
	exec 3>&-
}
say 0 "bad requests: $n with the words before"

# ---- afterwards --------------------------------------------------------------
is "none of it changed anything" "$before" "$(state)"
is "the good visit is delivered" delivered \
	"$(agent 1 visits --json | rows state)"
down 1
stop_server
cp "$work/out/"*.err "$work/out/server" "$work/out/laptop-1" "$work/said/"
holds "no name or number in anything that was said, in any log, in any file" \
	python3 "$root/tests/lib/leaks.py" "${markers[@]}" "$work/said" \
	"$work/tmp" "$work/server" "$work/laptop-1"
refused "and the search finds a name where there is one" 1 \
	python3 "$root/tests/lib/leaks.py" "${markers[@]}" "$work/in"
for form in utf-16-le utf-16-be base64 hex; do
	mkdir -p "$work/coded"
	printf 'xx%sx' "$name" | case $form in
	utf*) python3 -c 'import sys
sys.stdout.buffer.write(sys.stdin.read().encode(sys.argv[1]))' "$form" ;;
	base64) base64 ;;
	hex) od -An -v -tx1 | tr -d ' \n' ;;
	esac >"$work/coded/file"
	refused "also as $form" 1 python3 "$root/tests/lib/leaks.py" \
		"${markers[@]}" "$work/coded"
done
finish
