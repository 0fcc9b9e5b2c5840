"""conformance.py ROOT: every function that xpath_fn.c knows has its line in
common/form/CONFORMANCE.md, with the table that tries it and how many rows do;
and nothing else is listed.  With --write, make the lines anew."""
import collections
import glob
import re
import sys

root = sys.argv[-1]
page = f"{root}/common/form/CONFORMANCE.md"
with open(f"{root}/common/form/xpath_fn.c", encoding="utf-8") as source:
    functions = re.findall(r'^\t\{ "([a-z0-9:-]+)", ', source.read(), re.M)
rows = {name: collections.Counter() for name in functions}
total = 0
for path in sorted(glob.glob(f"{root}/tests/form/*.tsv")):
    with open(path, encoding="utf-8") as table:
        for line in table:
            columns = line.rstrip("\n").split("\t")
            if line[0] in "#!\n" or len(columns) < 5:
                continue
            total += 1
            for name in set(re.findall(r"(?<![a-z0-9:-])([a-z0-9:-]+)\s*\(",
                                       columns[1])) & set(rows):
                rows[name][path.rsplit("/", 1)[1]] += 1

with open(page, encoding="utf-8") as text:
    before = text.read()
listed = re.findall(r"^\| `([a-z0-9:-]+)\(", before, re.M)
bad = 0
for name in functions:
    if name not in listed:
        print(f"CONFORMANCE.md does not list {name}()")
        bad = 1
    if not rows[name]:
        print(f"no table tries {name}()")
        bad = 1
for name in listed:
    if name not in functions:
        print(f"CONFORMANCE.md lists {name}(), which there is not")
        bad = 1


def line(match):
    name = match.group(2)
    where = ", ".join(f"{t} {n}" for t, n in rows[name].most_common(2))
    return f"{match.group(1)} {where} |"


after = re.sub(r"^(\| `([a-z0-9:-]+)\(.*?\|.*?\|.*?\|)[^|\n]*\|$", line, before,
               flags=re.M)
after = re.sub(r"\d[\d,]* rows in all", f"{total:,} rows in all", after)
if "--write" in sys.argv:
    with open(page, "w", encoding="utf-8") as text:
        text.write(after)
elif after != before:
    print("CONFORMANCE.md: the counts are old; run "
          "python3 tests/form/conformance.py --write .")
    bad = 1
sys.exit(bad)
