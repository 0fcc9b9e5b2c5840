#!/usr/bin/env bash
# Two people share a laptop: neither can record as the other, a wrong
# passphrase opens nothing, and a locked laptop still sends.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 30
serve
person 1 SR "Siti"
person 1 AN "Ani" SR
is "both are on one laptop" "AN SR" "$(agent 1 status --json --label SR \
	--passphrase-file "$work/SR" | get people | python3 -c '
import json, sys
print(*sorted(p["label"] for p in json.load(sys.stdin)))')"
agent 1 sync --label SR --passphrase-file "$work/SR" >/dev/null
echo "empat kata lain" >"$work/wrong"
doc() { # KEY LANTAI
	printf '{"key":"%s","day":"%s","household":"%s","fields":{"lantai":"%s"}}' \
		"$1" "$(date +%F)" "$id" "$2"
}
id=$(agent 1 list --json --label SR --passphrase-file "$work/SR" |
	rows id | head -1)
as() { # LABEL PASSPHRASE-OF KEY LANTAI
	doc "$3" "$4" | agent 1 visit --json --label "$1" \
		--passphrase-file "$work/$2"
}

refused "a wrong passphrase" 6 as SR wrong x 8
refused "another person's passphrase" 6 as SR AN x 8
refused "a label that nobody has" 6 as ZZ SR x 8
refused "no passphrase at all" 6 agent 1 list
up 1
refused "a locked daemon lists nothing" 6 agent 1 list
refused "a wrong passphrase does not unlock it" 6 \
	agent 1 unlock --label SR --passphrase-file "$work/wrong"
unlock 1 SR
refused "nobody else unlocks it meanwhile" 5 \
	agent 1 unlock --label AN --passphrase-file "$work/AN"
refused "in SR's session nothing is recorded as AN" 5 as AN AN x 8
refused "nor as AN with SR's passphrase" 5 as AN SR x 8
holds "SR records as SR" as SR SR sr-1 8
agent 1 lock >/dev/null
unlock 1 AN
refused "in AN's session nothing is recorded as SR" 5 as SR SR x 6
holds "AN records as AN" as AN AN an-1 6
agent 1 lock >/dev/null
is "a locked laptop sends both sets" "2 2 true" "$(agent 1 sync --json |
	tee "$work/out/sync" | get sent) $(get merged <"$work/out/sync") $(
	get locked <"$work/out/sync")"
refused "and still shows nothing" 6 agent 1 show "$id"

server log export "$work/log" >/dev/null
writers=$(agent 1 status --json --label SR --passphrase-file "$work/SR" |
	get people)
is "each set is by its own writer" "$(echo "$writers" | python3 -c '
import json, sys
print(*sorted(p["writer"] for p in json.load(sys.stdin)))')" \
	"$(awk -F, '$4 == 1 { print $5 }' "$work/log/index.csv" | sort -n | xargs)"
value=$(server show "$id" --json | get record.registers | python3 -c '
import json, sys
for r in json.load(sys.stdin):
    if r["register"] == "lantai":
        print(r["conflict"], *sorted(h["value"]["lantai"] for h in r["heads"]))')
is "AN saw SR's value and replaced it" "False 6" "$value"
holds "the log holds" server verify-log
finish
