"""story_field: the steps from the first region to the last upload.

Each takes the world and a function that shows what goes on, and returns a
sentence about what it showed; what does not hold raises padu.Failed.
"""
import json
import os
import threading

import story_visits
from padu import Failed, Refused, wait_for
from story_world import (APPROVER, AUTHORITY, DISTRICTS, ENUMERATORS, KDF,
                         OFFICE, REVIEWER)

NSIDE = 85    # households that each laptop visits alone, by its first person
NSECOND = 45  # and by the second person of laptop 2
OLD_CODE, ITS_SUCCESSOR = "72.01.09.2015", "72.01.24.2001"


def must(true, sentence):
    if not true:
        raise Failed(sentence)


def regions(world, count):
    made = world.server.call("init", "--authority", AUTHORITY, "--name",
                             OFFICE)
    world.ack("server", made["fingerprint"])
    world.start_server()
    world.save_card()
    call = world.server.call
    must(call("region", "64.02.10")["code"] == "64.02.10",
         "the region 64.02.10 came back as another code")
    world.must_refuse("the code 64.2.10", "invalid", world.server, "region",
                      "64.2.10")
    old = call("region", OLD_CODE)
    must(not old["valid"] and old["successor"]["code"] == ITS_SUCCESSOR,
         f"the old code {OLD_CODE} is not shown with its successor")
    return (f"64.02.10 is {call('region', '64.02.10')['name']}; "
            f"{OLD_CODE} ended {old['valid_to']}, now {ITS_SUCCESSOR}")


def prelist(world, count):
    truth = world.truth
    sums = {"loaded_families": 0, "loaded_members": 0, "bad_rows": 0,
            "already": 0}
    for again in (False, True):
        sums = dict.fromkeys(sums, 0)
        for district in DISTRICTS:
            count(f"{district}{', again' if again else ''}")
            done = world.server.call(
                "import", "prelist",
                world.path("prelist", f"prelist-{district}.csv"),
                "--report", world.path("prelist", f"report-{district}.csv"))
            for name in sums:
                sums[name] += done[name]
            must(done["rows"] == done["members"] + done["bad_rows"] +
                 done["blank"], f"{district}: the counts do not add up")
        must(sums["bad_rows"] == truth.refused,
             f"{sums['bad_rows']} bad rows were reported, {truth.refused} "
             "are bad")
        loaded = (sums["loaded_families"], sums["loaded_members"])
        if again:
            must(loaded == (0, 0), "importing twice changed something")
        else:
            must(loaded == (len(truth.families), truth.loaded_persons),
                 f"{loaded} families and members were loaded of "
                 f"{len(truth.families)} and {truth.loaded_persons}")
    return (f"{len(truth.families)} families, {truth.loaded_persons} members "
            f"loaded, {truth.refused} bad rows reported; the second import "
            "changed nothing")


def sample(world, count):
    world.make_sample()
    sizes = sum(os.path.getsize(world.path("prelist", n))
                for n in os.listdir(world.path("prelist"))
                if n.endswith(".csv"))
    must(len(world.truth.families) >= 1000, "fewer than 1000 families")
    return f"{len(DISTRICTS)} files as offices send them, {sizes >> 10} kB"


def people(world, count):
    persons = {}
    for label, (name, _, _) in ENUMERATORS.items():
        persons[label] = world.server.call(
            "person", "add", "--name", name, "--role", "enumerator")["person"]
    world.server.call("person", "add", "--name", REVIEWER, "--role",
                      "reviewer")
    world.server.call("person", "add", "--name", APPROVER, "--role",
                      "approver")
    url = f"http://127.0.0.1:{world.link.port}"
    first = {}
    for label, (name, at, villages) in ENUMERATORS.items():
        with open(world.laptops[at].passphrase(label), "w",
                  encoding="utf-8") as f:
            f.write(f"empat kata untuk {label}\n")
        words = [w for v in villages for w in ("--village", v)]
        code = world.server.call("enrol", "--person", name, "--label", label,
                                 *words)["code"]
        enrol(world, label, at, url, code, first.get(at))
        first.setdefault(at, label)
        world.must_refuse("a code that was used before", "untrusted",
                          world.laptops[1 - at], "enrol", "--server", url,
                          "--code", code, "--label", "XX", "--kdf", KDF,
                          "--passphrase-file",
                          world.laptops[at].passphrase(label),
                          *joining(world.laptops[1 - at], first.get(1 - at)))
    for laptop in world.laptops:
        note_writers(world, laptop, first[world.laptops.index(laptop)],
                     persons)
    return "3 enumerators on 2 laptops, each code good once"


def note_writers(world, laptop, label, persons):
    """Which writer each label is, as the laptop's status lists them."""
    people = laptop.call("status", *laptop.login(label))["people"]
    laptop.writers = {p["label"]: p["writer"] for p in people}
    for name, writer in laptop.writers.items():
        world.ack("writer", writer, persons[name])


def joining(laptop, label):
    if label is None:
        return ()
    return ("--as", label, "--as-passphrase-file", laptop.passphrase(label))


def enrol(world, label, at, url, code, first):
    laptop = world.laptops[at]
    laptop.call("enrol", "--server", url, "--code", code, "--label", label,
                "--passphrase-file", laptop.passphrase(label), "--kdf", KDF,
                *joining(laptop, first))


def receive(world, count):
    """Households come down; then nothing is there but the laptops."""
    got = []
    for laptop, label in zip(world.laptops, ("SR", "BD")):
        laptop.run()
        laptop.unlock(label)
        laptop.call("sync")
        got.append(laptop.call("status"))
    must(got[1]["households"] == len(world.truth.families),
         f"laptop 2 received {got[1]['households']} households of "
         f"{len(world.truth.families)}")
    must(0 < got[0]["households"] < got[1]["households"],
         "laptop 1 received households outside its villages")
    world.server.stop()
    world.link.up = False
    return (f"{got[0]['households']} and {got[1]['households']} households, "
            "each laptop its own villages; server stopped, line cut")


# ---- visits --------------------------------------------------------------


def record(world, laptop, label, house, part, ago=0):
    """One visit; what the program confirmed is written down outside it."""
    doc = {"key": f"{label}-{len(world.visits) + 1}",
           "household": house["id"], "day": world.day(ago), **part}
    answer = laptop.call("visit", stdin=json.dumps(doc))
    writer = laptop.writers[label]
    world.ack("visit", answer["visit"], label, writer, answer["household"])
    world.visits.append({"visit": answer["visit"], "label": label,
                         "household": house["id"], "at": laptop})
    world.households.setdefault(house["id"], []).extend(
        m for m in house.get("members", ())
        if m not in world.households.get(house["id"], ()))
    return doc, answer


def visit_all(world, laptop, label, houses, count):
    """Whole visits, each member too."""
    for n, house in enumerate(houses, 1):
        count(f"{label}: {n} of {len(houses)}")
        shown = laptop.call("show", house["id"])
        part = story_visits.usual(world.truth, world.rng, shown,
                                  shown["members"])
        part["shown"] = shown["shown"]
        record(world, laptop, label, house, part)


def districts_of(laptop):
    """Its households, by district, in the order of their ids."""
    by = {}
    for row in sorted(laptop.rows("list")[0], key=lambda r: int(r["id"])):
        by.setdefault(row["village"][:8], []).append(row)
    return by


def visit_one(world, count):
    """Laptop 1: half of the pairs' parts, its own visits, a late paper."""
    laptop = world.laptops[0]
    houses = districts_of(laptop)[DISTRICTS[0]]
    world.pairs = story_visits.pair_parts(houses)
    for what, house, part, _ in world.pairs:
        record(world, laptop, "SR", house, part)
    alone = houses[story_visits.NPAIRS:story_visits.NPAIRS + NSIDE]
    visit_all(world, laptop, "SR", alone[:NSIDE // 2], count)

    # As when the battery goes: all that was confirmed must be there.
    laptop.kill()
    laptop.run()
    laptop.unlock("SR")
    there = {row["visit"] for row in laptop.rows("visits")[0]}
    must(all(v["visit"] in there for v in world.visits),
         "a visit was confirmed and is gone after the laptop was killed")
    visit_all(world, laptop, "SR", alone[NSIDE // 2:], count)

    # A form on paper that was filled in ten days ago is typed in now.
    paper = alone[0]
    record(world, laptop, "SR", paper,
           {"fields": {"jml_kambing": "9"}, "note": "dari formulir kertas"},
           ago=10)
    world.paper = paper["id"]
    doc = {"key": "SR-1", "household": houses[0]["id"],
           "day": world.day(), **world.pairs[0][2]}
    again = laptop.call("visit", stdin=json.dumps(doc))
    must(again["visit"] == world.visits[0]["visit"],
         "the same visit, handed in twice, was taken for two")
    return (f"{len(world.visits)} visits of SR, offline; laptop killed in "
            "between, nothing lost")


def visit_two(world, count):
    """Laptop 2: two people, one after the other."""
    laptop = world.laptops[1]
    before = len(world.visits)
    houses = districts_of(laptop)
    for what, house, _, part in world.pairs:
        record(world, laptop, "BD", house, part)
    visit_all(world, laptop, "BD", houses[DISTRICTS[1]][:NSIDE], count)

    # BD has it unlocked: nothing can be written as AN, not even with AN's
    # own passphrase beside it.
    house = houses[DISTRICTS[1]][NSIDE]
    doc = {"key": "forged", "household": house["id"], "day": world.day(),
           "fields": {"lantai": "9"}}
    for whose in ("AN", "BD"):
        world.must_refuse(
            "a visit as AN in BD's session", "conflict", laptop, "visit",
            "--label", "AN", "--passphrase-file", laptop.passphrase(whose),
            stdin=json.dumps(doc))
    laptop.lock()
    world.must_refuse("a visit as AN with BD's passphrase", "locked", laptop,
                      "visit", "--label", "AN", "--passphrase-file",
                      laptop.passphrase("BD"), stdin=json.dumps(doc))
    laptop.unlock("AN")
    second = houses[DISTRICTS[1]][NSIDE:NSIDE + NSECOND]
    visit_all(world, laptop, "AN", second, count)
    laptop.lock()
    must(len(world.visits) >= 220, "fewer than 220 visits")
    return (f"{len(world.visits) - before} visits of BD and AN, offline; "
            "neither could write as the other")


# ---- sync ----------------------------------------------------------------


def offline(world, count):
    """Both at once: each tries for some seconds before it gives up."""
    said = []

    def sync(laptop):
        try:
            laptop.call("sync")
            said.append("done")
        except Refused as no:
            said.append(no.status)

    threads = [threading.Thread(target=sync, args=(laptop,))
               for laptop in world.laptops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    must(said == ["busy", "busy"], f"without a line a sync said {said}")
    return "both say 'not now', and everything is kept"


def spool_bytes(laptop):
    """What waits to be sent, as it lies in the folder."""
    return sum(os.path.getsize(os.path.join(where, name))
               for where, _, names in os.walk(os.path.join(laptop.folder,
                                                           "spool"))
               for name in names)


def killed_upload(world, count):
    """The server is killed while it takes the first upload."""
    laptop = world.laptops[0]
    world.start_server()
    world.link.up = True
    laptop.lock()  # signs what is open, so that it lies in the spool
    waiting = spool_bytes(laptop)
    laptop.unlock("SR")
    seen = {}

    def kill():
        # What has arrived may be in a buffer yet: give it a moment.
        threading.Event().wait(0.3)
        world.server.kill()
        parts = os.path.join(world.server.folder, "parts")
        seen["parts"] = sum(os.path.getsize(os.path.join(parts, n))
                            for n in os.listdir(parts))
        world.start_server()

    # The head of the request has some 350 bytes: this is within the bundle.
    sent = 600 + waiting // 2
    world.link.cut_after(sent, kill)
    done = laptop.call("sync", timeout=120)
    must("parts" in seen, "the upload was too small to be cut")
    # A large bundle lies in a file by then; a small one is in memory until
    # the line breaks, and is sent once more.  Neither is a whole one.
    must(seen["parts"] < waiting,
         f"all {waiting} bytes had arrived: not in mid-upload")
    must(done["merged"] == done["sent"] > 0,
         f"of {done['sent']} change sets {done['merged']} were merged")
    mine = {v["visit"] for v in world.visits if v["at"] is laptop}
    check_delivered(laptop, mine)
    return (f"killed after {sent} bytes, {seen['parts']} of them in a file; "
            f"sent again by itself: {done['merged']} change sets, "
            f"{len(mine)} visits delivered")


def check_delivered(laptop, visits):
    rows = {r["visit"]: r["state"] for r in laptop.rows("visits")[0]}
    lost = [v for v in visits if rows.get(v) != "delivered"]
    must(not lost, f"{len(lost)} of {len(visits)} visits are not delivered")


def locked_sync(world, count):
    """Laptop 2 is locked: it can send all the same, and read nothing."""
    laptop = world.laptops[1]
    done = laptop.call("sync")
    must(done["locked"] and done["merged"] == done["sent"] > 0,
         "a locked laptop could not send what was signed")
    laptop.unlock("BD")
    mine = {v["visit"] for v in world.visits if v["at"] is laptop}
    check_delivered(laptop, mine)
    for each in world.laptops:
        each.call("sync")
    status = world.server.call("status")
    found = status["findings"]
    must(status["sets"]["quarantined"] == 0, "a set was quarantined")
    must(found["conflict"] >= 20, f"only {found['conflict']} conflicts")
    for kind in ("deleted_updated", "edited_together", "older_shown"):
        must(found[kind] > 0, f"nothing was found: {kind}")
    must(world.paper in {r["record"] for r in world.server.rows(
        "findings", "--kind", "older_shown")[0]},
         "the late paper visit was not noticed")
    return (f"{len(mine)} visits delivered while locked; "
            f"{found['conflict']} conflicts, "
            f"{found['edited_together']} edited together, "
            f"{found['deleted_updated']} deleted against updated, "
            f"{found['older_shown']} older shown")


STEPS = (
    ("a sample regency", sample),
    ("regions", regions),
    ("prelist", prelist),
    ("people and laptops", people),
    ("households to the laptops", receive),
    ("laptop 1", visit_one),
    ("laptop 2", visit_two),
    ("no line", offline),
    ("upload, server killed", killed_upload),
    ("second upload, merge", locked_sync),
)
