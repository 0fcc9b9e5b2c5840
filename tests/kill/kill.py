"""kill.py BUILD ROUNDS: a small story on the real programs, again and again,
each time with one of them killed at another of its I/O calls.

A first round, in which nobody is killed, counts the calls of every process
of the story; the kills are spread evenly over all of them.  After a kill the
user does what users do: start it again, ask again.  What was acknowledged is
written down here, outside the killed processes.  In the end every
acknowledged visit must be in the server's log exactly once, and no other;
and the receiver upstream must hold what was approved, each record once, and
not the one that was erased afterwards.
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from padu import (  # noqa: E402
    Failed, Program, Receiver, Refused, free_port, wait_for)

BUILD, ROUNDS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
SERVER = os.path.join(BUILD, "sync-server/padu-server")
AGENT = os.path.join(BUILD, "agent/padu-agent")
PLUG = os.path.join(BUILD, "tests/kill/killpoint.so")
VILLAGE = "64.02.05"
LATER = "64.02.06"  # imported while the server runs
PEOPLE = {"lapA": "BD", "lapB": "DK"}


class Story:
    """One run, from a copy of the prepared folder."""

    def __init__(self, template, folder, port, victim=None, at=0, log=None):
        shutil.copytree(template, folder)
        self.folder, self.port = folder, port
        self.victim, self.at, self.log = victim, at, log
        env = {"PADU_REGIONS": os.path.join(
            BUILD, "common/place/regions.csv")}
        self.server = Program(SERVER, os.path.join(folder, "srv"), env)
        self.laptops = {
            name: Program(AGENT, os.path.join(folder, name), {
                "PADU_LABEL": label,
                "PADU_PASSPHRASE_FILE": os.path.join(folder, "pass")})
            for name, label in PEOPLE.items()}
        self.receiver = Receiver(os.path.join(BUILD, "tests/lib/receiver"),
                                 os.path.join(folder, "up"))
        self.acked = {}
        self.killed = 0
        self.again = False  # was the last order asked for more than once?

    def plug(self, step):
        """The environment that counts, or kills, the process of a step."""
        env = {}
        if self.log is not None:
            env = {"LD_PRELOAD": PLUG,
                   "KILLPOINT_LOG": os.path.join(self.log, step)}
        elif step == self.victim:
            env = {"LD_PRELOAD": PLUG, "KILLPOINT_AT": str(self.at),
                   "KILLPOINT_LOG": os.path.join(self.folder, "died")}
        return env

    def start_server(self, env):
        self.server.start("--listen", f"127.0.0.1:{self.port}",
                          "--upstream", self.receiver.url,
                          "--backoff-ms", "50:300", "--forward-batch", "2",
                          ready="listening on", env=env)

    def revive_server(self):
        if self.server.daemon is not None and \
                self.server.daemon.poll() is None:
            return
        if self.server.daemon is not None:
            self.killed += self.server.daemon.returncode == -9
            self.server.kill()
        self.start_server({})

    def ask(self, step, program, *args, stdin=None):
        """One command, asked again until it is answered."""
        env = self.plug(step)
        for tries in range(6):
            self.again = tries > 0
            try:
                return program.call(*args, stdin=stdin, env=env, timeout=60)
            except Refused as no:
                last = no
                self.killed += no.status == "killed"
                if no.status not in ("killed", "busy", "io", "7", "1",
                                     "untrusted", "8"):
                    raise
            except subprocess.TimeoutExpired as slow:
                last = Failed(f"{step} did not end: {slow}")
            env = {}
            if self.server.daemon is not None:
                self.revive_server()
        raise last

    def visit(self, step, laptop, household, fields):
        form = {"key": step, "household": household, "day": "2026-11-20",
                "fields": fields}
        got = self.ask(step, self.laptops[laptop], "visit",
                       stdin=json.dumps(form))
        self.acked[step] = got["visit"]

    def run(self):
        a, b, c = households(self.laptops["lapA"])[:3]
        members = [x["id"] for x in
                   self.laptops["lapA"].call("show", c)["members"]]
        self.visit("visit-1", "lapA", a, {"lantai": "3", "rt": "001"})
        self.visit("visit-2", "lapA", b, {"lantai": "5"})
        self.visit("visit-3", "lapB", a, {"lantai": "6"})
        os.mkdir(self.receiver.folder)
        self.receiver.run(self.server.call("status")["forward_key"])
        try:
            self.start_server(self.plug("server"))
        except Failed:
            self.revive_server()
        self.ask("sync-1", self.laptops["lapA"], "sync")
        self.ask("sync-2", self.laptops["lapB"], "sync")
        self.visit("visit-4", "lapB", c, {"dinding": "2"})
        self.ask("sync-3", self.laptops["lapB"], "sync")
        self.ask("sync-4", self.laptops["lapA"], "sync", "--pull")
        show = self.ask("show", self.server, "show", a)
        self.ask("return", self.server, "return", self.acked["visit-2"],
                 "--reason", "periksa lantai", "--as", "Rina")
        self.settle(a, show)
        self.ask("import", self.server, "import", "prelist",
                 os.path.join(self.folder, "pre", f"prelist-{LATER}.csv"))
        self.ask("approve", self.server, "approve", "--household", c,
                 "--as", "Joko")
        self.arrive([c, *members])
        self.erase(members[0])
        self.ask("sync-5", self.laptops["lapA"], "sync", "--pull")
        self.arrive([c, *members[1:]])
        self.server.stop()

    def arrive(self, records):
        """Wait until just these stand upstream."""
        def there():
            if self.server.daemon.poll() is not None:
                self.revive_server()
            return self.receiver.standing() == sorted(records)

        wait_for(f"{records} upstream", there)

    def settle(self, record, show):
        """Decide; asked again after a kill it may have been settled."""
        head = find_conflict(show)
        if head is None:
            raise Failed("two people disagreed, and no conflict is shown")
        try:
            self.ask("decide", self.server, "decide", record, "lantai",
                     "--take", head, "--shown", stamp(show), "--as", "Rina")
        except Refused as no:
            if no.status not in ("conflict", "5", "notfound", "4") or \
                    not self.again:
                raise

    def erase(self, person):
        """Erase; asked again after a kill they may have been."""
        try:
            self.ask("redact", self.server, "redact", person, "--reason",
                     "permohonan", "--as", "Joko")
        except Refused as no:
            if no.status not in ("conflict", "5") or not self.again:
                raise

    def end(self):
        self.server.kill()
        self.receiver.kill()

    def check(self):
        out = os.path.join(self.folder, "log")
        self.server.call("log", "export", out)
        self.server.call("verify-log")
        self.server.call("rebuild")
        done = subprocess.run([os.path.join(BUILD, "tests/kill/logvisits"),
                               out], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise Failed(f"doubled: {done.stderr.strip()}")
        there = collections.Counter(done.stdout.split())
        lost = [k for k, v in self.acked.items() if v not in there]
        if lost:
            raise Failed(f"acknowledged and not in the log: {lost}")
        more = set(there) - set(self.acked.values())
        if more:
            raise Failed(f"in the log and never acknowledged: {more}")


def households(laptop):
    done = subprocess.run(
        [laptop.binary, "list", "--dir", laptop.folder, "--json"],
        capture_output=True, text=True, env=laptop.env, check=True)
    rows = [json.loads(x) for x in done.stdout.splitlines()]
    return [x["row"]["id"] for x in rows if "row" in x]


def walk(value):
    yield value
    for part in (value.values() if isinstance(value, dict) else
                 value if isinstance(value, list) else ()):
        yield from walk(part)


def find_conflict(show):
    """The set id of a head of the register lantai, where heads differ."""
    for part in walk(show):
        if isinstance(part, dict) and part.get("register") == "lantai" and \
                len(part.get("heads", [])) > 1:
            return part["heads"][0]["set"]
    return None


def stamp(show):
    for part in walk(show):
        if isinstance(part, dict) and "stamp" in part:
            return part["stamp"]
    raise Failed("no stamp is shown")


def prepare(folder, port):
    """A server with 30 households, two laptops that hold them."""
    env = {"PADU_REGIONS": os.path.join(BUILD, "common/place/regions.csv")}
    server = Program(SERVER, os.path.join(folder, "srv"), env)
    with open(os.path.join(folder, "pass"), "w", encoding="utf-8") as text:
        text.write("sungai padi kayu batu")
    pre = os.path.join(folder, "pre")
    subprocess.run([os.path.join(BUILD, "tests/lib/sample"), "--seed", "5",
                    "--households", "30", "--kecamatan",
                    f"{VILLAGE},{LATER}",
                    "--out", pre, "--regions", env["PADU_REGIONS"]], check=True,
                   stdout=subprocess.DEVNULL)
    server.call("init", "--authority", "6402", "--name", "Dinas Contoh")
    server.call("person", "add", "--name", "Rina", "--role", "reviewer")
    server.call("person", "add", "--name", "Joko", "--role", "approver")
    server.call("import", "prelist",
                os.path.join(pre, f"prelist-{VILLAGE}.csv"))
    server.start("--listen", f"127.0.0.1:{port}", ready="listening on")
    for name, label in PEOPLE.items():
        server.call("person", "add", "--name", f"Petugas {label}", "--role",
                    "enumerator")
        code = server.call("enrol", "--person", f"Petugas {label}", "--label",
                           label, "--village", VILLAGE)["code"]
        laptop = Program(AGENT, os.path.join(folder, name), {
            "PADU_LABEL": label,
            "PADU_PASSPHRASE_FILE": os.path.join(folder, "pass")})
        laptop.call("enrol", "--server", f"http://127.0.0.1:{port}", "--code",
                    code, "--label", label, "--passphrase-file",
                    os.path.join(folder, "pass"), "--kdf", "1:8")
        laptop.call("sync", "--pull")
    server.stop()


def main():
    work = tempfile.mkdtemp(prefix="padu-kill.")
    port = free_port()
    template = os.path.join(work, "template")
    os.mkdir(template)
    prepare(template, port)

    log = os.path.join(work, "sites")
    os.mkdir(log)
    story = Story(template, os.path.join(work, "count"), port, log=log)
    story.run()
    story.check()
    story.end()
    sites = []
    for step in sorted(os.listdir(log)):
        with open(os.path.join(log, step), encoding="utf-8") as text:
            lines = text.read().splitlines()
        sites += [(step, i + 1) for i in range(len(lines))]
        kinds = collections.Counter(
            " ".join(x.split()[1:3]) for x in lines)
        print(f"figure kill sites {step}: {len(lines)} calls: " + ", ".join(
            f"{n}x {k}" for k, n in sorted(kinds.items())))
    rounds = min(ROUNDS, len(sites))
    failed = killed = 0
    for i in range(rounds):
        step, at = sites[i * len(sites) // rounds]
        folder = os.path.join(work, "round")
        story = Story(template, folder, port, step, at)
        try:
            story.run()
            story.check()
        except (Failed, subprocess.SubprocessError) as why:
            failed += 1
            print(f"killed {step} at call {at}: {why}")
            kept = os.path.join(work, f"failed-{failed}")
            story.end()
            shutil.move(folder, kept)
            print(f"kept in {kept}")
        killed += story.killed > 0
        story.end()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"figure kill: {rounds} kills of {len(sites)} I/O calls, {killed} "
          f"of them took effect, {failed} failed")
    print(f"{'not ok' if failed else 'ok'} kill: {rounds} kills over the "
          "story, no acknowledged visit lost or doubled")
    if not failed:
        shutil.rmtree(work)
    return failed > 0


sys.exit(main())
