"""story_visits: what people found, as the JSON that padu-agent visit takes.

Most visits say what the generator's truth says.  Some households are visited
by two people who do not know of each other; PAIRS says what each of them
writes, and so what must come of it.
"""

FLOORS = ("5", "6", "8")


def other(value, choices):
    """One of the choices that is not the value."""
    return next(c for c in choices if c != value)


def conflicting(house):
    old = house["fields"].get("lantai", "")
    first = other(old, FLOORS)
    second = next(c for c in FLOORS if c not in (old, first))
    return ({"fields": {"lantai": first}}, {"fields": {"lantai": second}})


def agreeing(house):
    new = other(house["fields"].get("atap", ""), ("3", "5"))
    return ({"fields": {"atap": new}}, {"fields": {"atap": new}})


def apart(house):
    return ({"fields": {"kloset": "1"}}, {"fields": {"internet": "1"}})


def grouped(house):
    """Latitude, longitude and accuracy are one group: never mixed."""
    return ({"fields": {"lat": "-0.32", "lon": "117.42",
                        "akurasi_m": "5"}},
            {"fields": {"lat": "-0.32005", "lon": "117.42009",
                        "akurasi_m": "12"}})


def identity(house):
    """One mends the name, the other the birth date: one group as well."""
    person = house["members"][0]
    return ({"members": [{"person": person, "fields": {"nama": "SUPRIADI"}}]},
            {"members": [{"person": person,
                          "fields": {"tgl_lahir": "1971-02-03"}}]})


def deleting(house):
    return ({"life": {"state": "5", "date": "2026-10-01",
                      "reason": "PINDAH"}},
            {"fields": {"ada_tv": "1", "ada_motor": "2"}})


# What two people do to one household, and to how many households.
PAIRS = (
    ("conflict", conflicting, 24),
    ("agreed", agreeing, 4),
    ("apart", apart, 6),
    ("group", grouped, 3),
    ("identity", identity, 2),
    ("deleted", deleting, 3),
)


def pair_parts(houses):
    """[(what, household, first's part, second's part)]"""
    parts, at = [], 0
    for what, make, n in PAIRS:
        for house in houses[at:at + n]:
            parts.append((what, house, *make(house)))
        at += n
    return parts


NPAIRS = sum(n for _, _, n in PAIRS)


def usual(truth, rng, house, members):
    """A whole visit of a household: what is true of it and its people."""
    family = truth.family(house)
    fields = {
        "hasil_kunjungan": "1",
        "jml_anggota": str(len(members)),
        "air_minum": other(house["fields"].get("air_minum", ""),
                           rng.sample(("1", "2", "3", "4"), 2)),
        "ada_motor": rng.choice("12"),
        "ada_smartphone": rng.choice("12"),
        "jml_kambing": str(rng.randrange(6)),
        "makan_per_hari": rng.choice("23"),
    }
    return {
        "fields": fields,
        "life": {"state": family["keberadaan_kel"] or "1"},
        "members": [usual_member(truth, family, m) for m in members],
    }


def usual_member(truth, family, member):
    row = truth.person(family, member)
    life = {"state": row["keberadaan_ind"] if row else "1"}
    if row and row["tgl_peristiwa_ind"]:
        life["date"] = row["tgl_peristiwa_ind"]
    return {"person": member["id"], "life": life,
            "fields": {"sulit_jalan": "4"}}
