# results.sh: how tests/run.sh counts; sourced by it and by the lint that
# holds it to that.
# shellcheck shell=bash
#
# Each part prints "ok NAME", "not ok NAME" or "skip NAME" lines among others.
# They are gathered in the file $results.

note() { # ok|not ok|skip NAME
	printf '%s\n' "$1 $2" >>"${results:?}"
	[ "$1" = ok ] || printf '%s %s\n' "$1" "$2"
}

# Count the result lines in what a part said.  A part that ended badly and
# names nothing that failed, or that says nothing at all, has failed too: it
# broke off.
take() { # NAME STATUS FILE
	grep -E '^(ok|not ok|skip) ' "$3" >>"$results"
	grep -E '^(not ok|skip) ' "$3"
	if [ "$2" != 0 ] && ! grep -q '^not ok ' "$3"; then
		note "not ok" "$1: ended with $2 and names nothing that failed"
	elif ! grep -qE '^(ok|not ok|skip) ' "$3"; then
		note "not ok" "$1: nothing was tested"
	fi
}
