"""story_desk: the steps from the first decision to the last proof.

As in story_field: each takes the world and shows what it showed.
"""
import os

from padu import Failed, Refused, wait_for
from story_field import must, record
from story_world import APPROVER, ENUMERATORS, REVIEWER

RETURN_REASON = "Alamat tidak cocok dengan peta desa, mohon dikunjungi lagi"


def shown_conflicts(world, record_id):
    """The stamp of a record and its registers in conflict."""
    shown = world.server.call("show", record_id)
    registers = shown["record"]["registers"]
    return shown["record"]["stamp"], [r for r in registers if r["conflict"]]


def settle(world, record_id, stamp, register, n, who):
    """Keep one head's value, or write another one, by turns."""
    args = ("decide", record_id, register["register"], "--shown", stamp,
            "--as", who, "--note", "dibandingkan dengan kunjungan")
    heads = [h for h in register["heads"] if "import" not in h]
    if n % 2 == 0:
        world.server.call(*args, "--take", heads[n // 2 % len(heads)]["set"])
    else:
        value = dict(heads[0]["value"])
        field = next(iter(value))
        if field == "lantai":
            value[field] = "9"
        # Not on the command line, which others see.
        world.server.call(*args, "--value", "-", stdin="".join(
            "%s=%s\n" % item for item in value.items()))
    world.ack("decided", record_id, register["register"])


def decide(world, count):
    found = world.server.rows("findings", "--kind", "conflict")[0]
    ids = sorted({f["record"] for f in found}, key=int)
    world.must_refuse("a decision by an enumerator", "untrusted",
                      world.server, *stale(world, ids[0],
                                           ENUMERATORS["SR"][0]))
    n = 0
    for record_id in ids:
        while True:
            stamp, registers = shown_conflicts(world, record_id)
            if not registers:
                break
            count(f"{n + 1}: {registers[0]['register']}")
            # The last one is settled by the approver: see approve().
            who = APPROVER if record_id == ids[-1] else REVIEWER
            if n == 0:
                args = stale(world, record_id, REVIEWER)
            settle(world, record_id, stamp, registers[0], n, who)
            n += 1
            if n == 1:
                world.must_refuse("a decision on what was shown before",
                                  "conflict", world.server, *args)
    world.decided_by_approver = ids[-1]
    left = world.server.call("status")["findings"]["conflict"]
    must(left == 0, f"{left} conflicts are left")
    gone = decide_gone(world)
    for laptop in world.laptops:
        laptop.call("sync")
        left = laptop.call("status")["conflicts"]
        must(left == 0, f"a laptop still shows {left} conflicts")
    return (f"{n} conflicts settled, by turns taking a value and writing "
            f"another, and {gone} deletes against updates; the laptops know")


def stale(world, record_id, who):
    """A decision on the record as it is now."""
    stamp, registers = shown_conflicts(world, record_id)
    return ("decide", record_id, registers[0]["register"], "--take",
            registers[0]["heads"][0]["set"], "--shown", stamp, "--as", who)


def decide_gone(world):
    """Families that one person found gone and another one visited: there."""
    found = world.server.rows("findings", "--kind", "deleted_updated")[0]
    ids = sorted({f["record"] for f in found}, key=int)
    for record_id in ids:
        shown = world.server.call("show", record_id)["record"]
        register = next(r for r in shown["registers"] if r["number"] == 1)
        field = "keberadaan_kel" if shown["kind"] == "household" \
            else "keberadaan_ind"
        world.server.call("decide", record_id, register["register"],
                          "--value", "-", "--shown", shown["stamp"],
                          "--as", REVIEWER, stdin=f"{field}=1\n"
                          f"tgl_peristiwa{field[10:]}=\n"
                          f"alasan{field[10:]}=\n")
    left = world.server.call("status")["findings"]["deleted_updated"]
    must(left == 0, f"{left} deletes against updates are left")
    return len(ids)


def send_back(world, count):
    visit = next(v for v in world.visits if v["label"] == "SR")
    world.server.call("return", visit["visit"], "--reason", RETURN_REASON,
                      "--as", REVIEWER)
    laptop = world.laptops[0]
    laptop.call("sync")
    rows = laptop.rows("returns")[0]
    must(any(r["visit"] == visit["visit"] and r["reason"] == RETURN_REASON
             for r in rows), "the returned visit did not reach its laptop")
    must(not world.laptops[1].rows("returns")[0],
         "a return reached a laptop that it is not for")
    return f"a visit of SR came back to its laptop with its reason"


# ---- approvals -------------------------------------------------------------


def approve_one(world, household):
    """A household with its members; what now stands is written down."""
    members = world.server.call("show", household)["members"]
    world.server.call("approve", "--household", household, "--as", APPROVER)
    for record_id in (household, *members):
        world.ack("approved", record_id)
        world.approved.add(record_id)
    return members


def approve(world, count):
    world.approved = set()
    world.must_refuse("an approval by an enumerator", "untrusted",
                      world.server, "approve", "--household",
                      world.visits[0]["household"], "--as",
                      ENUMERATORS["SR"][0])
    world.must_refuse("an approval by who wrote a part of it", "invalid",
                      world.server, "approve", world.decided_by_approver,
                      "--as", APPROVER)
    blocked = {r["record"] for r in world.server.rows("findings")[0]
               if r["blocks"]} | {world.decided_by_approver}
    left = 0
    for n, (household, members) in enumerate(world.households.items(), 1):
        count(f"{n} of {len(world.households)}")
        if blocked.isdisjoint((household, *members)):
            approve_one(world, household)
            continue
        left += 1
        world.must_refuse("a household with an open finding", "invalid",
                          world.server, "approve", "--household", household,
                          "--as", APPROVER)
    must(len(world.approved) >= 300,
         f"only {len(world.approved)} records were approved")
    return (f"{len(world.approved)} records validated by who wrote none of "
            f"them; {left} households wait for an open finding")


# ---- upward ----------------------------------------------------------------


def forward(world, count):
    receiver = world.receiver
    waiting = world.outbox()
    must(waiting == len(world.approved),
         f"{waiting} records wait to go up, {len(world.approved)} were "
         "validated")
    wait_for("a try while the receiver is down",
             lambda: world.server.call("status")["forward"]["records"][
                 "sending"] > 0)
    os.makedirs(receiver.folder, exist_ok=True)
    for mode, times in (("500", 2), ("slow", 1), ("silent", 2), ("down", 1)):
        count(f"the receiver: {mode}")
        receiver.misbehave(mode, times)
        if receiver.daemon is None:
            receiver.run(world.server.call("status")["forward_key"])
        wait_for(f"requests to the receiver while it is: {mode}",
                 receiver.behaves)
    count("the receiver is well")
    world.wait_delivered()
    return (f"{waiting} records, through a receiver that was down, said 500, "
            "was slow, and fell silent after having accepted")


def undone(world, count):
    """A later write, and what it does to an approval."""
    laptop = world.laptops[0]
    household = next(h for h in world.households
                     if h in world.approved and h != world.visits[0]
                     ["household"] and any(
                         v["household"] == h and v["label"] == "SR"
                         for v in world.visits))
    house = laptop.call("show", household)
    old = house["fields"].get("luas_lantai", "")
    record(world, laptop, "SR", {"id": household},
           {"fields": {"luas_lantai": "77" if old != "77" else "78"},
            "shown": house["shown"]})
    laptop.call("sync")
    found = world.server.rows("findings", "--kind", "approval_undone")[0]
    must([f["record"] for f in found] == [household],
         "a later write did not undo the approval, or undid others")
    world.ack("undone", household)
    approve_one(world, household)
    world.wait_delivered()
    return ("a later visit undid an approval: a correction went up, and the "
            "record again once it was approved again")


# ---- proofs ----------------------------------------------------------------


def prove(world, count, what):
    count("rebuild")
    built = world.server.call("rebuild")
    must(built["same"] and built["differ"] == 0 and built["records"] > 0,
         f"{what}: the records made again from the log differ in "
         f"{built['differ']}")
    count("verify-log")
    log = world.server.call("verify-log")
    must(log["faults"] == 0 and log["gaps"] == 0,
         f"{what}: {log['faults']} faults and {log['gaps']} gaps in the log")
    return built, log


def rebuild(world, count):
    built, log = prove(world, count, "after the story")
    must(log["erased"] == 0, "something was erased by itself")
    return (f"{built['records']} records made again from {built['sets']} "
            f"change sets, digest {built['digest'][:16]}… the same; "
            f"{log['entries']} entries of the log hold")


def redact(world, count):
    """A person who was validated and sent up is erased everywhere."""
    household = next(v["household"] for v in world.visits
                     if v["label"] == "AN" and v["household"] in
                     world.approved)
    person = world.households[household][0]
    done = world.server.call("redact", person, "--reason",
                             "permohonan penghapusan", "--as", APPROVER)
    world.ack("redacted", person)
    must(done["sets"] > 0, "the person was in no change set")
    try:
        world.server.call("show", person)
    except Refused as no:
        must(no.status == "notfound", f"after the erasure: {no}")
    else:
        raise Failed("the erased person is still shown")
    world.wait_delivered()
    _, log = prove(world, count, "after the erasure")
    must(log["erased"] == done["sets"],
         f"{log['erased']} sets hold erased rows, {done['sets']} should")
    for laptop in world.laptops:
        laptop.call("sync")
    return (f"a person's rows erased from {done['sets']} change sets, the "
            "upstream told; records and log still hold")


def export(world, count):
    world.server.stop()
    for laptop in world.laptops:
        laptop.stop()
    done = world.server.call("log", "export", world.path("log"))
    return f"{done['entries']} change sets written out for the checker"


STEPS = (
    ("decisions", decide),
    ("a visit returned", send_back),
    ("approvals", approve),
    ("upward", forward),
    ("an approval undone", undone),
    ("rebuild, verify", rebuild),
    ("erasure", redact),
    ("export", export),
)
