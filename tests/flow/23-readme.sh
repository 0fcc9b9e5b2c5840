#!/usr/bin/env bash
# What README.md says to do by hand can be done, word for word, and ends where
# it says.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

# As after `meson install`, and on a port that is free.
port=$(python3 -c '
import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])')
sed -n '/^## By hand/,/^## /{/^```/,/^```/{/^```/d;p}}' "$root/README.md" |
	sed "s/8460/$port/" >"$work/by-hand.sh"
holds "there is something to do" grep -q 'padu-agent visit' "$work/by-hand.sh"
mkdir "$work/bin" "$work/empty"
ln -s "$BUILD/sync-server/padu-server" "$BUILD/agent/padu-agent" "$work/bin"
cat >>"$work/by-hand.sh" <<'END'
status=$?
kill %1
wait
exit $status
END
(cd "$work/empty" && PATH=$work/bin:$PATH timeout 120 \
	bash -e "$work/by-hand.sh") >"$work/said" 2>&1
is "all of it is done" 0 $?
[ "$failed" = 0 ] || tail -20 "$work/said"
said() {
	holds "$1" grep -q "$2" "$work/said"
}
said "the list is loaded" '^loaded_members: 2$'
said "the laptop has the household" '^id=.* alamat=JL. MAWAR 4 '
said "the visit is saved" '^writes: 2$'
said "and delivered" '^visit=.*state=delivered'
said "the office sees it" 'alamat: JL. MAWAR 14'
said "the household is approved" '^approved: 3$'
said "the log holds" '^faults: 0$'
finish
