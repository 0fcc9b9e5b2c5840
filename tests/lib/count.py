"""count.py TESTLOG NAME: turn meson's log of one suite into result lines.

Every check of a Check program counts; a program without such a line counts
as one.
"""
import json
import re
import sys

log, name = sys.argv[1:]
with open(log, encoding="utf-8") as lines:
    for line in lines:
        test = json.loads(line)
        label = f"{name}: {test['name']}"
        match = re.search(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)",
                          test.get("stdout", ""))
        checks, failed = 1, 0 if test["result"] == "OK" else 1
        if match:
            checks = int(match.group(1))
            failed = max(failed, int(match.group(2)) + int(match.group(3)))
        for i in range(checks - min(failed, checks)):
            print(f"ok {label} {i + 1}")
        for i in range(failed):
            print(f"not ok {label} ({test['result']})")
