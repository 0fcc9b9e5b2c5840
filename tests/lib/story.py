#!/usr/bin/env python3
"""story.py --build DIR [--once] [--keep DIR] [--seed N] [--households N]

The whole way of a visit, on the real programs: a sample regency is loaded,
two laptops enrol, go offline and visit, sync through a server that is killed
on the way, disagree, are decided, and what was validated arrives upstream,
each record once, though the receiver is down, slow, says 500 and falls
silent after having accepted.

--build DIR  a build folder of Padu (meson)
--once       end when the story has been told; without it everything stays
             up until Ctrl-C
--keep DIR   work in DIR, which must be empty or not there, and leave it;
             without it a temporary folder that is removed at the end

The last line is the figures, as tests/lib/storycheck.c works them out by
itself.  Exit status: 0 every step held, 1 one did not, 2 wrong usage, 130
ended by Ctrl-C before the end.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

import story_desk
import story_field
from padu import Failed
from story_world import World

STEPS = story_field.STEPS + story_desk.STEPS


class Progress:
    """One line a step; on a terminal what goes on in it, too."""

    def __init__(self, nsteps):
        self.nsteps = nsteps
        self.n = 0
        self.tty = sys.stdout.isatty()
        self.started = time.monotonic()
        self.title = ""
        self.shown = 0.0

    def begin(self, title):
        self.n += 1
        self.title = title
        self.started = time.monotonic()
        self.count("")

    def count(self, text):
        """What goes on; on a terminal only, ten times a second at most."""
        now = time.monotonic()
        if self.tty and (not text or now - self.shown > 0.1):
            self.shown = now
            print(f"\r\033[K[{self.n:2}/{self.nsteps}] {self.title} ... "
                  f"{text}", end="", flush=True)

    def end(self, text):
        start = "\r\033[K" if self.tty else ""
        print(f"{start}[{self.n:2}/{self.nsteps}] {self.title}: {text} "
              f"({time.monotonic() - self.started:.1f} s)", flush=True)


def tell(world, progress):
    """All steps, in order; each returns what it showed."""
    for title, step in STEPS:
        progress.begin(title)
        progress.end(step(world, progress.count))


def check(world, seconds):
    """The figures, from papers alone, by a program that knows no server."""
    done = subprocess.run(
        [world.checker, "--truth", world.path("prelist"), "--log",
         world.path("log"), "--receiver", world.path("receiver/requests"),
         "--acks",
         world.path("acks.tsv"), "--card", world.path("card.bin"),
         "--seconds", str(int(seconds + 0.5))],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed("the checker: " + (done.stderr.strip() or
                                        f"exit {done.returncode}"))
    return done.stdout.strip()


def show_around(world):
    world.start_server()
    for laptop in world.laptops:
        laptop.run()
    server = world.server
    laptop = world.laptops[0]
    print(f"""
Everything is up now, until Ctrl-C.  Where to look:

  server      http://{world.address}/v1/health
  upstream    {world.receiver.url}
  all data    {world.folder}
              prelist/ files and their truth, log/ every change set,
              receiver/ what arrived upstream, *.log what programs said

Commands to try, from another terminal:

  export PADU_REGIONS={world.regions}
  S="{server.binary} --dir {server.folder}"
  $S status
  $S findings
  $S region 64.02.10
  $S records --village 64.02.05.2001
  $S verify-log
  $S rebuild

  A="{laptop.binary} --dir {laptop.folder}"
  $A unlock --label SR --passphrase-file {laptop.passphrase("SR")}
  $A status
  $A list --village 64.02.05.2001
  $A returns
  $A sync
""", flush=True)
    threading.Event().wait()


def parse_words():
    words = argparse.ArgumentParser(
        usage=__doc__.split("\n", 1)[0], description=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--build", required=True, help=argparse.SUPPRESS)
    words.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    words.add_argument("--keep", help=argparse.SUPPRESS)
    words.add_argument("--seed", type=int, default=6402,
                       help=argparse.SUPPRESS)
    words.add_argument("--households", type=int, default=1200,
                       help=argparse.SUPPRESS)
    words.add_argument("--started", type=float, default=time.time(),
                       help=argparse.SUPPRESS)
    opts = words.parse_args()
    if opts.households < 1000:
        words.error("the story needs at least 1000 households")
    return opts


def make_folder(keep):
    if keep is None:
        return tempfile.mkdtemp(prefix="padu-story.")
    try:
        os.makedirs(keep, mode=0o700, exist_ok=True)
        there = os.listdir(keep)
    except OSError as e:
        print(f"story: {keep} cannot be used: {e.strerror}: nothing was done. "
              "Name another folder.", file=sys.stderr)
        sys.exit(2)
    if there:
        print(f"story: {keep} is not empty: nothing was done. Name another "
              "folder.", file=sys.stderr)
        sys.exit(2)
    return os.path.abspath(keep)


def run(opts, folder):
    world = World(os.path.abspath(opts.build), folder, opts.seed,
                  opts.households)
    try:
        tell(world, Progress(len(STEPS)))
        line = check(world, time.time() - opts.started)
        if not opts.once:
            print(line)
            try:
                show_around(world)
            except KeyboardInterrupt:
                print("\nstory: stopping")
        return line
    finally:
        world.close()


def main():
    opts = parse_words()
    folder = make_folder(opts.keep)
    # A terminated story cleans up as an interrupted one does.
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)
    line, failed, told = "", 0, False
    try:
        line = run(opts, folder)
    except Failed as e:
        failed = 1
        print(f"\nstory: this did not hold: {e}", file=sys.stderr)
    except KeyboardInterrupt:
        failed = 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if opts.keep is None and (failed != 1 or not keep_failed()):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"story: everything is in {folder}")
    if line:
        print(line)
    return failed


def keep_failed():
    """Tests set this, to look into what went wrong."""
    return os.environ.get("PADU_STORY_KEEP_FAILED", "") != ""


if __name__ == "__main__":
    sys.exit(main())
