"""plant.py TREE BUILD SEEDS [NAME...]: plant each fault of faults.txt in a
copy of TREE, build the simulator there, and see that it fails.

Each fault replaces one place in one file; the place must be there exactly
once, so that a fault cannot go stale unseen.  Prints "ok NAME" or "not ok
NAME" lines.  BUILD is a folder for the copy and its build, kept between runs.
"""
import filecmp
import os
import re
import shutil
import subprocess
import sys

tree, work, seeds, *names = sys.argv[1:]
copy = os.path.join(work, "tree")
build = os.path.join(work, "build")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=False)


def read_faults(path):
    with open(path, encoding="utf-8") as text:
        blocks = re.split(r"\n(?=fault )", text.read())
    for block in blocks:
        if not block.startswith("fault "):
            continue
        lines = block.rstrip("\n").split("\n")
        name, file = lines[0].split()[1], lines[1].split()[1]
        old = "\n".join(x[2:] for x in lines if x.startswith("- "))
        new = "\n".join(x[2:] for x in lines if x.startswith("+ "))
        yield name, file, old, new


def set_up():
    """Bring the copy up to date, new times only where bytes are new."""
    listed = run("git", "-C", tree, "ls-files").stdout.split("\n")
    for name in filter(None, listed):
        source = os.path.join(tree, name)
        target = os.path.join(copy, name)
        if not os.path.isfile(source) or (
                os.path.isfile(target) and
                filecmp.cmp(source, target, shallow=False)):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)
    if not os.path.exists(os.path.join(build, "build.ninja")):
        done = run("meson", "setup", "--buildtype=debugoptimized", build,
                   copy)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
    done = run("ninja", "-C", build, "tests/sim/sim")
    if done.returncode:
        sys.exit(done.stdout[-3000:])


def main():
    set_up()
    sim = os.path.join(build, "tests/sim/sim")
    failed = 0
    sound = run(sim, "--seeds", seeds)
    if sound.returncode:
        print("not ok sim: the copy without a fault")
        print(sound.stdout[-2000:])
        return 1
    for name, file, old, new in read_faults(
            os.path.join(tree, "tests/sim/faults.txt")):
        if names and name not in names:
            continue
        path = os.path.join(copy, file)
        with open(path, encoding="utf-8") as text:
            good = text.read()
        if good.count(old) != 1:
            print(f"not ok sim: fault {name}: its place in {file} is there "
                  f"{good.count(old)} times")
            failed = 1
            continue
        with open(path, "w", encoding="utf-8") as text:
            text.write(good.replace(old, new))
        made = run("ninja", "-C", build, "tests/sim/sim")
        done = run(sim, "--seeds", seeds, "--first") \
            if made.returncode == 0 else None
        with open(path, "w", encoding="utf-8") as text:
            text.write(good)
        if done is None:
            print(f"not ok sim: fault {name} does not build")
            print(made.stdout[-1500:])
            failed = 1
        elif done.returncode == 0:
            print(f"not ok sim: fault {name} was not found by {seeds}")
            failed = 1
        else:
            why = [x for x in done.stdout.split("\n") if "FAILED" in x]
            print(f"ok sim: fault {name} is found")
            print(f"figure sim fault {name}: "
                  f"{why[0] if why else done.stderr[-200:]}")
    return failed


sys.exit(main())
