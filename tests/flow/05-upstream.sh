#!/usr/bin/env bash
# The receiver upstream is down, slow, says 500, falls silent after having
# accepted: it ends with each validated record once, and none is missing.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 60
receive # for its port; then it is down
end receiver TERM
forwarding() {
	serve --upstream "$upstream" --forward-batch 20 --backoff-ms 50:300
}

forwarding
households=$(server records --json | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row")
    if row and row["record"]["kind"] == "household":
        print(row["record"]["record"])')
for id in $households; do
	server approve "$id" --as Joko >/dev/null || echo "no $id"
done
is "60 households wait" 60 "$(server status --json | python3 -c '
import json, sys
f = json.load(sys.stdin)["result"]["forward"]["records"]
print(f["queued"] + f["sending"])')"
holds "it goes on trying while the receiver is down" wait_for 5 \
	'[ "$(server status --json | get forward.records.sending)" -gt 0 ]'

misbehave 500 2
receive
holds "500 is tried again" wait_for 10 behaves
misbehave portal 1
holds "a portal's page is no receiver" wait_for 10 behaves
misbehave silent 2
holds "silence after having accepted is tried again" wait_for 10 behaves
misbehave slow 1
kill_server # a batch under way stays what it is
forwarding
holds "a slow receiver is waited for" wait_for 15 behaves
misbehave down 1
holds "all of it is delivered in the end" wait_for 15 \
	'[ "$(delivered records)" = 60 ]'
is "each record is there once, none twice" "$(echo "$households" | sort)" \
	"$(standing record | sort)"

id=$(echo "$households" | sed -n 1p)
holds "an erased record is taken back" server redact "$id" --reason x \
	--as Joko
holds "upstream is told" wait_for 10 '[ "$(delivered corrections)" = 1 ]'
is "that record does not stand there any more" \
	"$(echo "$households" | grep -v "$id" | sort)" "$(standing record | sort)"
finish
