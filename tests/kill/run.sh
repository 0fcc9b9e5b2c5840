#!/usr/bin/env bash
# tests/kill/run.sh: the real programs killed at points spread over every I/O
# call of a small story: 60 of them, or 500 with PADU_LONG=1.
set -u
cd "$(dirname "$0")/../.." || exit 1
rounds=60
[ "${PADU_LONG:-0}" = 1 ] && rounds=500
exec python3 tests/kill/kill.py "${BUILD:-build-gcc}" $rounds
