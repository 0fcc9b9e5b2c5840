#!/usr/bin/env python3
"""leaks.py [--frames PROGRAM] --marker TEXT... FOLDER...

Look for planted markers in every byte of every file under the folders, and
in their names: as UTF-8, UTF-16 of either order, base64 and base32 (wherever
they may begin, also over several lines), and hex, in capitals and small.
With PROGRAM, tests/lib/frames, also in whatever lies compressed in them,
with the four bytes that begin a zstd frame or without.  Prints where; exit 1
if there is any, 2 if the search itself failed.
"""
import argparse
import base64
import os
import subprocess
import sys


def coded(plain, bits, shifts, encode):
    """What codes of some bits each show of it, whatever lies around it."""
    for shift in range(shifts):
        code = encode(b"\0" * shift + plain)
        first = (shift * 8 + bits - 1) // bits
        last = (shift + len(plain)) * 8 // bits
        yield code[first:last]


def forms(text):
    """(name, bytes): each way in which the text could lie somewhere."""
    for case in sorted({text, text.lower(), text.upper()}):
        for order in ("UTF-8", "UTF-16-LE", "UTF-16-BE"):
            plain = case.encode(order)
            yield order, plain
            yield "hex", plain.hex().encode()
            yield "hex", plain.hex().upper().encode()
            for code in coded(plain, 6, 3, base64.b64encode):
                yield "base64", code
                yield "base64", code.translate(bytes.maketrans(b"+/", b"-_"))
            for code in coded(plain, 5, 5, base64.b32encode):
                yield "base32", code
                yield "base32", code.lower()


def files(folders):
    for folder in folders:
        if not os.path.exists(folder):
            raise FileNotFoundError(f"{folder} is not there")
        if os.path.isfile(folder):
            yield folder
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path


def texts(path, frames):
    """(where, bytes): the file as it is, on one line, and inflated."""
    with open(path, "rb") as f:
        # A name of a file is read by others, too.
        whole = f.read() + b"\n" + os.fsencode(os.path.basename(path))
    yield "", whole
    yield " over lines", b"".join(whole.split())
    if frames:
        # One that failed has looked at nothing, which is no good news.
        yield ", compressed,", subprocess.run(
            [frames, path], stdout=subprocess.PIPE, check=True).stdout


def main():
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--frames")
    words.add_argument("--marker", action="append", required=True)
    words.add_argument("folders", nargs="+")
    opts = words.parse_args()
    wanted = sorted({form for m in opts.marker for form in forms(m)})
    found = looked = 0
    for path in files(opts.folders):
        looked += 1
        for where, text in texts(path, opts.frames):
            names = {name for name, form in wanted if form in text}
            if names:
                found += 1
                print(f"{path}: a marker{where} as {', '.join(sorted(names))}")
                break
    if looked == 0:
        print("no file was looked at")
        found = 1
    else:
        print(f"{looked} files were looked at")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.CalledProcessError) as e:
        print(f"leaks.py: {e}", file=sys.stderr)
        sys.exit(2)
