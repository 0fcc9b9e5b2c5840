#!/bin/sh
# check-sizes.sh [ROOT]: no source file past 600 lines, no function past 100.
set -eu
cd "${1:-$(dirname "$0")/../..}"
find common agent sync-server tests packaging -name node_modules -prune -o \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.mjs' \) -print | sort | xargs awk '
	FNR == 1 { start = 0 }
	FNR == 601 { print FILENAME ": past 600 lines"; bad = 1 }
	FILENAME ~ /\.c$/ && /^\{/ { start = FNR }
	FILENAME ~ /\.c$/ && /^\}/ {
		if (start && FNR - start - 1 > 100) {
			printf "%s:%d: a function of %d lines\n", FILENAME,
			    start, FNR - start - 1
			bad = 1
		}
		start = 0
	}
	END { exit bad }'
