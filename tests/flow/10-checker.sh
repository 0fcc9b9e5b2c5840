#!/usr/bin/env bash
# The checker of the story believes nothing: papers that do not agree, in
# whatever way, are said not to, and papers that do are counted.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

# A story of a few minutes in a few seconds: one conflict, one approval that
# was undone, one record upstream twice for that.
office 60 --gone 0 --identity 0
receive
serve --upstream "$upstream" --backoff-ms 50:300
ack() {
	local IFS=$'\t'
	echo "$*" >>"$work/acks.tsv"
}
ack server "$(server status --json | get fingerprint)"
person 1 SR "Siti"
person 2 BD "Budi"
for n in 1 2; do
	up "$n"
	label=$([ $n = 1 ] && echo SR || echo BD)
	unlock "$n" "$label"
	agent "$n" sync >/dev/null
	writer[n]=$(agent "$n" status --json | get writer)
	ack writer "${writer[n]}" "$(server person list --json |
		python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row", {})
    if row.get("name") == sys.argv[1]:
        print(row["person"])' "$([ $n = 1 ] && echo Siti || echo Budi)")"
done
go() { # N MEMBERS
	visit "$1" "$2" >"$work/out/visit" || exit 1
	ack visit "$(get visit <"$work/out/visit")" L "${writer[$1]}" \
		"$(get household <"$work/out/visit")"
}
first=$(household 1)
for n in $(seq 1 10); do
	go 1 "\"household\":\"$(household "$n")\",\"fields\":{\"kloset\":\"1\"}"
done
go 2 "\"household\":\"$first\",\"fields\":{\"kloset\":\"2\"}"
for n in 1 2; do agent "$n" sync >/dev/null; done
server decide "$first" kloset --value - --as Rina --shown \
	"$(server show "$first" --json | get record.stamp)" <<<"kloset=2" \
	>/dev/null || exit 1
ack decided "$first" kloset
approve() {
	server approve "$1" --as Joko >/dev/null || exit 1
	ack approved "$1"
}
approve "$first"
approve "$(household 2)"
wait_for 10 '[ "$(delivered records)" = 2 ]' || exit 1
agent 1 sync >/dev/null
go 1 "\"household\":\"$(household 2)\",\"fields\":{\"tinja\":\"1\"}"
agent 1 sync >/dev/null
ack undone "$(household 2)"
approve "$(household 2)"
curl -sf "http://$address/v1/server" >"$work/card.bin" || exit 1
wait_for 10 '[ "$(delivered records)" = 3 ]' || exit 1
wait_for 10 '[ "$(delivered corrections)" = 1 ]' || exit 1
stop_server
end receiver TERM
server log export "$work/log" >/dev/null

check() { # FOLDER
	"$BUILD/tests/lib/storycheck" --truth "$1/prelist" --log "$1/log" \
		--receiver "$1/up/requests" --acks "$1/acks.tsv" \
		--card "$1/card.bin" --seconds 7
}
is "papers that agree are counted" "quickstart: ok households=60 visits=12 \
changesets=3 merged=1 conflicts=1 decided=1 validated=2 forwarded=2 seconds=7" \
	"$(check "$work" 2>&1)"

copy() {
	rm -rf "$work/copy"
	mkdir "$work/copy"
	cp -r "$work/prelist" "$work/log" "$work/up" "$work/acks.tsv" \
		"$work/card.bin" "$work/copy"
}
spoilt() { # WHAT COMMAND: spoils the copy in the current folder
	copy
	(cd "$work/copy" && eval "$2") || echo "  could not spoil it"
	refused "$1" 1 check "$work/copy"
}
sets() { # KIND: the files of accepted sets, 1 visits, 2 decisions, 3 imports
	awk -F, -v kind="$1" '$4 == kind { printf "log/%06d.set\n", $1 }' \
		log/index.csv
}
without() { # KIND: as if the last set of it did not count
	local set
	set=$(sets "$1" | tail -1)
	sed -i "/^$((10#$(basename "$set" .set))),/s/,accepted,/,voided,/" \
		log/index.csv
}
spoilt "a visit that was acknowledged and is not in the log" 'without 1'
spoilt "a visit that nobody was told of" 'sed -i "0,/^visit/{/^visit/d}" acks.tsv'
spoilt "a visit by another writer" \
	'sed -i "0,/^visit/s/^\(visit.[0-9]*.L.\)[0-9]*/\1777/" acks.tsv'
spoilt "a family that is not in the log" 'without 3'
spoilt "a family that is in another village" \
	'sed -i "2s/\t64\.02\.05\.[0-9]*/\t64.02.05.2999/" prelist/truth-families.tsv'
spoilt "a family too many" 'sed -i 2d prelist/truth-families.tsv'
spoilt "a conflict that was not decided" 'without 2'
spoilt "a record upstream that is not validated" \
	'sed -i "/^approved/d" acks.tsv'
spoilt "a validated record that is not upstream" \
	'rm up/requests/*; :'
spoilt "one approval more than arrived" \
	'printf "approved\t3604005602340110337\n" >>acks.tsv'
spoilt "a value that was changed on the way" \
	'sed -i "s/\"kloset\":\"2\"/\"kloset\":\"3\"/" up/requests/*.json'
spoilt "a signature that is another one" \
	'sed -i "s/Signature: 6402:./Signature: 6402:f/;s/Signature: 6402:f0/&/" \
		up/requests/000001.head; sed -i "s/.\$/0/;t" up/requests/000002.head'
spoilt "a correction that was never sent" \
	'rm $(grep -l correction up/requests/*.json)'
spoilt "an approver who wrote a part of it" \
	'sed -i "s/^\(writer.[0-9]*.\).*/\1$(python3 -c "
import glob, json
print(json.load(open(sorted(glob.glob(\"up/requests/*.json\"))[0]))[
    \"items\"][0][\"approved\"][\"person\"])")/" acks.tsv'
spoilt "a set with a flipped bit" \
	'python3 -c "
import sys
with open(sys.argv[1], \"r+b\") as f:
    f.seek(-9, 2)
    b = f.read(1)[0]
    f.seek(-9, 2)
    f.write(bytes([b ^ 1]))" "$(sets 1 | head -1)"'
# bytes 140 to 203 of a set are its signature
spoilt "a set that nobody signed" \
	'python3 -c "
import sys
with open(sys.argv[1], \"r+b\") as f:
    f.seek(150)
    b = f.read(1)[0]
    f.seek(150)
    f.write(bytes([b ^ 1]))" "$(sets 1 | head -1)"'
spoilt "a decision that the desk did not sign" \
	'python3 -c "
import sys
with open(sys.argv[1], \"r+b\") as f:
    f.seek(203)
    b = f.read(1)[0]
    f.seek(203)
    f.write(bytes([b ^ 1]))" "$(sets 2 | head -1)"'
spoilt "a writer whose card is of another" \
	'cp "$(ls log/writer-*.card | head -1)" "$(ls log/writer-*.card |
		tail -1)"'
spoilt "a writer without a card" 'rm log/writer-*.card'
spoilt "an entry that is listed twice" \
	'tail -1 log/index.csv >last; cat last >>log/index.csv'
spoilt "a name that was changed on the way in" \
	'sed -i "2s/^\(\([^\t]*\t\)\{5\}\)/\1X/" prelist/truth-persons.tsv'
spoilt "an identity number that was changed on the way in" \
	'sed -i "2s/^\(\([^\t]*\t\)\{4\}...............\)./\1x/" \
		prelist/truth-persons.tsv'
spoilt "an address that was changed on the way in" \
	'sed -i "2s/^\(\([^\t]*\t\)\{5\}\)/\1X/" prelist/truth-families.tsv'
spoilt "a person too many" 'sed -i 2d prelist/truth-persons.tsv'
spoilt "a visit of another household" \
	'sed -i "0,/^visit/s/^\(visit.*\t\).*/\11/" acks.tsv'
spoilt "an entry that is missing" 'sed -i 2d log/index.csv'
spoilt "a decision that nobody was told of" 'sed -i "/^decided/d" acks.tsv'
spoilt "a decision that was told and is not there" \
	'sed -n "s/^decided\(.*\)kloset/decided\1alamat/p" acks.tsv >more
	cat more >>acks.tsv'
spoilt "papers that are missing" 'rm acks.tsv'
finish
