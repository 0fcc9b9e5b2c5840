#!/usr/bin/env bash
# A passphrase is forgotten with 50 visits on the laptop that were never sent,
# some of them not signed. Two of three custodians, each on a machine of their
# own, answer; the third is gone. All 50 arrive at the server, counted from its
# log; who shares the laptop notices nothing; and whatever is missing, wrong or
# of somebody else opens nothing and changes nothing.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

for i in 1 2 3; do
	mkdir "$work/usb$i" "$work/machine$i"
	echo "sandi pemegang nomor $i" >"$work/pass$i"
done
# A recovery key for the server $1, its shares to $2-1 to $2-3.
recovery_init() { # SERVER FOLDERS
	"$BUILD/sync-server/padu-server" recovery init --kdf 1:8192 --json \
		--folder "$2"1 --passphrase-file "$work/pass1" --label Kadis \
		--folder "$2"2 --passphrase-file "$work/pass2" --label Kabid \
		--folder "$2"3 --passphrase-file "$work/pass3" --label Sekdis \
		--dir "$work/$1"
}
# On custodian N's own machine there is a share and nothing else.
custodian() { # N CODE REQUEST OUT
	(cd "$work/machine$1" && "$BUILD/sync-server/padu-server" recover \
		answer --share "padu-share-$1" --passphrase-file "$work/pass$1" \
		--code "$2" --out "$4" "$3")
}
finish_with() { # ANSWER ANSWER LABEL PASSPHRASE
	agent 1 recover finish --answer1 "$1" --answer2 "$2" --label "$3" \
		--passphrase-file "$4" --kdf 1:8192
}
store_state() {
	(cd "$work/laptop-1" && cat store.db store.db-wal device 2>/dev/null |
		sha256sum)
}

office 60
serve
person 1 SR "Siti"
agent 1 sync --label SR --passphrase-file "$work/SR" >/dev/null
refused "a laptop without a recovery key says so" 4 \
	agent 1 recover request --out "$work/none"
refused "two shares in one folder are refused" 3 \
	"$BUILD/sync-server/padu-server" recovery init --kdf 1:8192 \
	--folder "$work/usb1" --passphrase-file "$work/pass1" --label A \
	--folder "$work/usb1" --passphrase-file "$work/pass2" --label B \
	--folder "$work/usb3" --passphrase-file "$work/pass3" --label C \
	--dir "$work/server"
is "every pair was tried before init was done" 3 \
	"$(recovery_init server "$work/usb" | get pairs_tried)"
for i in 1 2 3; do
	mv "$work/usb$i/padu-share-6402-1-$i" "$work/machine$i/padu-share-$i"
done
# The laptop was enrolled before there was a key: it comes with a page.
agent 1 sync --label SR --passphrase-file "$work/SR" >/dev/null
# Another one knows it from its enrolment on.
person 2 BD "Budi"
holds "a laptop enrolled later has its recovery slot at once" \
	agent 2 recover request --out "$work/request2"
person 1 AN "Ani" SR

# 50 visits: 30 signed when the daemon was locked, 20 not signed.
up 1
unlock 1 SR
agent 1 list --json | rows id | head -50 >"$work/ids"
field=alamat
record() { # FROM TO
	local n
	for ((n = $1; n <= $2; n++)); do
		visit 1 "\"household\":\"$(sed -n "${n}p" "$work/ids")\",
			\"fields\":{\"$field\":\"kunjungan $n\"}" \
			>>"$work/out/visits" || return 1
	done
}
holds "thirty visits are recorded" record 1 30
agent 1 lock >/dev/null
unlock 1 SR
holds "and twenty more" record 31 50
# The plug is pulled: these were saved and never signed.
kill_agent 1
rm "$work/SR"
refused "a guess does not open it" 6 agent 1 list --label SR \
	--passphrase-file "$work/pass1"

# ---- the request ------------------------------------------------------------

code=$(agent 1 recover request --out "$work/request" --svg "$work/request.svg" \
	--json | tee "$work/out/asked" | get code)
laptop=$(get laptop <"$work/out/asked")
is "the same request again while it waits" "$code" \
	"$(agent 1 recover request --out "$work/request" --json | get code)"
holds "it is a picture, too" grep -q '<svg' "$work/request.svg"
is "it names nobody" "no" "$(python3 -c '
import base64, sys
text = "".join(open(sys.argv[1]).read().split())[5:]
data = base64.b32decode(text + "=" * (-len(text) % 8)).lower()
print("yes" if b"siti" in data or b"\0sr\0" in data else "no")' "$work/request")"
is "a custodian sees whose laptop it is" "$laptop true" "$(
	cd "$work/machine1" && "$BUILD/sync-server/padu-server" recover look \
		--share padu-share-1 "$work/request" --json >"$work/out/look"
	get laptop <"$work/out/look"
) $(get can_answer <"$work/out/look")"
refused "who reads out another code is not answered" 3 \
	custodian 1 0000-0000-0000 "$work/request" "$work/a1"
refused "a custodian's wrong passphrase" 6 sh -c "cd '$work/machine1' &&
	'$BUILD/sync-server/padu-server' recover answer --share padu-share-1 \
	--passphrase-file '$work/pass2' --code $code --out '$work/a1' \
	'$work/request'"
holds "custodian 1 answers" custodian 1 "$code" "$work/request" "$work/a1"
holds "custodian 3 answers" custodian 3 "$code" "$work/request" "$work/a3"
# Custodian 2 is gone with the share.
rm -r "$work/machine2" "$work/usb2"
is "each has it in a signed log" "1 1" "$(for i in 1 3; do
	grep -c '"signature":"' "$work/machine$i/padu-share-$i.log"
done | xargs)"

# ---- what does not work -----------------------------------------------------

echo "sandi baru milik siti" >"$work/new"
before=$(store_state)
refused "one answer alone" 5 finish_with "$work/a1" "$work/a1" SR "$work/new"
tr 'A-M' 'B-N' <"$work/a3" >"$work/bent"
refused "an answer that was altered" 8 \
	finish_with "$work/a1" "$work/bent" SR "$work/new"
head -c 300 "$work/a3" >"$work/cut"
refused "an answer that was cut" 8 \
	finish_with "$work/a1" "$work/cut" SR "$work/new"
refused "a label that nobody here has" 4 \
	finish_with "$work/a1" "$work/a3" ZZ "$work/new"
echo "123456" >"$work/weak"
refused "a passphrase that is easily guessed" 3 \
	finish_with "$work/a1" "$work/a3" SR "$work/weak"
# Another regency: its custodians cannot even read the request.
mkdir "$work/far1" "$work/far2" "$work/far3"
"$BUILD/sync-server/padu-server" init --authority 6403 --name "Lain" \
	--dir "$work/faraway" >/dev/null
recovery_init faraway "$work/far" >/dev/null
refused "another regency's custodian refuses the request" 8 \
	"$BUILD/sync-server/padu-server" recover answer \
	--share "$work/far1/padu-share-6403-1-1" \
	--passphrase-file "$work/pass1" --code "$code" --out "$work/fa" \
	"$work/request"
# Laptop 2's answer, genuine, for laptop 2.
code2=$(agent 2 recover request --out "$work/request2" --json | get code)
custodian 1 "$code2" "$work/request2" "$work/b1" >/dev/null
refused "an answer to another laptop's request" 5 \
	finish_with "$work/b1" "$work/a3" SR "$work/new"
is "none of these changed a byte of store and keys" "$before" "$(store_state)"
holds "and Ani works as ever" \
	agent 1 list --label AN --passphrase-file "$work/AN"

# ---- what works -------------------------------------------------------------

cp -r "$work/laptop-1" "$work/stolen"
holds "two answers and a new passphrase" \
	finish_with "$work/a1" "$work/a3" SR "$work/new"
refused "the answers open nothing a second time" 4 \
	finish_with "$work/a1" "$work/a3" SR "$work/pass1"
is "no request is left" "" "$(ls "$work/laptop-1/recover" 2>/dev/null)"
cp "$work/new" "$work/SR"
holds "Ani's passphrase still opens it" \
	agent 1 list --label AN --passphrase-file "$work/AN"
is "all 50 visits are there" 50 "$(agent 1 visits --json --label SR \
	--passphrase-file "$work/SR" | grep -c '"row"')"
holds "recording goes on before there is a code" sh -c "printf '%s' \
	'{\"key\":\"waiting\",\"day\":\"$(date +%F)\",\"household\":\"$(
	sed -n 1p "$work/ids")\",\"fields\":{\"$field\":\"kunjungan 51\"}}' |
	'$BUILD/agent/padu-agent' visit --dir '$work/laptop-1' --label SR \
	--passphrase-file '$work/SR'"
agent 1 sync --label SR --passphrase-file "$work/SR" --json >"$work/out/sync"
is "what was signed before travels as it is" 1 "$(get merged <"$work/out/sync")"

newcode=$(server enrol --person Siti --label SR --village 64.02.05 --json |
	get code)
refused "a code is not used up by a wrong passphrase" 6 \
	agent 1 enrol --server "http://$address" --code "$newcode" --label SR \
	--passphrase-file "$work/pass1" --as SR \
	--as-passphrase-file "$work/SR"
holds "Siti enrols anew with a code" \
	agent 1 enrol --server "http://$address" --code "$newcode" --label SR \
	--passphrase-file "$work/SR" --as SR --as-passphrase-file "$work/SR"
agent 1 sync --label SR --passphrase-file "$work/SR" --json >"$work/out/sync"
is "what was not signed is merged under the new writer" "0 0" \
	"$(get quarantined <"$work/out/sync") $(get refused <"$work/out/sync")"
is "nothing waits" 0 "$(agent 1 status --json --label SR \
	--passphrase-file "$work/SR" | get changesets.waiting)"

# Counted at the server, from its log and its records alone.
seen=$(while read -r id; do
	server show "$id" --json | python3 -c '
import json, sys
last = {}
for line in sys.stdin:
    last.update(json.loads(line))
for r in last["result"]["record"]["registers"]:
    for h in r["heads"]:
        v = h["value"].get("'"$field"'", "")
        if v.startswith("kunjungan "):
            print(v.split()[1], h.get("reissued_from", 0))'
done <"$work/ids")
# Household 1 was visited twice: its later visit stands.
is "all 50 visits arrived, each once" "$(
	echo 51
	seq 2 50
)" "$(echo "$seen" | awk '{ print $1 }' | sort -n | awk '
	$1 == 51 { last = $1; next } { line[NR] = $1 }
	END { print last; for (i = 1; i <= NR; i++) if (line[i]) print line[i] }')"
is "21 of them say under whom they were saved" 21 \
	"$(echo "$seen" | awk '$2 != 0' | wc -l)"
is "and are findings for the desk to see" 21 \
	"$(server findings --kind reissued --json | grep -c '"row"')"
server recovery list --json >"$work/out/uses"
number=$(sed -n 's/.*"request":"\([0-9a-f]*\)".*/\1/p' \
	"$work/machine1/padu-share-1.log" | head -1)
is "the server's list has the use, by the request's number" "$number $laptop" \
	"$(rows request <"$work/out/uses") $(rows laptop <"$work/out/uses")"
holds "the log holds" server verify-log
holds "and makes the same records again" server rebuild

# ---- a stolen copy of the laptop, and a new recovery key --------------------

mv "$work/laptop-1" "$work/real"
cp -r "$work/stolen" "$work/laptop-1"
echo "sandi lain milik pencuri" >"$work/thief"
agent 1 recover request --out "$work/stolen-request" --json >"$work/out/asked"
is "an old copy asks for itself alone" "$code" \
	"$(get code <"$work/out/asked")"
rm -rf "$work/laptop-1"
mv "$work/real" "$work/laptop-1"
mkdir "$work/usb2"
recovery_init server "$work/usb" >/dev/null
agent 1 sync --label SR --passphrase-file "$work/SR" >/dev/null
code=$(agent 1 recover request --out "$work/request" --json | get code)
refused "shares of the old key do not serve a laptop with the new one" 5 \
	custodian 1 "$code" "$work/request" "$work/a1"
for i in 1 2; do
	mkdir -p "$work/machine$i"
	mv "$work/usb$i/padu-share-6402-2-$i" "$work/machine$i/padu-share-$i"
	holds "custodian $i of the new key answers" \
		custodian "$i" "$code" "$work/request" "$work/a$i"
done
echo "sandi ketiga milik siti" >"$work/third"
holds "and it opens with these" \
	finish_with "$work/a1" "$work/a2" SR "$work/third"
holds "as many times as people forget" agent 1 list --label SR \
	--passphrase-file "$work/third"
finish
