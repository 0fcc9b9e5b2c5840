#!/usr/bin/env bash
# quickstart.sh [--once] [--keep DIR]
#
# See Padu work, on a fresh Debian 12 machine: install what is missing (root,
# apt and npm are needed for that alone), build a release, make a sample
# regency of invented families in real villages, and tell the whole story:
# two laptops enrol, go offline, visit, sync through a server that is killed
# on the way, disagree, are decided, and what was validated arrives upstream.
#
#	--once      end when the story has been told; without it server,
#	            laptops and upstream stay up until Ctrl-C
#	--keep DIR  put all data in DIR, which must be empty or not there,
#	            and leave it; else it is a temporary folder, removed
#
# The last line of --once is "quickstart: ok households=...", figures that
# tests/lib/storycheck.c worked out from the papers by itself.
#
# Exit status: 0 every step held, 1 one did not, 2 wrong usage, 130 Ctrl-C.
# The build is kept in build-release/ (or in $BUILD, a folder of meson's).
set -u
started=$(date +%s)
root=$(cd "$(dirname "$0")/.." && pwd)

usage() {
	sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//;p}' "$0"
}

story=()
while [ $# -gt 0 ]; do
	case $1 in
	--once) story+=(--once) ;;
	--keep)
		if [ $# -lt 2 ]; then
			echo "quickstart: --keep needs a folder (see --help)" >&2
			exit 2
		fi
		story+=(--keep "$2")
		shift
		;;
	--keep=*) story+=(--keep "${1#--keep=}") ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		echo "quickstart: no such option: $1 (see --help)" >&2
		exit 2
		;;
	esac
	shift
done

fail() {
	echo "quickstart: $*" >&2
	exit 1
}

# Run it; on a terminal one sees it work, else its output is kept and shown
# only if it fails.
quietly() { # LOG COMMAND...
	local log=$1
	shift
	if [ -t 1 ]; then
		"$@" 2>&1 | tee "$log"
		return "${PIPESTATUS[0]}"
	fi
	"$@" >"$log" 2>&1 || {
		tail -40 "$log"
		return 1
	}
}

"$root/packaging/install-deps.sh" ||
	fail "what Padu needs could not be installed; see above"

build=${BUILD:-$root/build-release}
log=$(mktemp) || fail "no temporary file can be made"
trap 'rm -f "$log"' EXIT
echo "quickstart: building a release in $build (about a minute)"
if [ ! -f "$build/build.ninja" ]; then
	(cd "$root" && quietly "$log" meson setup "$build" \
		--buildtype=release -Dbench=false) ||
		fail "the build could not be set up; see above"
fi
quietly "$log" ninja -C "$build" agent/padu-agent sync-server/padu-server \
	tests/lib/receiver tests/lib/sample tests/lib/storycheck \
	common/place/regions.csv ||
	fail "the build failed; see above"
rm -f "$log"
trap - EXIT

# From here on the story answers to Ctrl-C, and cleans up after itself.
exec python3 "$root/tests/lib/story.py" --build "$build" \
	--started "$started" ${story[@]+"${story[@]}"}
