# flow.sh: what the scripts beside it share; each of them sources it first.
# shellcheck shell=bash
#
#	server ARGS...        padu-server on $work/server
#	agent N ARGS...       padu-agent on $work/laptop-N
#	serve [OPTIONS]       start the server's daemon; its address in $address
#	stop_server, kill_server
#	up N, down N, kill_agent N    the daemon of laptop N
#	get PATH              of the result on standard input: get people.0.label
#	is WHAT WANT GOT      one test each, as a sentence
#	holds WHAT COMMAND...
#	refused WHAT STATUS COMMAND...    it must end with that status, say why,
#	                      and do it within ten seconds
#	finish                at the end: prints the count, exits
#
# Everything started here is ended here, by its id.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$root/build-gcc}
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
export PADU_REGIONS=$BUILD/common/place/regions.csv
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d "${TMPDIR:-/tmp}/padu-flow.XXXXXX")
mkdir "$work/out"
port=0 address='' passed=0 failed=0
declare -A pids=()

cleanup() {
	local pid
	for pid in "${pids[@]}"; do
		kill -9 "$pid"
	done
	wait
	mountpoint -q "$work/small" && umount "$work/small"
	rm -rf "$work"
} 2>/dev/null
trap cleanup EXIT

server() {
	"$BUILD/sync-server/padu-server" "$@" --dir "$work/server"
}

agent() {
	local n=$1
	shift
	"$BUILD/agent/padu-agent" "$@" --dir "$work/laptop-$n"
}

# Start COMMAND as NAME; wait until its output has a line that matches READY.
start() { # NAME READY COMMAND...
	local name=$1 ready=$2 i
	shift 2
	: >"$work/out/$name"
	"$@" >>"$work/out/$name" 2>>"$work/out/$name.err" &
	pids[$name]=$!
	for ((i = 0; i < 200; i++)); do
		grep -q "$ready" "$work/out/$name" && return 0
		kill -0 "${pids[$name]}" 2>/dev/null || break
		sleep 0.05
	done
	echo "not ok $name did not start"
	cat "$work/out/$name.err"
	exit 1
}

end() { # NAME SIGNAL
	[ -n "${pids[$1]:-}" ] || return 0
	kill "-$2" "${pids[$1]}" 2>/dev/null
	wait "${pids[$1]}" 2>/dev/null
	unset "pids[$1]"
}

# The port stays the same over a restart: laptops know it.
serve() {
	start server '^listening on' "$BUILD/sync-server/padu-server" run \
		--listen "127.0.0.1:$port" "$@" --dir "$work/server"
	address=$(cat "$work/server/address")
	port=${address##*:}
}
stop_server() { end server TERM; }
kill_server() { end server KILL; }

# The tier above, in $work/up; misbehave: see tests/lib/receiver.c.
up_port=0
export upstream=''
receive() {
	start receiver '^listening on' "$BUILD/tests/lib/receiver" \
		--dir "$work/up" --port "$up_port" \
		--key "$(server status --json | get forward_key)"
	up_port=$(sed -n 's/^listening on .*://p' "$work/out/receiver")
	upstream=http://127.0.0.1:$up_port/forward
}
misbehave() { # MODE TIMES
	echo "$1 $2" >"$work/up/control"
}
behaves() {
	grep -q ' 0$' "$work/up/control"
}
# What stands upstream: the items that no correction took back.
standing() { # MEMBER...: of each item, one a line
	python3 -c '
import glob, json, sys
items = {}
for path in sorted(glob.glob(sys.argv[1] + "/requests/*.json")):
    for item in json.load(open(path))["items"]:
        items[item["key"]] = item
for key in [i["corrects"] for i in items.values() if "corrects" in i]:
    items.pop(key, None)
for item in items.values():
    if item["type"] == "record":
        print(*({**item["fields"], **item}.get(m, "") for m in sys.argv[2:]))
' "$work/up" "$@"
}

wait_for() { # SECONDS CONDITION, a command line
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		eval "$2" && return 0
		sleep 0.1
	done
	return 1
}
delivered() { # records | corrections: how many
	server status --json | get "forward.$1.done"
}

up() {
	start "laptop-$1" '^ready' "$BUILD/agent/padu-agent" run \
		--dir "$work/laptop-$1"
}
down() { end "laptop-$1" TERM; }
kill_agent() { end "laptop-$1" KILL; }

# A member of the result (or of the error), by its path; "" if there is none.
get() {
	python3 -c '
import json, sys
last = {}
for line in sys.stdin:
    if line.startswith("{"):
        last.update(json.loads(line))
at = last.get("result", {}) if sys.argv[2:] == [] else last
for name in sys.argv[1].split("."):
    if isinstance(at, list):
        at = at[int(name)] if int(name) < len(at) else ""
    else:
        at = at.get(name, "") if isinstance(at, dict) else ""
print(json.dumps(at) if isinstance(at, (dict, list, bool)) else at)
' "$@"
}

# One member of every row, a line each.
rows() { # PATH
	python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line).get("row") if line.startswith("{") else None
    if row is None:
        continue
    for name in sys.argv[1].split("."):
        row = row.get(name, "") if isinstance(row, dict) else ""
    print(row)
' "$1"
}

say() { # 0|1 WHAT
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "not ok $2"
	fi
}

is() { # WHAT WANT GOT
	if [ "$2" = "$3" ]; then
		say 0 "$1"
	else
		say 1 "$1"
		echo "  want: $2"
		echo "  got:  $3"
	fi
}

holds() { # WHAT COMMAND...
	local what=$1 st
	shift
	"$@" >"$work/out/held" 2>&1
	st=$?
	say "$st" "$what"
	[ "$st" = 0 ] || sed 's/^/  /' "$work/out/held" | tail -5
}

refused() { # WHAT STATUS COMMAND...
	local what=$1 want=$2 st
	shift 2
	SECONDS=0
	"$@" >"$work/out/last" 2>&1 </dev/null
	st=$?
	if [ "$st" = "$want" ] && [ -s "$work/out/last" ] &&
		[ "$SECONDS" -lt 10 ]; then
		say 0 "$what"
	else
		say 1 "$what (exit $st, not $want)"
		sed 's/^/  /' "$work/out/last" | tail -5
	fi
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ] || exit 1
	exit 0
}

# ---- a small office ---------------------------------------------------------

# A server with a reviewer (Rina), an approver (Joko) and N households.
office() { # N [OPTIONS of sample]
	local n=$1
	shift
	server init --authority 6402 --name "Dinas Sosial" >/dev/null || exit 1
	server person add --name Rina --role reviewer >/dev/null
	server person add --name Joko --role approver >/dev/null
	"$BUILD/tests/lib/sample" --out "$work/prelist" --households "$n" \
		--kecamatan 64.02.05 --regions "$PADU_REGIONS" --messy 0 \
		--duplicates 0 "$@" >/dev/null || exit 1
	server import prelist "$work/prelist/prelist-64.02.05.csv" \
		--report "$work/prelist/report.csv" >/dev/null || exit 1
}

# A new person LABEL on laptop N; the server's daemon must run.
person() { # N LABEL NAME [AS, who is there already]
	local n=$1 label=$2 code
	server person add --name "$3" --role enumerator >/dev/null
	code=$(server enrol --person "$3" --label "$label" \
		--village 64.02.05 --json | get code)
	echo "empat kata $label" >"$work/$label"
	agent "$n" enrol --server "http://$address" --code "$code" \
		--label "$label" --passphrase-file "$work/$label" \
		--kdf 1:8192 ${4:+--as "$4" --as-passphrase-file "$work/$4"} \
		>/dev/null || exit 1
}

unlock() { # N LABEL
	agent "$1" unlock --label "$2" --passphrase-file "$work/$2" >/dev/null
}

# One visit, as JSON without its key and day: visit N '"household": ...'
visit_number=0
visit() { # N MEMBERS OF THE JSON
	visit_number=$((visit_number + 1))
	printf '{"key":"flow-%d","day":"%s",%s}' "$visit_number" \
		"$(date +%F)" "$2" | agent "$1" visit --json
}

# The Nth household's id on laptop 1, from 1.
household() { # NTH
	agent 1 list --json | rows id | sed -n "$1p"
}
