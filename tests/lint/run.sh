#!/bin/sh
# run.sh: every lint on the tree, and each lint on a tree with a planted
# fault, which it must report.  Prints "ok NAME" or "not ok NAME" a line.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
failed=0

report() { # STATUS NAME
	if [ "$1" = 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2"
		failed=1
	fi
}

fresh() {
	rm -rf "${planted:?}"/*
	for d in common agent sync-server tests packaging; do
		mkdir -p "$planted/$d"
	done
	mkdir -p "$planted/common/merge"
	: >"$planted/README.md"
	: >"$planted/HACKING.md"
	: >"$planted/SECURITY.md"
	: >"$planted/common/PROTOCOL.md"
	echo '| claim | test | where |' >"$planted/tests/CLAIMS.md"
}

must_report() { # NAME LINT
	if "$here/$2" "$planted" >/dev/null 2>&1; then
		report 1 "$1"
	else
		report 0 "$1"
	fi
}

for lint in includes numbers sizes names words; do
	out=$("$here/check-$lint.sh" "$root" 2>&1)
	st=$?
	[ $st = 0 ] || printf '%s\n' "$out"
	report $st "lint: $lint"
done

fresh
echo '#include <sqlite3.h>' >"$planted/common/merge/merge.c"
must_report "a planted include of the database in merge is reported" \
	check-includes.sh
fresh
echo "x = 640205$(printf '%010d' 17)" >"$planted/common/x.txt"
must_report "a planted identity number is reported" check-numbers.sh
fresh
awk 'BEGIN { for (i = 0; i < 601; i++) print "x" }' >"$planted/common/x.c"
must_report "a planted long file is reported" check-sizes.sh
fresh
{
	printf 'int\nf(void)\n{\n'
	awk 'BEGIN { for (i = 0; i < 101; i++) print "\tx();" }'
	echo '}'
} >"$planted/common/x.c"
must_report "a planted long function is reported" check-sizes.sh
fresh
# shellcheck disable=SC2016 # the quotes are Markdown's
echo 'see `common/nowhere.c`' >"$planted/README.md"
must_report "a planted name of no file is reported" check-names.sh
fresh
printf '| c | tests/unit/test_none.c:nothing | x |\n' >>"$planted/tests/CLAIMS.md"
must_report "a planted claim without a test is reported" check-names.sh
claim() { # TEST: as CLAIMS.md names it, of a file that has a_test_of_this
	fresh
	mkdir -p "$planted/tests/unit" "$planted/tests/sim"
	printf 'START_TEST(a_test_of_this)\n/* a_test_of_that */\n' \
		>"$planted/tests/unit/test_x.c"
	printf "unit = [\n  'x',\n]\n" >"$planted/tests/unit/meson.build"
	cp "$planted/tests/unit/test_x.c" "$planted/tests/unit/test_y.c"
	printf 'fault one-thing\n' >"$planted/tests/sim/faults.txt"
	printf '| c | %s | x |\n' "$1" >>"$planted/tests/CLAIMS.md"
}
claim "tests/unit/test_x.c:a_test_of_this and tests/sim/faults.txt:one-thing"
"$here/check-names.sh" "$planted" >/dev/null
report $? "a claim with its tests is good"
claim tests/unit/test_x.c:a_test_of
must_report "a claim with a part of a test's name is reported" check-names.sh
claim tests/unit/test_x.c:a_test_of_that
must_report "a claim whose test is a comment is reported" check-names.sh
claim tests/unit/test_y.c:a_test_of_this
must_report "a claim whose test is not built is reported" check-names.sh
claim tests/sim/faults.txt:one-other
must_report "a claim on a fault that is not planted is reported" check-names.sh
fresh
mkdir -p "$planted/tests/flow"
: >"$planted/tests/flow/01-one.sh"
must_report "a flow that cannot be run is reported" check-names.sh
: >"$planted/tests/flow/01-two.sh"
chmod +x "$planted"/tests/flow/*.sh
must_report "two flows of one number are reported" check-names.sh
fresh
printf 'cd /wo%s/x\n' rk >"$planted/common/x.txt"
must_report "a planted path of one machine is reported" check-words.sh

"$root/common/words/embed-words.sh" --check "$root/common/words/words.txt"
report $? "lint: the word list"
for fault in 's/^bambu$/bambou2/' 's/^bambu$/baju/' 's/^bambu$/bamboo/;s/^bandar$/bambu/' '100,$d'; do
	sed "$fault" "$root/common/words/words.txt" >"$planted/words.txt"
	if "$root/common/words/embed-words.sh" --check "$planted/words.txt" \
		2>/dev/null; then
		report 1 "a planted fault in the word list is reported: $fault"
	else
		report 0 "a planted fault in the word list is reported: $fault"
	fi
done

fresh
echo '/* as DESIGN.md section 1 says */' >"$planted/common/x.c"
must_report "a planted page that is not here is reported" check-words.sh
# What tests/run.sh makes of a part's end: STATUS, what it said, what counts.
counts() { # NAME STATUS SAID WANT
	printf "$3" >"$planted/said"
	: >"$planted/results"
	bash -c '. "$1/tests/lib/results.sh"; results=$2/results
		take part "$3" "$2/said"' _ "$root" "$planted" "$2" >/dev/null
	[ "$(sed 's/:.*//' "$planted/results" | tr '\n' ';')" = "$4" ]
	report $? "$1"
}
counts "a part that did well counts" 0 'x\nok a\nok b\n' 'ok a;ok b;'
counts "a part that failed counts once" 1 'ok a\nnot ok b\n' 'ok a;not ok b;'
counts "a part that broke off has failed" 1 'ok a\nTraceback\n' \
	'ok a;not ok part;'
counts "a part that tested nothing has failed" 0 'done\n' 'not ok part;'

if command -v clang-format >/dev/null; then
	(cd "$root" && git ls-files '*.[ch]' | sort >"$planted/list" &&
		xargs clang-format --dry-run -Werror <"$planted/list" \
			>"$planted/out" 2>&1)
	st=$?
	grep 'error:' "$planted/out" | head -20
	report $st "lint: layout (clang-format)"
else
	report 1 "lint: layout (clang-format: install-deps.sh --tests)"
fi
if command -v shellcheck >/dev/null; then
	(cd "$root" && find . -name '*.sh' -not -path './build*' \
		-not -path '*/node_modules/*' -print0 |
		xargs -0 shellcheck -S warning -x)
	report $? "lint: shell (shellcheck)"
else
	report 1 "lint: shell (shellcheck: install-deps.sh --tests)"
fi
exit $failed
