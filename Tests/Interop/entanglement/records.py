# SPDX-License-Identifier: Apache-2.0
"""Records of clusters (section 11.1 and 11.2): bytes, ids, signatures."""
import dataclasses
import struct
import uuid

from . import Bad, endpoints, messages
from .keys import sha256, sign, verify

NAMES = {1: "genesis", 2: "add", 3: "confirm", 4: "leave", 5: "remove", 6: "vote", 7: "block",
         8: "epoch", 9: "endpoint"}
SIGNATURES = {1: 2, 2: 2, 3: 2}
BODY_BYTES = {2: 96, 3: 48, 4: 0, 5: 20, 6: 32, 7: 17, 8: 68}
NAT_LETTERS = (b"\0", b"o", b"e", b"a", b"d", b"s")
BYTE_COUNT_MAX, PARENT_COUNT_MAX, ADDRESS_COUNT_MAX, VALID_MAX = 1024, 7, 8, 604800


def domain(name, cluster):
    return f"spockex/1 {name}".encode() + b"\0" + cluster


def uid8(digest):
    """The UUIDv8 of a hash."""
    raw = bytearray(digest[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return bytes(raw)


def founder_id(cluster, keys):
    return uid8(sha256(domain("founder", cluster) + b"".join(keys)))


def join_statement(cluster, sponsor, meeting, keys):
    return domain("join", cluster) + sponsor + meeting + b"".join(keys)


def met_statement(cluster, one, other, meeting):
    return domain("met", cluster) + min(one, other) + max(one, other) + meeting


@dataclasses.dataclass
class Place:
    author: bytes
    position: int
    previous: bytes
    parents: list

    def encode(self):
        return (self.author + struct.pack(">I", self.position) + self.previous
                + bytes([len(self.parents)]) + b"".join(self.parents))

    @classmethod
    def decode(cls, reader):
        place = cls(reader.take(16), reader.number(4), reader.take(32), [])
        count = reader.number(1)
        if place.position == 0 or count > PARENT_COUNT_MAX:
            raise Bad("no place")
        place.parents = [reader.take(32) for _ in range(count)]
        ascending = all(a < b for a, b in zip(place.parents, place.parents[1:]))
        if not ascending or place.previous in place.parents:
            raise Bad("parents in another order")
        return place


@dataclasses.dataclass
class Record:
    content: bytes
    signatures: list
    kind: int = 0
    place: Place = None
    body: bytes = b""

    @property
    def id(self):
        return sha256(self.content)

    @property
    def author(self):
        return self.place.author if self.place else self.body[:16]

    def signed(self, cluster):
        return domain(NAMES[self.kind], cluster) + self.content

    def encode(self):
        return struct.pack(">H", len(self.content)) + self.content + b"".join(self.signatures)

    @classmethod
    def decode(cls, data):
        if len(data) > BYTE_COUNT_MAX:
            raise Bad("too long")
        reader = endpoints.Reader(data)
        content = reader.take(reader.number(2))
        record = cls(content, [], *parse(content))
        record.signatures = [reader.take(64) for _ in range(SIGNATURES.get(record.kind, 1))]
        reader.end()
        return record

    def check(self, cluster, key, other=None, statement=None):
        """Whether the author's signature, and the second one over its statement, are right."""
        return (verify(key, self.signatures[0], self.signed(cluster))
                and (other is None or verify(other, self.signatures[1], statement)))


def parse(content):
    """Kind, place and body of a content."""
    reader = endpoints.Reader(content)
    kind = reader.number(1)
    if kind not in NAMES:
        raise Bad("an unknown kind")
    place = Place.decode(reader) if 2 <= kind <= 8 else None
    body = content[reader.at:]
    if kind == 1:
        if len(content) != 161 or body[32:64] == body[96:128]:
            raise Bad("no genesis")
    elif kind == 9:
        check_endpoint(endpoints.Reader(body))
    elif len(body) != BODY_BYTES[kind]:
        raise Bad("a body of another length")
    if kind == 7 and body[0] > 1 or kind == 8 and body[:4] == bytes(4):
        raise Bad("a value that must not be")
    return kind, place, body


def check_endpoint(reader):
    reader.take(16 + 8 + 8 + 8)
    if not 1 <= reader.number(4) <= VALID_MAX:
        raise Bad("valid for no time, or for too long")
    count = reader.number(1)
    if count > ADDRESS_COUNT_MAX:
        raise Bad("too many addresses")
    for _ in range(count):
        if not 1 <= reader.number(1) <= 5:
            raise Bad("an unknown kind of address")
        reader.take(1)
        reader.endpoint()
    if reader.take(1) not in NAT_LETTERS:
        raise Bad("an unknown letter")
    length = reader.number(1)
    if length > 64:
        raise Bad("too long a name")
    messages.check_name(reader.take(length))
    reader.end()


def make(kind, place, body, cluster, seed, other=None, statement=None):
    """A signed record; `other` is the seed of who signs the statement."""
    content = bytes([kind]) + (place.encode() if place else b"") + body
    record = Record(content, [], *parse(content))
    record.signatures = [sign(seed, record.signed(cluster))]
    if other is not None:
        record.signatures.append(sign(other, statement))
    return record


def heads_hash(cluster, records):
    """The hash over the ids that no other record names."""
    named = set()
    for record in records:
        if record.place:
            named |= {record.place.previous, *record.place.parents}
        if record.kind == 6:
            named.add(record.body)
    return sha256(domain("heads", cluster) + b"".join(
        sorted(each.id for each in records if each.id not in named)))


def digest(records):
    buckets = [[] for _ in range(64)]
    for record in records:
        buckets[record.id[0] >> 2].append(record.id)
    return b"".join(sha256(b"".join(sorted(each)))[:16] for each in buckets)


def gone_hash(cluster, members):
    return sha256(domain("gone", cluster) + b"".join(sorted(members)))


def uid_text(raw):
    return str(uuid.UUID(bytes=raw))
