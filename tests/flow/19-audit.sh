#!/usr/bin/env bash
# Everything that the office does has one entry in the audit log; who keeps a
# checkpoint elsewhere sees what is changed, moved or taken away after it; and
# what is proven can be checked without the server.
# shellcheck source=tests/flow/flow.sh
. "$(dirname "$0")/flow.sh"

office 10
serve
person 1 SR "Siti"
pass=(--label SR --passphrase-file "$work/SR")
agent 1 sync "${pass[@]}" >/dev/null
unlock 1 SR
house=$(agent 1 list "${pass[@]}" --json | rows id | sed -n 1p)
shown=$(agent 1 list "${pass[@]}" --json | rows shown | sed -n 1p)
printf '{"key":"1","day":"%s","household":"%s","shown":"%s",
	"fields":{"alamat":"Jl. Audit 1"}}' "$(date +%F)" "$house" "$shown" |
	agent 1 visit --json "${pass[@]}" >/dev/null
agent 1 sync "${pass[@]}" >/dev/null
kinds() {
	server audit list --json "$@" | rows kind | xargs
}

# ---- one entry each ---------------------------------------------------------

is "making the office and enrolling have one entry each" \
	"person person import person code enrol" "$(kinds)"
server audit checkpoint "$work/first" >/dev/null
server approve "$house" --as Joko >/dev/null
server decide "$house" alamat --value "alamat=Jl. Audit 2" --as Rina --shown "$(
	server show "$house" --json | get record.stamp)" >/dev/null 2>&1
change=$(server log export "$work/export" >/dev/null &&
	tail -1 "$work/export/index.csv" | cut -d, -f8)
server void "$change" --as Rina --reason "salah ketik" >/dev/null
server release "$change" --as Rina --reason "benar" >/dev/null
server approve "$house" --as Joko >/dev/null
server redact "$house" --as Joko --reason "diminta" >/dev/null
server revoke --laptop 1 --as Rina --reason "hilang" >/dev/null
is "so has all that reviewers and approvers do" \
	"approve decide export void release approve erase revoke" \
	"$(kinds --from 7)"
is "who did it is said by number" 2 \
	"$(server audit list --json --kind approve | rows person | sort -u | xargs)"
refused "what is refused has none" 8 server redact "$house" --as Rina \
	--reason "bukan wewenang"
server show "$house" >/dev/null 2>&1
server findings >/dev/null
server status >/dev/null
is "nor has what only looks" 14 "$(kinds | wc -w)"
server audit list --json >"$work/listed"
holds "no name, value or reason is in it" \
	sh -c "! grep -riE 'siti|rina|joko|audit 2|hilang|diminta' '$work/listed'"

# ---- checkpoints and proofs -------------------------------------------------

holds "the log only grew since the first checkpoint" \
	server audit verify "$work/first"
refused "no checkpoint is written over an older one" 5 \
	server audit checkpoint "$work/first"
server audit checkpoint "$work/second" --json >"$work/out/second"
server audit checkpoint "$work/brief" --short >/dev/null
is "a short one has 254 bytes" 254 "$(stat -c %s "$work/brief")"
is "and a full one 32 more for each entry" $((254 + 32 * 14)) \
	"$(stat -c %s "$work/second")"
is "for its owner alone" 600 "$(stat -c %a "$work/second")"
server audit prove 9 --json >"$work/proof"
server audit prove --since "$work/first" --json >"$work/grown"
# By the definition alone, with nothing of Padu's.
cat >"$work/check.py" <<'PY'
import hashlib, json, sys


def last(path):
    return [json.loads(line) for line in open(path)][-1]["result"]


def sha(data):
    return hashlib.sha256(data).digest()


def head(checkpoint):
    return (int.from_bytes(checkpoint[142:150], "big"), checkpoint[150:182])


def inner(path, at, size, leaf):
    """RFC 6962: from the leaf up, from the tree's shape alone."""
    if size == 1:
        assert not path
        return leaf
    k = 1
    while 2 * k < size:
        k *= 2
    if at < k:
        return sha(b"\1" + inner(path[:-1], at, k, leaf) + path[-1])
    return sha(b"\1" + path[-1] + inner(path[:-1], at - k, size - k, leaf))


proof = last(sys.argv[1])
salt, entry = bytes.fromhex(proof["salt"]), bytes.fromhex(proof["entry"])
domain = b"padu/audit/v1"
mac = hashlib.blake2b(bytes([len(domain)]) + domain + entry, key=salt,
                      digest_size=32).digest()
size, root = head(bytes.fromhex(proof["checkpoint"]))
path = [bytes.fromhex(h) for h in proof["path"]]
assert int.from_bytes(entry[2:10], "big") == proof["n"]
assert size == proof["entries"]
assert inner(path, proof["n"] - 1, size, sha(b"\0" + mac)) == root

older, older_root = head(open(sys.argv[3], "rb").read())
grown = last(sys.argv[2])
assert grown["since"] == older


def both(path, older, size, whole):
    """The two roots that the path of a consistency proof leads to."""
    if older == size:
        return (older_root,) * 2 if whole else (path[0],) * 2
    k = 1
    while 2 * k < size:
        k *= 2
    if older <= k:
        was, now = both(path[:-1], older, k, whole)
        return was, sha(b"\1" + now + path[-1])
    was, now = both(path[:-1], older - k, size - k, False)
    return sha(b"\1" + path[-1] + was), sha(b"\1" + path[-1] + now)


size, root = head(bytes.fromhex(grown["checkpoint"]))
path = [bytes.fromhex(h) for h in grown["path"]]
assert both(path, older, size, True) == (older_root, root)
PY
holds "what is proven holds by the definition alone" \
	python3 "$work/check.py" "$work/proof" "$work/grown" "$work/first"
refused "an entry that is not there is not proven" 4 server audit prove 99

# ---- an administrator who has the store -------------------------------------

stop_server
cp -a "$work/server" "$work/kept"
spoil() { # SQL: with the server's own key
	rm -rf "$work/server"
	cp -a "$work/kept" "$work/server"
	"$BUILD/tests/lib/sealsql" --key "$work/server/store.key" \
		"$work/server/padu.db" "$1" || echo "sealsql failed"
}
spoil "UPDATE audit SET body = CAST(substr(body, 1, 21) || x'63' ||
	substr(body, 23) AS BLOB) WHERE n = 12"
refused "an entry that was changed is found" 8 \
	server audit verify "$work/second"
holds "and named" grep -q '12.*changed' "$work/out/last"
spoil "DELETE FROM audit WHERE n = 13"
refused "one that was removed is found" 8 server audit verify "$work/second"
holds "and named" grep -q '13.*missing' "$work/out/last"
spoil "UPDATE audit SET n = 99 WHERE n = 3; UPDATE audit SET n = 3 WHERE n = 5;
	UPDATE audit SET n = 5 WHERE n = 99"
refused "two that were exchanged are found" 8 server audit verify
holds "and named" grep -q '3.*moved' "$work/out/last"
# The last ones are taken away, and the log made to fit together again.
spoil "DELETE FROM audit WHERE n > 8; UPDATE audit_tree SET size = 8,
	at = (SELECT leaf FROM audit WHERE n = 8)"
refused "a shortened log is not that of the checkpoint" 8 \
	server audit verify "$work/second"
holds "and each entry that is gone is named" \
	grep -q '14.*missing' "$work/out/last"
refused "also by a short one" 8 server audit verify "$work/brief"
rm -rf "$work/server"
cp -a "$work/kept" "$work/server"
holds "the log as it was is good" server audit verify "$work/second"
dd if=/dev/urandom of="$work/brief" bs=1 seek=150 count=4 conv=notrunc \
	2>/dev/null
refused "a checkpoint that was touched is not believed" 8 \
	server audit verify "$work/brief"
refused "nor is another file" 3 server audit verify "$work/listed"
finish
