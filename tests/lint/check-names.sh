#!/bin/sh
# check-names.sh [ROOT]: every file that README, HACKING, SECURITY and CLAIMS
# name exists, and every test that CLAIMS.md names exists.  Flows can be run,
# and each has a number of its own.
set -eu
cd "${1:-$(dirname "$0")/../..}"
bad=0
for page in README.md HACKING.md SECURITY.md tests/CLAIMS.md common/PROTOCOL.md; do
	[ -f "$page" ] || { echo "$page: missing"; bad=1; continue; }
	for name in $(grep -oE '`[A-Za-z0-9_.-]+(/[A-Za-z0-9_.*-]+)+/?`' "$page" |
		tr -d '\140' | sort -u); do
		case $name in
		v1/* | padu/* | application/* | build*/* | DIR/*) continue ;;
		esac
		# shellcheck disable=SC2086 # a pattern may be meant
		ls -d $name >/dev/null 2>&1 || {
			echo "$page: names $name, which is not there"
			bad=1
		}
	done
done
numbers=
for flow in tests/flow/[0-9]*.sh; do
	[ -e "$flow" ] || continue
	[ -x "$flow" ] || { echo "$flow: cannot be run (chmod +x)"; bad=1; }
	number=$(basename "$flow" | cut -c1-2)
	case " $numbers " in
	*" $number "*)
		echo "$flow: another flow has that number"
		bad=1
		;;
	esac
	numbers="$numbers $number"
done
# A claim's test is written file:test or file alone, in the second column.  The
# test must be one: of a unit test that is built, or a fault of the simulator's,
# or else a function of that file.
is_test() { # FILE TEST
	case $1 in
	tests/unit/test_*.c)
		unit=$(basename "$1" .c)
		grep -q "^START_TEST($2)" "$1" &&
			grep -qE "'($unit\.c|${unit#test_})'" \
				tests/unit/meson.build
		;;
	*/faults.txt) grep -q "^fault $2\$" "$1" ;;
	*) grep -qE "^$2\\(" "$1" ;;
	esac
}
sed -n 's/^|[^|]*|[[:space:]]*\([^|]*\)|.*/\1/p' tests/CLAIMS.md |
	grep -oE 'tests/[A-Za-z0-9_./-]+(:[A-Za-z0-9_-]+)?' | sort -u |
	while IFS=: read -r file test; do
		if [ ! -e "$file" ]; then
			echo "tests/CLAIMS.md: $file is not there"
			echo x
		elif [ -n "$test" ] && ! is_test "$file" "$test"; then
			echo "tests/CLAIMS.md: $file has no test $test"
			echo x
		fi
	done | { grep -v '^x$' && exit 1 || exit 0; } || bad=1
exit $bad
