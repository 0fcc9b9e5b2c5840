#!/bin/sh
# install-deps.sh [--tests] [--list]
#
# Install what is needed to build and run Padu on Debian 12 (bookworm), with
# apt, and nothing that is there already.  Says what it does; changes nothing
# where nothing is missing, and then needs neither root nor a network.
#
#	--tests  also what tests/run.sh needs
#	--list   print the packages, install nothing
#
# Exit status: 0 all there, 1 something could not be installed, 2 bad use.
set -eu

# To build: compilers and tools; pkg-config files and headers of libraries.
build='gcc libc6-dev meson ninja-build pkg-config
	libsqlite3-dev libsodium-dev libcurl4-openssl-dev libcjson-dev
	libmicrohttpd-dev libzstd-dev libcsv-dev libqrencode-dev
	libpcre2-dev libxml2-dev nettle-dev'
# The region table comes from npm at build time: node, npm, and what it needs
# to trust the registry.
node='nodejs npm'
fetch='ca-certificates'
# The quickstart's story, and the tests' scripts.
scripts='python3'
tests='check clang clang-format libclang-rt-14-dev llvm shellcheck git
	curl procps strace'

usage() {
	sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p}' "$0"
}

want="$build $fetch $scripts"
list=false
for arg; do
	case $arg in
	--tests) want="$want $tests" ;;
	--list) list=true ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		echo "install-deps: no such option: $arg (see --help)" >&2
		exit 2
		;;
	esac
done

installed() {
	dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null |
		grep -q '^install ok installed$'
}

# Node may come from elsewhere than Debian; then it stays as it is.
if $list || ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	want="$want $node"
fi
if $list; then
	for package in $want; do
		echo "$package"
	done | sort -u
	exit 0
fi

missing=
for package in $want; do
	installed "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
	echo "install-deps: all there, nothing to install"
	exit 0
fi

echo "install-deps: to install:$missing"
if [ "$(id -u)" != 0 ]; then
	echo "install-deps: this needs root: run 'sudo $0 $*'" >&2
	exit 1
fi
if ! command -v apt-get >/dev/null; then
	echo "install-deps: there is no apt-get here. Padu is supported on" \
		"Debian 12; on another system install what --list prints." >&2
	exit 1
fi

# Without recommended packages: npm's alone would double the time.
apt_install() {
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends -o Dpkg::Use-Pty=0 $missing
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "install-deps: reading the package lists"
apt-get update -q >"$log" 2>&1 || {
	tail -20 "$log"
	echo "install-deps: the package lists could not be read." \
		"Is there a network? Nothing was changed." >&2
	exit 1
}
echo "install-deps: installing (a few minutes on a slow line)"
apt_install >"$log" 2>&1 || {
	tail -30 "$log"
	echo "install-deps: apt could not install everything. Run this" \
		"again; what is there already stays." >&2
	exit 1
}
for package in $missing; do
	installed "$package" || {
		echo "install-deps: $package is still missing" >&2
		exit 1
	}
done
echo "install-deps: done"
