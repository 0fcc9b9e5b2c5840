#!/usr/bin/env bash
# tests/sim/run.sh: the simulator on seeds drawn from the commit (so that
# nobody can tune to them) and on the seeds that once failed; the same seed
# twice for the same trace; and the planted faults, which it must find.
# PADU_LONG=1: 5,000 seeds in place of 300.
set -u
cd "$(dirname "$0")/../.." || exit 1
sim=${BUILD:-build-gcc}/tests/sim/sim
count=300 faults=60
[ "${PADU_LONG:-0}" = 1 ] && count=5000 faults=300
failed=0

commit=$(git rev-parse HEAD 2>/dev/null || echo 0)
first=$((16#${commit:0:7}))
if "$sim" --seeds $first:$((first + count - 1)); then
	echo "ok sim: $count seeds from $first on"
else
	echo "not ok sim: $count seeds from $first on"
	failed=1
fi
while read -r seed _; do
	case $seed in '' | '#'*) continue ;; esac
	if "$sim" --seeds "$seed:$seed"; then
		echo "ok sim: seed $seed, which once failed"
	else
		echo "not ok sim: seed $seed, which once failed"
		failed=1
	fi
done <tests/sim/seeds.txt

a=$("$sim" --seeds $first:$((first + 9)) --trace)
b=$("$sim" --seeds $first:$((first + 9)) --trace)
if [ -n "$a" ] && [ "$a" = "$b" ]; then
	echo "ok sim: the same seed makes the same trace"
else
	echo "not ok sim: the same seed makes the same trace"
	failed=1
fi

python3 tests/sim/plant.py . build-plant 1:$faults || failed=1
exit $failed
