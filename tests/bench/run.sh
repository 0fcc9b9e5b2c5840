#!/usr/bin/env bash
# tests/bench/run.sh [--long | --quick] [--runs N] [ID PREFIX ...]
#
# Builds a release in build-bench and runs the benchmarks whose ids begin
# with one of the prefixes, or all.  Prints one JSON object a line:
#
#	{"bench": id, "value": x, "unit": u, "n": runs, "min": a, "max": b}
#
# the value being a median.  The settings of both sides, and what each run
# found, go to standard error.  The ids: tests/bench/README.md.
#
# --long: also what takes minutes and gigabytes.  --quick: one short run of
# some of them, to see that they work; the figures are worth nothing.
# BENCH_DIR: where databases are made (a real disk; default build-bench/data).
set -eu
cd "$(dirname "$0")/../.."
options=()
while [ $# -gt 0 ]; do
	case $1 in
	--long | --quick) options+=("$1") ;;
	--runs)
		[ $# -gt 1 ] || {
			echo "tests/bench/run.sh: --runs needs a number" >&2
			exit 2
		}
		options+=("$1" "$2")
		shift
		;;
	-h | --help)
		sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p}' "$0"
		exit 0
		;;
	-*)
		echo "tests/bench/run.sh: no such option: $1 (see --help)" >&2
		exit 2
		;;
	*) break ;;
	esac
	shift
done
if [ ! -f build-bench/build.ninja ]; then
	meson setup build-bench --buildtype=release -Dbench=true >&2
fi
ninja -C build-bench >&2
data=${BENCH_DIR:-build-bench/data}
mkdir -p "$data"
work=$(mktemp -d "$data/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "machine: $(uname -sr), $(nproc) processors," \
	"load $(cut -d' ' -f1-3 /proc/loadavg)" >&2
for program in build-bench/tests/bench/bench_*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	"$program" --dir "$work" "${options[@]}" "$@"
done
