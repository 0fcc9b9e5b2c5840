"""story_world: what a story has on its table: programs, people, papers.

    World(build, folder, seed)      one server, two laptops, one receiver
      .server .laptops .receiver    the real programs; Link is their line
      .ack(kind, ...)               what a program has confirmed, written
                                    down outside of it before the next step
      .close()                      ends what was started here, by its id

In the folder:  prelist/ (files and their truth), server/, laptop-1/,
laptop-2/, receiver/, log/ (exported at the end), passphrases/, acks.tsv,
card.bin (the server's card) and *.log.
"""
import csv
import datetime
import os
import random
import subprocess
import urllib.request

from padu import Failed, Link, Program, Receiver, Refused, wait_for

AUTHORITY = "6402"
OFFICE = "Dinas Sosial Kutai Kartanegara"
DISTRICTS = ("64.02.05", "64.02.06")

# label: name, laptop, villages.  The people are invented.
ENUMERATORS = {
    "SR": ("Siti Rahmah", 0, ("64.02.05",)),
    "BD": ("Budi Darma", 1, ("64.02.05", "64.02.06")),
    "AN": ("Ani Nurhayati", 1, ("64.02.06",)),
}
REVIEWER = "Rina Kartika"
APPROVER = "Joko Santoso"
KDF = "1:8192"  # quick to unlock: this is a story, not a laptop


class Laptop(Program):
    """One padu-agent; its people each have a passphrase file."""

    def __init__(self, binary, folder, papers):
        super().__init__(binary, folder)
        self.papers = papers

    def passphrase(self, label):
        return os.path.join(self.papers, label)

    def login(self, label):
        return ("--label", label, "--passphrase-file", self.passphrase(label))

    def run(self):
        self.start(ready="^ready")

    def unlock(self, label):
        self.call("unlock", *self.login(label))

    def lock(self):
        self.call("lock")


class Truth:
    """What the generator wrote down beside the files."""

    def __init__(self, folder):
        self.families = {}
        self.persons = {}
        for row in self.read(folder, "truth-families.tsv"):
            if int(row["loaded"]) > 0:
                self.families[row["prelist_id"] or row["no_kk"]] = row
        for row in self.read(folder, "truth-persons.tsv"):
            if row["loaded"] == "1":
                self.persons.setdefault(row["family"], []).append(row)
        self.loaded_persons = sum(map(len, self.persons.values()))
        self.refused = sum(r["loaded"] == "0" for r in
                           self.read(folder, "truth-problems.tsv"))

    @staticmethod
    def read(folder, name):
        with open(os.path.join(folder, name), encoding="utf-8",
                  newline="") as f:
            return list(csv.DictReader(f, delimiter="\t",
                                       quoting=csv.QUOTE_NONE))

    def family(self, household):
        """The truth of a household as a laptop or the server shows it."""
        fields = household["fields"]
        return self.families[fields.get("prelist_id") or fields["no_kk"]]

    def person(self, family, member):
        for row in self.persons[family["family"]]:
            if row["nama"] == member["fields"].get("nama", "") and \
               row["tgl_lahir"] == member["fields"].get("tgl_lahir", ""):
                return row
        return None


class World:
    def __init__(self, build, folder, seed, nhouseholds):
        self.folder = folder
        self.nhouseholds = nhouseholds
        self.seed = seed
        self.rng = random.Random(seed)
        self.sample = os.path.join(build, "tests/lib/sample")
        self.checker = os.path.join(build, "tests/lib/storycheck")
        self.regions = os.path.join(build, "common/place/regions.csv")
        for name in ("prelist", "passphrases"):
            os.makedirs(self.path(name), mode=0o700)
        self.server = Program(
            os.path.join(build, "sync-server/padu-server"),
            self.path("server"), env={"PADU_REGIONS": self.regions})
        agent = os.path.join(build, "agent/padu-agent")
        self.laptops = [Laptop(agent, self.path(f"laptop-{n}"),
                               self.path("passphrases")) for n in (1, 2)]
        self.receiver = Receiver(os.path.join(build, "tests/lib/receiver"),
                                 self.path("receiver"))
        self.link = None
        self.truth = None
        self.address = None
        self.acks = open(self.path("acks.tsv"), "a", encoding="utf-8")
        self.today = datetime.date.today()
        self.visits = []     # visit, household, label, members
        self.households = {}  # id: members, of those visited

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def day(self, ago=0):
        return (self.today - datetime.timedelta(days=ago)).isoformat()

    def ack(self, kind, *fields):
        """Durable before the story goes on."""
        self.acks.write("\t".join((kind, *map(str, fields))) + "\n")
        self.acks.flush()
        os.fsync(self.acks.fileno())

    def make_sample(self):
        done = subprocess.run(
            [self.sample, "--out", self.path("prelist"), "--seed",
             str(self.seed), "--households", str(self.nhouseholds),
             "--kecamatan",
             ",".join(DISTRICTS), "--regions", self.regions],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"the sample was not made: {done.stderr.strip()}")
        self.truth = Truth(self.path("prelist"))

    def start_server(self):
        """Where it listens may differ each time; the link follows."""
        match = self.server.start(
            "--listen", "127.0.0.1:0", "--upstream", self.receiver.url,
            "--forward-batch", 50, "--backoff-ms", "50:400",
            ready=r"^listening on (.*):(\d+)$")
        self.address = f"{match[1]}:{match[2]}"
        if self.link is None:
            self.link = Link(int(match[2]))
        self.link.target = (match[1], int(match[2]))

    def save_card(self):
        with urllib.request.urlopen(
                f"http://{self.address}/v1/server", timeout=10) as reply:
            card = reply.read()
        with open(self.path("card.bin"), "wb") as f:
            f.write(card)

    def outbox(self):
        """Rows that are not yet delivered, refused ones included."""
        forward = self.server.call("status")["forward"]
        return sum(forward[what][state]
                   for what in ("records", "corrections")
                   for state in ("queued", "sending", "refused"))

    def wait_delivered(self, seconds=60.0):
        wait_for("the delivery of everything that was validated",
                 lambda: self.outbox() == 0, seconds)

    def must_refuse(self, what, status, program, *args, **opts):
        """It must say no, with this status; its sentence."""
        try:
            program.call(*args, **opts)
        except Refused as no:
            if no.status != status:
                raise Failed(f"{what} was refused, but as {no.status} and "
                             f"not as {status}: {no}") from no
            return str(no)
        raise Failed(f"{what} was not refused")

    def close(self):
        for program in (*self.laptops, self.server, self.receiver):
            try:
                program.stop()
            except Failed:
                pass
        if self.link is not None:
            self.link.close()
        self.acks.close()
