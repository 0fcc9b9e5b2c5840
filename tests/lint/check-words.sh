#!/bin/sh
# check-words.sh [ROOT]: the tree speaks of the project alone: no path of one
# machine, no package registry's host, no page that is not here.
set -eu
cd "${1:-$(dirname "$0")/../..}"
if grep -rnIE '(/w[o]rk/|/h[o]me/[a-z]+/|/tmp/b[a]sh_jobs|registry\.n[p]mjs|deb\.d[e]bian\.org|/f[a]rm/)' \
	. --exclude=.git --exclude-dir=.git --exclude-dir=node_modules \
	--exclude-dir='build*'; then
	echo "a path of one machine, or a registry's host"
	exit 1
fi
# A rule stands where it is followed, or in a page of this tree.
if grep -rnIE '\b(DESIGN|SYNC|STYLE|TRUST|DOMAIN|FORMS|SEALED-STORE)(\.md| section| decision| [0-9R])' \
	. --exclude=.git --exclude-dir=.git --exclude-dir=node_modules \
	--exclude-dir='build*' --exclude=check-words.sh --exclude=run.sh; then
	echo "a page that is not in the tree"
	exit 1
fi
