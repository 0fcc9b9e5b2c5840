#!/bin/sh
# make-regions.sh SOURCES WORK OUT
# Fetch both editions of the region table, as package-lock.json pins them,
# into the folder WORK, and make regions.csv and its companions in OUT.  After
# the first time npm's cache is enough: no network is needed.
set -eu
sources=$1 work=$2 out=$3
here=$PWD
mkdir -p "$work"
cp "$sources/package.json" "$sources/package-lock.json" "$work/"
cd "$work"
npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund \
    --no-update-notifier --loglevel=error >npm.log 2>&1 || {
	cat npm.log >&2
	echo "make-regions: the region table could not be fetched." \
	    "Connect to the network once and build again." >&2
	exit 1
}
cd "$here"
exec node "$sources/make-regions.mjs" "$work/node_modules" "$sources" "$out"
