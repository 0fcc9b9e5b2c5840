#!/usr/bin/env bash
# tests/run.sh [--long] [--keep] [PART...]
#
# Installs what the tests need, builds with gcc and with clang (ASan and
# UBSan, warnings are errors), runs the parts named, or all of them, and
# ends with a line "N passed, N failed, N skipped".  Exit 0 only if nothing
# failed.  A skip is counted and fails where the machine could have run it.
#
#	lint     what the tree's files must keep to, each lint with a planted
#	         fault that it must report
#	instrument  the questionnaires' tables, each check with planted faults,
#	         and their scenarios played to the form engine
#	unit     Check programs, in both builds
#	golden   every message's bytes as they have always been
#	flow     the real programs, started and stopped by scripts
#	sim      simulated agents, server and network; planted faults
#	kill     the real programs killed at their I/O calls
#	store    the sealed store: damage, power cuts, failing calls, a table
#	fuzz     untrusted bytes, with sanitizers
#	quick    packaging/quickstart.sh --once
#
# --long: the full figures of what is only sampled otherwise.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
export CK_FORK=no
PADU_LONG=0
parts=()
for arg; do
	case $arg in
	--long) PADU_LONG=1 ;;
	-h | --help)
		sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//;p}' "$0"
		exit 0
		;;
	-*)
		echo "tests/run.sh: no such option: $arg (see --help)" >&2
		exit 2
		;;
	*) parts+=("$arg") ;;
	esac
done
export PADU_LONG
all=(lint instrument unit golden flow sim kill store fuzz quick)
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
for part in "${parts[@]}"; do
	case " ${all[*]} " in
	*" $part "*) ;;
	*)
		echo "tests/run.sh: no such part: $part (one of: ${all[*]})" >&2
		exit 2
		;;
	esac
done

log=$(mktemp -d "${TMPDIR:-/tmp}/padu-tests.XXXXXX")
results=$log/results
: >"$results"

# shellcheck source=tests/lib/results.sh
. tests/lib/results.sh

finish() {
	local passed failed skipped
	passed=$(grep -c '^ok ' "$results")
	failed=$(grep -c '^not ok ' "$results")
	skipped=$(grep -c '^skip ' "$results")
	[ "$failed" = 0 ] || echo "logs: $log"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ] || exit 1
	rm -rf "$log"
	exit 0
}

step() {
	printf '== %s (%s)\n' "$1" "$(date +%T)"
}

build() { # DIR NAME [meson options]: set up once, build, warnings are errors
	local dir=$1 name=$2
	shift 2
	if { [ -f "$dir/build.ninja" ] || meson setup "$dir" --werror "$@"; } \
		>"$log/build-$name.log" 2>&1 &&
		ninja -C "$dir" >>"$log/build-$name.log" 2>&1; then
		note ok "build: $name"
	else
		tail -30 "$log/build-$name.log"
		note "not ok" "build: $name"
		return 1
	fi
}

need() { # PART...: is one of these to be run?
	local p q
	for p in "${parts[@]}"; do
		for q; do [ "$p" = "$q" ] && return 0; done
	done
	return 1
}

# Run one meson suite and count what its programs counted.
suite() { # DIR NAME SUITE
	local out=$log/$2-$3.log st
	rm -f "$1/meson-logs/testlog.json"
	meson test -C "$1" --no-rebuild --suite "$3" --print-errorlogs \
		>"$out" 2>&1
	st=$?
	[ $st = 0 ] || tail -60 "$out"
	python3 tests/lib/count.py "$1/meson-logs/testlog.json" "$2" \
		>"$out.counts" || st=1
	take "$2: $3" $st "$out.counts"
}

step "install what is missing"
if packaging/install-deps.sh --tests >"$log/install.log" 2>&1; then
	note ok "install"
else
	tail -20 "$log/install.log"
	note "not ok" "install"
	finish
fi

if need lint; then
	step lint
	tests/lint/run.sh >"$log/lint.log" 2>&1
	st=$?
	[ $st = 0 ] || cat "$log/lint.log"
	take lint $st "$log/lint.log"
fi
if need instrument unit golden flow sim kill store quick; then
	step "build with gcc"
	CC=gcc build build-gcc gcc --buildtype=release || finish
fi
if need unit golden; then
	step "build with clang, ASan and UBSan"
	CC=clang build build-asan clang-asan --buildtype=debug \
		-Db_sanitize=address,undefined -Db_lundef=false || finish
fi
for kind in unit golden; do
	if need $kind; then
		step "$kind"
		suite build-gcc gcc $kind
		suite build-asan asan $kind
	fi
done
if need flow; then
	step flow
	for script in tests/flow/[0-9]*.sh; do
		name=$(basename "$script" .sh)
		BUILD=$root/build-gcc timeout 900 "$script" \
			>"$log/flow-$name.log" 2>&1
		case $? in
		0) note ok "flow: $name" ;;
		77)
			tail -1 "$log/flow-$name.log"
			note skip "flow: $name"
			;;
		*)
			tail -40 "$log/flow-$name.log"
			note "not ok" "flow: $name"
			;;
		esac
	done
fi
for part in instrument sim kill store fuzz; do
	if need $part; then
		step $part
		BUILD=$root/build-gcc "tests/$part/run.sh" \
			>"$log/$part.log" 2>&1
		st=$?
		[ $st = 0 ] || tail -40 "$log/$part.log"
		grep '^figure ' "$log/$part.log"
		take "$part" $st "$log/$part.log"
	fi
done
if need quick; then
	step "quickstart"
	if BUILD=$root/build-gcc packaging/quickstart.sh --once \
		>"$log/quick.log" 2>&1 &&
		tail -1 "$log/quick.log" | grep -q '^quickstart: ok '; then
		tail -1 "$log/quick.log"
		note ok "quickstart --once"
	else
		tail -40 "$log/quick.log"
		note "not ok" "quickstart --once"
	fi
fi
finish
