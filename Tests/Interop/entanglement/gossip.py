# SPDX-License-Identifier: Apache-2.0
"""What members tell each other about their cluster (section 12): frames, and keys of who never met."""
import dataclasses
import struct

from . import Bad, messages
from .endpoints import Reader
from .keys import expand, sha256
from .records import BYTE_COUNT_MAX, domain

SUMMARY, DIGEST, IDS, WANT, RECORD, PLACES, WELCOME, GOODBYE = range(20, 28)
CALL, HOPS_MAX = 31, 16
ID_COUNT_MAX, WINDOW, PLACE_COUNT_MAX, DIGEST_BYTES = 32, 256, 40, 1024
NO_HEADS = bytes(32)
FIRST_MEMBER, LAST_MEMBER = bytes(16), b"\xff" * 16


@dataclasses.dataclass
class Frame:
    """`values` are those of the table in section 12.1, in its order."""
    sort: int
    cluster: bytes
    values: tuple = ()

    def encode(self):
        return bytes([self.sort]) + self.cluster + WRITERS[self.sort](*self.values)

    @classmethod
    def decode(cls, data):
        reader = Reader(data)
        sort = reader.number(1)
        if sort not in READERS:
            raise Bad("no frame about a cluster")
        frame = cls(sort, reader.take(16), READERS[sort](reader))
        reader.end()
        return frame


def rest(reader):
    return reader.take(len(reader.data) - reader.at)


def read_ids(reader, minimum):
    data = rest(reader)
    if len(data) % 32 or not minimum <= len(data) // 32 <= ID_COUNT_MAX:
        raise Bad("not so many ids")
    return [data[at:at + 32] for at in range(0, len(data), 32)]


def read_record(reader):
    data = rest(reader)
    if len(data) > BYTE_COUNT_MAX:
        raise Bad("too long a record")
    return (data,)


def read_places(reader):
    first, last, data = reader.take(16), reader.take(16), rest(reader)
    if len(data) % 24 or len(data) // 24 > PLACE_COUNT_MAX:
        raise Bad("not so many places")
    places = [(data[at:at + 16], int.from_bytes(data[at + 16:at + 24], "big"))
              for at in range(0, len(data), 24)]
    members = [member for member, _ in places]
    if first > last or members != sorted(set(members)) or not all(
            first <= member <= last for member in members):
        raise Bad("places in another order or range")
    return first, last, places


def read_welcome(reader):
    number, record, secret = reader.number(4), reader.take(32), reader.take(32)
    length = reader.number(1)
    if length > 64 or (number == 0) != (record == bytes(32)):
        raise Bad("no welcome")
    return number, record, secret, messages.check_name(reader.take(length))


def read_call(reader):
    caller, called, hops = reader.take(16), reader.take(16), reader.number(1)
    if hops > HOPS_MAX:
        raise Bad("too many hops")
    return caller, called, hops


READERS = {
    SUMMARY: lambda reader: (reader.take(32), reader.take(16), reader.number(4)),
    DIGEST: lambda reader: (reader.number(2), reader.take(DIGEST_BYTES)),
    IDS: lambda reader: (reader.number(2), reader.number(2), read_ids(reader, 0)),
    WANT: lambda reader: (read_ids(reader, 1),),
    RECORD: read_record, PLACES: read_places, WELCOME: read_welcome, GOODBYE: lambda reader: (),
    CALL: read_call,
}

WRITERS = {
    SUMMARY: lambda heads, places, epoch: heads + places + struct.pack(">I", epoch),
    DIGEST: lambda offset, digest: struct.pack(">H", offset) + digest,
    IDS: lambda offset, total, ids: struct.pack(">HH", offset, total) + b"".join(ids),
    WANT: b"".join,
    RECORD: lambda record: record,
    PLACES: lambda first, last, places: first + last + b"".join(
        member + struct.pack(">Q", sequence) for member, sequence in places),
    WELCOME: lambda number, record, secret, name: struct.pack(">I", number) + record + secret
    + bytes([len(name.encode())]) + name.encode(),
    GOODBYE: lambda: b"",
    CALL: lambda caller, called, hops: caller + called + bytes([hops]),
}


def places_hash(cluster, places):
    """Of (member id, sequence), in any order."""
    return sha256(domain("places", cluster) + b"".join(
        member + struct.pack(">Q", sequence) for member, sequence in sorted(places)))[:16]


def founding_secret(psk, cluster):
    return expand(psk, b"spockex/1 epoch" + cluster, 32)


class Introduction:
    """What one member derives for another one; members are (id, (Ed25519, X25519))."""

    def __init__(self, cluster, secret, own, other):
        (first, first_keys), (second, second_keys) = sorted((own, other))
        self.is_a = own[0] == first

        def derive(label, ids, length):
            return expand(secret, domain(label, cluster) + b"".join(ids), length)
        self.pid = derive("member pid", (own[0], other[0]), 16)
        self.peer_pid = derive("member pid", (other[0], own[0]), 16)
        self.psk = derive("member psk", (first, second), 32)
        self.mac_ab = derive("member mac AB", (first, second), 32)
        self.mac_ba = derive("member mac BA", (first, second), 32)
        self.meeting = sha256(domain("members", cluster) + first + b"".join(first_keys)
                              + second + b"".join(second_keys))
