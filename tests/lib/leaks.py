#!/usr/bin/env python3
"""leaks.py --marker TEXT... FOLDER...

Look for planted markers in every byte of every file under the folders: as
UTF-8, UTF-16 of either order, base64 (wherever it may begin), and hex, in
capitals and small.  Prints where; exit 1 if there is any.
"""
import argparse
import base64
import os
import sys


def forms(text):
    """(name, bytes): each way in which the text could lie somewhere."""
    for case in sorted({text, text.lower(), text.upper()}):
        plain = case.encode("utf-8")
        yield "UTF-8", plain
        yield "hex", plain.hex().encode()
        yield "hex", plain.hex().upper().encode()
        for shift in range(3):
            # What does not depend on the bytes before and after it.
            code = base64.b64encode(b"\0" * shift + plain)
            first = (shift * 8 + 5) // 6
            last = (shift + len(plain)) * 8 // 6
            yield "base64", code[first:last]
            yield "base64", code[first:last].translate(
                bytes.maketrans(b"+/", b"-_"))
        for order in ("utf-16-le", "utf-16-be"):
            wide = case.encode(order)
            yield "UTF-16", wide
            yield "hex", wide.hex().encode()


def files(folders):
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path


def main():
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--marker", action="append", required=True)
    words.add_argument("folders", nargs="+")
    opts = words.parse_args()
    wanted = sorted({form for m in opts.marker for form in forms(m)})
    found = looked = 0
    for path in files(opts.folders):
        looked += 1
        with open(path, "rb") as f:
            text = f.read()
        # A name of a file is read by others, too.
        text += b"\n" + os.fsencode(os.path.basename(path))
        for name, form in wanted:
            if form in text:
                found += 1
                print(f"{path}: a marker as {name}")
                break
    if looked == 0:
        print("no file was looked at")
        found = 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
