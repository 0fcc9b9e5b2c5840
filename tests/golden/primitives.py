"""primitives.py: what the messages of common/PROTOCOL.md are made of, section
1: hashes, signatures, seals, squeezed bytes, numbers.  libsodium and libzstd
do Ed25519, X25519 and zstd; nothing of Padu's own code is used.  For
reader.py.
"""
import ctypes
import ctypes.util
import hashlib
import pathlib
import struct

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium"))
ZSTD = ctypes.CDLL(ctypes.util.find_library("zstd"))
ZSTD.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
ZSTD.ZSTD_createDCtx.restype = ctypes.c_void_p
DICTIONARY = (pathlib.Path(__file__).parent /
              "../../common/wire/verval.zdict")
assert SODIUM.sodium_init() >= 0


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def prefixed(domain, data):
    return bytes([len(domain)]) + domain.encode() + data


def hash_of(domain, data):
    return blake(prefixed(domain, data))


def signing_key(value):
    public = ctypes.create_string_buffer(32)
    SODIUM.crypto_sign_seed_keypair(
        public, ctypes.create_string_buffer(64), bytes([value]) * 32)
    return public.raw


def check_signature(signature, domain, data, public):
    text = prefixed(domain, data)
    assert SODIUM.crypto_sign_verify_detached(
        signature, text, ctypes.c_ulonglong(len(text)), public) == 0, domain


def unseal(sealed, value):
    public = ctypes.create_string_buffer(32)
    secret = ctypes.create_string_buffer(32)
    SODIUM.crypto_box_seed_keypair(public, secret, bytes([value]) * 32)
    assert sealed[0] == 1
    plain = ctypes.create_string_buffer(len(sealed) - 49)
    assert SODIUM.crypto_box_seal_open(
        plain, sealed[1:], ctypes.c_ulonglong(len(sealed) - 1), public,
        secret) == 0
    padded = plain.raw
    assert len(padded) % 64 == 0
    return padded.rstrip(b"\0").removesuffix(b"\x80")


def inflate(squeezed, want, dictionary):
    frame = bytes.fromhex("28b52ffd") + squeezed
    book = DICTIONARY.read_bytes() if dictionary == 1 else b""
    out = ctypes.create_string_buffer(want + 1)
    got = ZSTD.ZSTD_decompress_usingDict(
        ctypes.c_void_p(ZSTD.ZSTD_createDCtx()), out, ctypes.c_size_t(want),
        frame, ctypes.c_size_t(len(frame)), book, ctypes.c_size_t(len(book)))
    assert got == want
    return out.raw[:want]


def key_stream(key, length):
    """ChaCha20 of RFC 8439, nonce of zeros, from block 0."""
    def turn(v, n):
        return v << n & 0xffffffff | v >> (32 - n)

    def quarter(w, a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12),
                           (a, b, d, 8), (c, d, b, 7)):
            w[x] = w[x] + w[y] & 0xffffffff
            w[z] = turn(w[z] ^ w[x], n)

    out = b""
    while len(out) < length:
        start = list(struct.unpack("<12I", b"expand 32-byte k" + key))
        start += [len(out) // 64, 0, 0, 0]
        w = start[:]
        for _ in range(10):
            for i in range(4):
                quarter(w, i, 4 + i, 8 + i, 12 + i)
            for i in range(4):
                quarter(w, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4,
                        12 + (i + 3) % 4)
        out += struct.pack(
            "<16I", *(a + b & 0xffffffff for a, b in zip(w, start)))
    return out[:length]


def varint(n):
    out = b""
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        part = self.data[self.at:self.at + length]
        assert len(part) == length
        self.at += length
        return part

    def u(self, length):
        return int.from_bytes(self.take(length), "big")

    def v(self):
        n = shift = 0
        while True:
            byte = self.u(1)
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return n

    def sv(self):
        n = self.v()
        return n // 2 if n % 2 == 0 else -(n + 1) // 2

    def back(self, table):
        """A back index into ${table}, [next, size]."""
        less = self.v()
        index = table[0] - less
        table[0] += less == 0
        assert 0 <= index < table[1]
        return index

    def finish(self):
        assert self.at == len(self.data)
