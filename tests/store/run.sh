#!/usr/bin/env bash
# tests/store/run.sh: the test programme of the sealed store, as one table:
# each test, its cases, failures and seconds.  A sample of each in about half
# a minute; every byte, call and allocation with PADU_LONG=1 (about 20 minutes).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build-gcc}
long=()
[ "${PADU_LONG:-0}" = 1 ] && long=(--long)
failed=0

figure() { # NAME CASES FAILURES SECONDS SAID
	printf 'figure %-55s %8s %8s %8s  %s\n' "$@"
}

report() { # NAME FAILURES
	if [ "$2" = 0 ]; then
		echo "ok store: $1"
	else
		echo "not ok store: $1"
		failed=1
	fi
}

"$build/tests/store/store" "${long[@]}" || failed=1

# The unit tests of the same, as rows: they have a part of their own.
units=()
[ ${#long[@]} = 0 ] || units=(sealvfs sealvfs_damage sealvfs_file sealvfs_open
	sealvfs_ops sealvfs_power sealvfs_rotate sealvfs_shared)
for test in "${units[@]}"; do
	program=$build/tests/unit/test_$test
	[ -x "$program" ] || continue
	begun=$SECONDS
	out=$(CK_FORK=no "$program" 2>&1)
	line=$(grep -E '^[0-9]+%: Checks: ' <<<"$out")
	[ -n "$line" ] || line='0%: Checks: 0, Failures: 1, Errors: 0'
	read -r checks failures errors < <(
		sed -E 's/.*Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/' \
			<<<"$line"
	)
	[ $((failures + errors)) = 0 ] || tail -5 <<<"$out"
	figure "unit: $test" "$checks" $((failures + errors)) \
		$((SECONDS - begun)) ""
	report "unit: $test" $((failures + errors))
done

# The same question as the recorder in files.c asks, put to the system.
name="no other file is opened for writing (strace)"
if command -v strace >/dev/null; then
	dir=$(mktemp -d "${TMPDIR:-/tmp}/padu-trace.XXXXXX")
	STORE_TRACE=1 TMPDIR=$dir strace -f -qq -o "$dir/trace" \
		-e trace=open,openat,creat,rename,renameat2,link,linkat,mknod \
		"$build/tests/store/store" "no other file" >"$dir/out" 2>&1
	calls=$(grep -cE 'O_WRONLY|O_RDWR|O_CREAT|^[0-9]+ +(rename|link|creat)' \
		"$dir/trace")
	others=$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|^[0-9]+ +(rename|link|creat)' \
		"$dir/trace" | grep -vE '"/dev/tty"| ENOENT | EEXIST ' |
		grep -vcE '"[^"]*/x\.db(-wal|\.new(-wal|-[0-9a-f]{8}|\.new-[0-9a-f]{8})?)?"')
	[ "$calls" -gt 10 ] || others=1
	grep -q '^ok ' "$dir/out" || others=1
	figure "$name" "$calls" "$others" "" ""
	report "$name" "$others"
	rm -rf "$dir"
else
	echo "skip store: $name (strace is not installed)"
fi
exit $failed
