#!/bin/sh
# check-numbers.sh [ROOT]: a 16-digit decimal number that stands alone as a
# token could be a real person's identity number, unless its kecamatan part
# (digits 5 and 6) is 99: the highest such code in the national table is 51.
# Exceptions, with their reason: numbers.allowed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -co --exclude-standard
else
	find . -type f | sed 's,^\./,,'
fi | grep -vE '(^|/)package-lock\.json$|^tests/golden/.*\.bin$' |
	while IFS= read -r file; do
		[ -f "$file" ] || continue
		grep -HnoIE '(^|[^0-9A-Za-z_.])[0-9]{16}($|[^0-9A-Za-z_])' \
			"$file" || :
	done |
	sed -E 's/^([^:]+:[0-9]+):[^0-9]*([0-9]{16}).*/\1 \2/' |
	awk -v allowed="$here/numbers.allowed" '
	BEGIN {
		while ((getline line < allowed) > 0)
			if (line !~ /^#/) { split(line, f, " "); ok[f[1]] = 1 }
	}
	substr($2, 5, 2) == "99" || ($2 in ok) { next }
	{ print $1 ": a 16-digit number whose digits 5-6 are not 99"; bad = 1 }
	END { exit bad }'
