#!/usr/bin/env bash
# Visits that are delivered, in the server's backup and old enough leave the
# laptop; it says how many, and of what stays why.  Killed at any I/O call a
# purge is before a change set or after it, and the next one goes on; the
# laptop then works as before, and so does a server that is restored.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 12
serve
person 1 SR "Siti"
sr=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${sr[@]}" >/dev/null
ids=$(agent 1 list --json "${sr[@]}" | rows id)
number=0
record() { # N NTH: a visit of laptop N to the NTH household
	number=$((number + 1))
	printf '{"key":"k%d","day":"%s","household":"%s","note":"catatan %d",
		"fields":{"catatan":"kunjungan %d"}}' "$number" \
		"$(date +%F)" "$(echo "$ids" | sed -n "$2p")" "$number" \
		"$number" | agent "$1" visit --json >/dev/null
}
# In the daemon, which signs at a sync: two visits in a change set.
up 1
unlock 1 SR
for nth in 1 2 3 4 5 6; do
	record 1 "$nth"
	[ $((nth % 2)) = 1 ] || agent 1 sync >/dev/null
done
stay() { # N: why sets stay, and how many
	agent "$1" purge --json "${sr[@]}" >"$work/out/stay"
	paste -d ' ' <(rows stays <"$work/out/stay") \
		<(rows changesets <"$work/out/stay") | xargs
}
is "nothing leaves before the office has a backup" "not_backed_up 3" \
	"$(stay 1)"
agent 1 purge "${sr[@]}" --lang en >"$work/out/why" 2>&1
holds "and it is said why" grep -q "The office has not said yet" "$work/out/why"
holds "of each that stays" grep -qE \
	'^ +3  not_backed_up +In no backup yet' "$work/out/why"
agent 1 purge "${sr[@]}" --lang id >"$work/out/why" 2>&1
holds "in Indonesian, too" grep -q "Belum ada di cadangan" "$work/out/why"
mkdir "$work/stick"
server backup --to "$work/stick" --keep-days 2 >/dev/null
agent 1 sync >/dev/null
record 1 7
is "what is young stays, and what is not signed" "unsigned 1 young 3" \
	"$(stay 1)"
agent 1 sync >/dev/null
down 1

# ---- three days later ----------------------------------------------------------

stop_server
echo "259200 0" >"$work/clocks"
SHIFTCLOCK=$work/clocks LD_PRELOAD=$BUILD/tests/lib/shiftclock.so serve
# While locked: what the server says is taken in at the next unlock.
server approve --household "$(echo "$ids" | sed -n 9p)" --as Joko >/dev/null
server backup --to "$work/stick" >/dev/null
agent 1 sync >/dev/null
cp -r "$work/laptop-1" "$work/before"
within() { # SQL
	"$BUILD/tests/lib/sealsql" "$work/laptop-1/store.db" SR \
		"$(cat "$work/SR")" "$1"
}
# Sets that are neither whole nor gone, and rows of visits that are gone.
halves() {
	within "SELECT (SELECT count(*) FROM change_set s WHERE seq IS NOT NULL
		AND (length(bytes) > 0) <> EXISTS (SELECT 1 FROM set_row r
			WHERE r.set_id = s.set_id))
		+ (SELECT count(*) FROM set_row r JOIN visit v ON v.id = r.visit
			WHERE v.household = 0)
		+ (SELECT count(*) FROM visit v WHERE v.household <> 0 AND
			NOT EXISTS (SELECT 1 FROM set_row r WHERE r.visit = v.id))"
}
gone() {
	within "SELECT count(*) FROM visit WHERE household = 0"
}
purging() { # VARIABLES
	rm -rf "$work/laptop-1"
	cp -r "$work/before" "$work/laptop-1"
	env "$@" "$BUILD/agent/padu-agent" purge "${sr[@]}" --json \
		--dir "$work/laptop-1" >"$work/out/purge" 2>&1
}
plug=$BUILD/tests/kill/killpoint.so
purging LD_PRELOAD="$plug" KILLPOINT_LOG="$work/out/calls"
is "what was delivered leaves" "7 7 0" "$(get visits_so_far \
	<"$work/out/purge") $(gone) $(halves)"
is "the list says so" "7 delivered" "$(agent 1 visits --json "${sr[@]}" |
	rows visits) $(agent 1 visits --json "${sr[@]}" | rows state)"
calls=$(wc -l <"$work/out/calls")
step=$((calls / ${PADU_KILLS:-150} + 1))
bad=0 none=0 some=0 all=0
for ((at = 1; at <= calls; at += step)); do
	purging LD_PRELOAD="$plug" KILLPOINT_AT="$at" 2>/dev/null
	[ "$(halves)" = 0 ] || bad=$((bad + 1))
	case $(gone) in
	0) none=$((none + 1)) ;;
	7) all=$((all + 1)) ;;
	2 | 4 | 6) some=$((some + 1)) ;;
	*) bad=$((bad + 1)) ;;
	esac
	agent 1 purge "${sr[@]}" >/dev/null 2>&1 || bad=$((bad + 1))
	[ "$(gone) $(halves)" = "7 0" ] || bad=$((bad + 1))
done
is "killed at any call it is before a set or after it, and goes on" 0 "$bad"
holds "before the first" [ "$none" -gt 0 ]
holds "between two" [ "$some" -gt 0 ]
holds "and after the last" [ "$all" -gt 0 ]
echo "  $calls calls: $none before, $some between, $all after"

# ---- and then -------------------------------------------------------------------

holds "the laptop is well" agent 1 doctor "${sr[@]}"
up 1
unlock 1 SR
record 1 1
holds "it records and sends on" agent 1 sync
down 1
is "nothing is in quarantine" 0 "$(server quarantine --json | get quarantined)"
printf '{"key":"k1","day":"%s","household":"%s",
	"fields":{"catatan":"kunjungan 1"}}' "$(date +%F)" \
	"$(echo "$ids" | sed -n 1p)" >"$work/again"
again() {
	agent 1 visit "${sr[@]}" <"$work/again"
}
again >"$work/out/again" 2>&1
is "a visit that has left is not saved again" 5 $?
# A server from the backup: what the laptop let go, it has.
stop_server
backup=$(find "$work/stick" -mindepth 1 -maxdepth 1 | sort | tail -1)
cp "$work/server/store.key" "$work/key"
rm -rf "$work/server"
holds "the server is lost, and restored from its backup" \
	"$BUILD/sync-server/padu-server" restore --from "$backup" \
	--store-key "$work/key" --dir "$work/server"
SHIFTCLOCK=$work/clocks LD_PRELOAD=$BUILD/tests/lib/shiftclock.so serve
agent 1 sync "${sr[@]}" >/dev/null 2>&1
holds "the laptop goes on with it" agent 1 sync "${sr[@]}"
is "and every visited record is there" 7 "$(server records --json |
	rows record.fields.catatan | grep -c '^kunjungan')"
holds "the records are those of the log" server rebuild
finish
