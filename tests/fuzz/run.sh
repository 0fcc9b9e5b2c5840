#!/usr/bin/env bash
# tests/fuzz/run.sh: every fuzz target on its corpus, then on new inputs for a
# while: 15 seconds each, or 10 minutes with PADU_LONG=1.  What they find is
# kept beside the log and printed.  Prints "ok NAME" or "not ok NAME" lines.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=15
[ "${PADU_LONG:-0}" = 1 ] && seconds=600
build="build-fuzz"
if ! { [ -f $build/build.ninja ] || CC=clang meson setup $build --werror \
	--buildtype=debugoptimized -Dfuzz=true \
	-Db_sanitize=address,undefined -Db_lundef=false; } ||
	! ninja -C $build; then
	echo "not ok fuzz: build"
	exit 1
fi
echo "ok fuzz: build"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for target in "$build"/tests/fuzz/fuzz_*; do
	[ -x "$target" ] && [ -f "$target" ] || continue
	name=$(basename "$target" | sed 's/^fuzz_//')
	mkdir -p "$work/$name" "tests/fuzz/corpus/$name"
	if "$target" -runs=0 "tests/fuzz/corpus/$name" >"$work/$name.log" 2>&1 &&
		"$target" -max_total_time=$seconds -rss_limit_mb=2048 \
			-artifact_prefix="$work/$name-" "$work/$name" \
			"tests/fuzz/corpus/$name" >>"$work/$name.log" 2>&1; then
		echo "ok fuzz: $name"
		grep -E '^Done' "$work/$name.log" | sed "s/^/figure fuzz $name: /"
	else
		tail -40 "$work/$name.log"
		for input in "$work/$name"-*; do
			[ -f "$input" ] || continue
			echo "input that did it ($(basename "$input")):"
			base64 "$input" | head -50
		done
		echo "not ok fuzz: $name"
		failed=1
	fi
done
exit $failed
