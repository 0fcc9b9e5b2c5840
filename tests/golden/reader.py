"""reader.py FOLDER: a second reader of the protocol, written from
common/PROTOCOL.md alone.  It reads the golden files in FOLDER and checks
what it can work out by itself: change ids, signatures, hashes, salts, leaves
and roots, seals.  Nothing of Padu's own code is used (primitives.py).
"""
import sys

sys.dont_write_bytecode = True

import ctypes
import hashlib
import pathlib
import struct

from primitives import (SODIUM, Reader, blake, check_signature, hash_of,
                        inflate, key_stream, prefixed, signing_key, unseal,
                        varint)

FOLDER = pathlib.Path(sys.argv[1])


def read_head(head):
    r = Reader(head)
    assert r.take(4) == b"PDU1"
    names = (("kind", 1), ("dictionary", 1), ("authority", 2), ("writer", 4),
             ("seq", 4), ("set_id", 8), ("epoch", 4), ("instrument", 2),
             ("fields", 2), ("nrows", 2), ("ntoggles", 2), ("body_len", 4),
             ("inflated_len", 4), )
    h = {name: r.u(length) for name, length in names}
    for name in ("prev", "body_hash", "root"):
        h[name] = r.take(32)
    r.finish()
    return h


def read_patterns(r, npatterns):
    kinds = [r.u(1) for _ in range(npatterns)]
    counts = [r.v() + 1 for _ in range(npatterns)]
    patterns = []
    for kind, count in zip(kinds, counts):
        regs = [r.v()]
        for _ in range(count - 1):
            regs.append(regs[-1] + 1 + r.v())
        patterns.append((kind, regs))
    return patterns


def read_visits(r, h, n, present):
    visits = [{"person": 0, "note": b""} for _ in range(n)]
    before = h["authority"] << 49 | h["writer"] << 29
    for visit in visits:
        before = visit["id"] = (before + r.sv()) % 2**64
    before = 0
    for visit in visits:
        before = visit["ms"] = before + r.sv()
    for visit in visits:
        visit["hlc"] = visit["ms"] << 16 | r.v()
    for visit in visits:
        visit["day"] = r.sv() + visit["ms"] // 86400000
    if present & 1:
        for visit in visits:
            visit["person"] = r.v()
        lengths = [r.v() for _ in visits]
        for visit, length in zip(visits, lengths):
            visit["note"] = r.take(length)
    return visits


def read_rows(r, h, patterns, visits):
    rows = [{} for _ in range(h["nrows"])]
    before = None
    for row in rows:
        before = ((h["authority"] << 49) + r.sv() if before is None
                  else before + 1 + r.v())
        row["id"] = before
    table = [0, len(patterns)]
    for row in rows:
        row["pattern"] = r.back(table)
        row["kind"], row["regs"] = patterns[row["pattern"]]
    assert table[0] == table[1]
    index = 0
    for row in rows:
        index += r.sv()
        row["visit"] = visits[index]
    codes = [r.v() for _ in rows]
    epoch = version = 0
    for row, code in zip(rows, codes):
        if code == 2:
            version += r.sv()
        elif code == 3:
            epoch, version = r.v(), r.v()
        row["shown"] = (epoch, version) if code != 0 else (0, 0)
    return rows


def read_names(r, rows, sets, present):
    for row in rows:
        row["also"] = r.v() if present & 2 else 0
    codes = [r.u(1) if present & 4 else 0 for _ in rows]
    last = {}
    for row, code in zip(rows, codes):
        n = len(row["regs"])
        if code & 4:
            row["counts"] = last[row["pattern"]]
        elif code >= 2:
            row["counts"] = [r.v() for _ in range(n)]
        else:
            row["counts"] = [code] * n
        if code >= 2:
            last[row["pattern"]] = row["counts"]
    table = [0, len(sets)]
    for row in rows:
        row["also"] = [sets[r.back(table)] for _ in range(row["also"])]
    for row, code in zip(rows, codes):
        if code & 3 in (1, 2):
            one = sets[r.back(table)]
            row["preds"] = [[one] * n for n in row["counts"]]
        else:
            row["preds"] = [[sets[r.back(table)] for _ in range(n)]
                            for n in row["counts"]]
    assert table[0] == table[1]


def read_values(r, rows, npatterns):
    order = {}
    for pattern in range(npatterns):
        for row in (row for row in rows if row["pattern"] == pattern):
            row["values"] = {}
            for reg in row["regs"]:
                order.setdefault(reg, []).append(row)
    lengths = {}
    for reg in sorted(order):
        same = r.v()
        lengths[reg] = [same - 1 if same else r.v() for _ in order[reg]]
    for reg in sorted(order):
        for row, length in zip(order[reg], lengths[reg]):
            row["values"][reg] = r.take(length)


def read_toggles(r, n):
    ids = [r.take(32) for _ in range(n)]
    accepts = [r.u(1) for _ in range(n)]
    lengths = [r.v() for _ in range(n)]
    reasons = [r.take(length) for length in lengths]
    bookings = [read_booking(r) if code == 2 else b"" for code in accepts]
    return list(zip(ids, accepts, reasons, bookings))


def read_booking(r):
    parts = [r.take(8)]
    for size in (12, 17, 2):
        count = r.take(1)
        parts += [count, r.take(size * count[0])]
    return b"".join(parts)


def visit_alone(visit):
    return (struct.pack(">QQi", visit["id"], visit["hlc"], visit["day"]) +
            varint(visit["person"]) +
            (b"\1" + visit["note_hash"] if visit["note"] else b"\0"))


def note_hash(salt, note):
    return hash_of("padu/note/v1", salt + note)


def names_alone(names):
    return b"".join(struct.pack(">Q", name) for name in names)


def row_alone(row):
    out = bytes([row["kind"]]) + struct.pack(">Q", row["id"])
    out += visit_alone(row["visit"])
    out += varint(row["shown"][0]) + varint(row["shown"][1])
    out += varint(len(row["also"])) + names_alone(row["also"])
    out += varint(len(row["regs"]))
    before = -1
    for reg in row["regs"]:
        out += varint(reg - before - 1) + varint(len(row["values"][reg]))
        before = reg
    named = [name for preds in row["preds"] for name in preds]
    if not named:
        code = 0
    elif max(map(len, row["preds"])) == 1 and len(set(named)) == 1:
        code = 1 if len(named) == len(row["preds"]) else 2
    else:
        code = 3
    out += bytes([code])
    if code >= 2:
        out += b"".join(varint(len(preds)) for preds in row["preds"])
    out += names_alone(named if code == 3 else named[:1])
    return out + b"".join(row["values"][reg] for reg in row["regs"])


def toggle_alone(toggle, visits):
    change_id, accept, reason, booking = toggle
    return (b"\0" + change_id + bytes([accept]) + booking + varint(len(reason)) +
            reason + (visit_alone(visits[0]) if visits else bytes(22)))


def root_of(hashes):
    while len(hashes) > 1:
        groups = [hashes[i:i + 16] for i in range(0, len(hashes), 16)]
        hashes = [hash_of("padu/node/v1", b"".join(g)) if len(g) > 1 else g[0]
                  for g in groups]
    return hashes[0]


def change(data, key):
    """Check all of a change set; its change id."""
    h = read_head(data[:140])
    check_signature(data[140:204], "padu/change/v1", data[:140], key)
    body = data[204:]
    assert len(body) == h["body_len"] and blake(body) == h["body_hash"]
    r = Reader(inflate(body, h["inflated_len"], h["dictionary"]))
    seed, present = r.take(16), r.u(1)
    nvisits, nsets, npatterns, nwrites, _ = (r.v() for _ in range(5))
    sets = [r.u(8) for _ in range(nsets)]
    patterns = read_patterns(r, npatterns)
    visits = read_visits(r, h, nvisits, present)
    rows = read_rows(r, h, patterns, visits)
    assert sum(len(row["regs"]) for row in rows) == nwrites
    read_names(r, rows, sets, present)
    read_values(r, rows, npatterns)
    toggles = read_toggles(r, h["ntoggles"])
    r.finish()
    nleaves = len(rows) + len(toggles)
    salts = key_stream(hash_of("padu/salt/v1", seed),
                       16 * (nleaves + nvisits))
    for i, visit in enumerate(visits, nleaves):
        visit["note_hash"] = note_hash(salts[16 * i:16 * i + 16],
                                       visit["note"])
    alone = [row_alone(row) for row in rows]
    alone += [toggle_alone(toggle, visits) for toggle in toggles]
    leaves = [hash_of("padu/leaf/v1", salts[16 * i:16 * i + 16] + bytes_)
              for i, bytes_ in enumerate(alone)]
    assert root_of(leaves) == h["root"]
    return hash_of("padu/change/v1", data[:140])


def erased(data, key, server=None):
    """An erased form; one that a witness signed for if ${server} is given."""
    assert data[:4] == (b"PDY1" if server else b"PDX1")
    h = read_head(data[4:144])
    check_signature(data[144:208], "padu/change/v1", data[4:144], key)
    r = Reader(data[208:])
    root = h["root"]
    if server:
        root, witness = r.take(32), r.take(64)
        check_signature(witness, "padu/erased/v1",
                        hash_of("padu/change/v1", data[4:144]) + root, server)
    leaves, alone = [], []
    for _ in range(h["nrows"] + h["ntoggles"]):
        if r.u(1) == 0:
            leaves.append(r.take(32))
        else:
            salt = r.take(16)
            alone.append(r.take(r.v()))
            leaves.append(hash_of("padu/leaf/v1", salt + alone[-1]))
    for _ in range(r.v()):
        salt = r.take(16)
        hashed = note_hash(salt, r.take(r.v()))
        assert any(hashed in bytes_ for bytes_ in alone)
    r.finish()
    assert root_of(leaves) == root
    assert (root == h["root"]) == (server is None)
    return hash_of("padu/change/v1", data[4:144])


def envelope(data):
    assert data[:4] == b"PDE1"
    sealed = data[120:]
    assert int.from_bytes(data[20:24], "big") == len(sealed)
    check_signature(data[56:120], "padu/envelope/v1",
                    data[:56] + blake(sealed), signing_key(6))
    assert change(unseal(sealed, 7), signing_key(5)) == data[24:56]


def bundle(data):
    assert data[:4] == b"PDB1"
    pull = data[-86:]
    envelope(data[22:-86])
    check_signature(pull[22:], "padu/pull/v1", data[:22] + pull[:22],
                    signing_key(6))
    return hash_of("padu/bundle/v1", data)


def receipt(data):
    assert data[:4] == b"PDR1" and len(data) == 143
    assert data[76:79] == bytes(3)
    check_signature(data[79:], "padu/receipt/v1", data[:79], signing_key(3))


def mark(data):
    r = Reader(data)
    assert r.take(4) == b"PDH1"
    assert [r.u(n) for n in (2, 4, 4, 8, 8, 2)] == [
        6402, 3, 41, 1001, 1790000000000, 45]
    check_signature(r.take(64), "padu/mark/v1", data[:32], signing_key(3))
    r.finish()


def page(data):
    r = Reader(data)
    while r.at < len(data):
        kind, item = r.u(1), r.take(r.v())
        if kind == 2:
            change(item, signing_key(4))


def reply(data, name):
    r = Reader(data)
    assert r.take(4) == b"PDA1"
    r.take(23)
    nreceipts, sealed_len, signature = r.u(2), r.u(4), r.take(64)
    receipts, sealed = r.take(143 * nreceipts), r.take(sealed_len)
    r.finish()
    check_signature(signature, "padu/reply/v1", data[:33] + name +
                    blake(receipts) + blake(sealed), signing_key(3))
    for i in range(nreceipts):
        receipt(receipts[143 * i:143 * i + 143])
    plain = unseal(sealed, 8)
    assert plain[:4] == b"PDG1"
    items = inflate(plain[8:], int.from_bytes(plain[4:8], "big"), 0)
    assert items == file("page")
    page(items)


def enrol_request(data, magic, signed):
    plain = unseal(data, 7)
    assert plain[:4] == magic and len(plain) == signed + 160
    code = bytes.fromhex("ffeeddccbbaa99887766554433221100")
    assert plain[4:36] == hash_of("padu/code/v1", code)
    key = hash_of("padu/codekey/v1", code)
    mac = hashlib.blake2b(prefixed("padu/enrol/v1", plain[:signed]),
                          digest_size=32, key=key).digest()
    assert plain[signed:signed + 32] == mac
    server = ctypes.create_string_buffer(32)
    SODIUM.crypto_box_seed_keypair(
        server, ctypes.create_string_buffer(32), bytes([7]) * 32)
    for at, who in ((signed + 32, plain[40:72]), (signed + 96, plain[72:104])):
        check_signature(plain[at:at + 64], "padu/enrol/v1",
                        plain[:signed] + server.raw, who)


def card(data, magic, domain, key):
    assert data[:4] == magic
    check_signature(data[-64:], domain, data[:-64], signing_key(key))


# Section 8.1.  The group is libsodium's; all else is worked out here.

def group(function, *args):
    out = ctypes.create_string_buffer(32)
    assert getattr(SODIUM, f"crypto_{function}")(out, *args) == 0
    return out.raw


def base(scalar):
    return group("scalarmult_ristretto255_base", scalar)


def times(scalar, point):
    return group("scalarmult_ristretto255", scalar, point)


def minus(a, b):
    return group("core_ristretto255_sub", a, b)


def scalar_hash(domain, data):
    wide = hashlib.blake2b(prefixed(domain, data), digest_size=64).digest()
    order = 2 ** 252 + 27742317777372353535851937790883648493
    return (int.from_bytes(wide, "little") % order).to_bytes(32, "little")


def recovery_card(data):
    card(data, b"PDC1", "padu/recovery/v1", 1)
    r = Reader(data[4:-64])
    assert r.u(2) == 6402 and r.u(4) == 2
    assert r.take(32) == signing_key(1)
    public, low = r.take(32), [r.take(32) for _ in range(3)]
    assert [r.take(32) for _ in range(3)] == [
        signing_key(n) for n in (11, 12, 13)]
    r.take(8)
    r.finish()
    return public, low


def recover_request(data, public):
    r = Reader(data[:-64])
    assert r.take(4) == b"PDQ1"
    holder = r.u(2) << 32 | r.u(4)
    r.take(16 + 32 + 8)
    names, key = r.take(32), r.take(32)
    wrapped, proof = r.take(80), r.take(64)
    assert r.take(r.u(2)) == file("server-card")
    assert r.take(r.u(2)) == file("device-card")
    r.finish()
    check_signature(data[-64:], "padu/recover-request/v1", data[:-64],
                    signing_key(6))
    assert key == public
    bind = hash_of("padu/store-slot/v1", struct.pack(">I", 2) + names +
                   struct.pack(">Q", holder))
    point, c, z = wrapped[:32], proof[:32], proof[32:]
    commit = minus(base(z), times(c, point))
    assert c == scalar_hash("padu/keyhole-proof/v1", public + point +
                            commit + wrapped[32:] + bind)
    return wrapped, bind, hash_of("padu/recover-request/v1", data)


def recover_answer(data, custodian, halves, point, asked):
    r = Reader(data[:-64])
    assert r.take(4) == b"PDT1"
    assert (r.u(2), r.u(4), r.u(1)) == (6402, 2, custodian)
    assert r.take(32) == asked
    r.take(8)
    assert r.take(r.u(2)) == file("recovery-card")
    plain = unseal(r.take(r.u(2)), 9)
    r.finish()
    check_signature(data[-64:], "padu/recover-answer/v1", data[:-64],
                    signing_key(10 + custodian))
    made = []
    for i, half in enumerate(halves):
        part = plain[96 * i:96 * i + 96]
        d, c, z = part[:32], part[32:64], part[64:]
        one = minus(base(z), times(c, half))
        two = minus(times(z, point), times(c, d))
        assert c == scalar_hash("padu/share-proof/v1",
                                half + point + d + one + two + asked)
        made.append(d)
    assert len(plain) == 192
    return made


def recovery():
    public, low = recovery_card(file("recovery-card"))
    wrapped, bind, asked = recover_request(file("recover-request"), public)
    high = [minus(public, point) for point in low]
    point = wrapped[:32]
    first = recover_answer(file("recover-answer-1"), 1, (low[0], low[1]),
                           point, asked)
    third = recover_answer(file("recover-answer-3"), 3, (high[1], high[2]),
                           point, asked)
    shared = group("core_ristretto255_add", first[1], third[0])
    key = hash_of("padu/keyhole/v1", shared + point + public + bind)
    opened = ctypes.create_string_buffer(32)
    assert SODIUM.crypto_aead_xchacha20poly1305_ietf_decrypt(
        opened, None, None, wrapped[32:], ctypes.c_ulonglong(48), None,
        ctypes.c_ulonglong(0), bytes(24), key) == 0
    assert opened.raw == bytes(range(32))


# Section 16.  The tree as RFC 6962 defines it.

def sha(data):
    return hashlib.sha256(data).digest()


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b"\1" + tree(leaves[:k]) + tree(leaves[k:]))


def audit_leaf(salt, entry):
    text = prefixed("padu/audit/v1", entry)
    return sha(b"\0" + hashlib.blake2b(text, key=salt,
                                       digest_size=32).digest())


def checkpoint(data):
    r = Reader(data[:254])
    assert r.take(4) == b"PDL1" and r.u(2) == 6402
    assert r.take(32) == signing_key(1)
    key = r.take(32)
    assert key == signing_key(14)
    r.take(8)
    check_signature(r.take(64), "padu/checkpoint-key/v1", data[:78],
                    signing_key(1))
    size, root = r.u(8), r.take(32)
    r.take(8)
    check_signature(r.take(64), "padu/checkpoint/v1", data[:190], key)
    r.finish()
    leaves = [audit_leaf(bytes([n]) * 32, b"%d" % n)
              for n in range(1, size + 1)]
    assert size == 7 and root == tree(leaves)
    return b"".join(leaves)


def file(name):
    return (FOLDER / f"{name}.bin").read_bytes()


def main():
    for name, key in (("visits", 5), ("verval", 5), ("decision", 4),
                      ("import", 4), ("control", 4), ("largest", 5)):
        change_id = change(file(f"change-{name}"), signing_key(key)).hex()
        said = (FOLDER / f"change-{name}.txt").read_text()
        assert f"change_id {change_id}" in said, name
    change(file("bad/change-by-hand"), signing_key(5))
    assert erased(file("change-erased"), signing_key(5)) == change(
        file("change-visits"), signing_key(5))
    assert erased(file("change-erased-note"), signing_key(4)) == change(
        file("change-decision"), signing_key(4))
    change_id = erased(
        file("change-witnessed"), signing_key(5), signing_key(3)).hex()
    said = (FOLDER / "change-witnessed.txt").read_text()
    assert f"change_id {change_id}" in said
    envelope(file("envelope"))
    reply(file("reply"), bundle(file("bundle")))
    receipt(file("receipt-merged"))
    receipt(file("receipt-quarantined"))
    mark(file("mark"))
    card(file("server-card"), b"PDS1", "padu/server/v1", 1)
    card(file("device-card"), b"PDV1", "padu/device/v1", 2)
    card(file("writer-card"), b"PDW1", "padu/writer/v1", 2)
    enrol_request(file("enrol-request"), b"PDN1", 144)
    enrol_request(file("enrol-recovered"), b"PDO1", 164)
    recovery()
    leaves = checkpoint(file("checkpoint"))
    assert file("checkpoint-leaves") == file("checkpoint") + leaves
    answer = Reader(file("enrol-reply"))
    assert answer.take(4) == b"PDM1"
    assert answer.take(answer.u(2)) == file("device-card")
    assert answer.take(answer.u(2)) == file("writer-card")
    answer.finish()


main()
