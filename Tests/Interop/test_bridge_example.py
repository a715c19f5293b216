#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes every value of section 14.10 of docs/PROTOCOL.md again, from its private values alone."""
import pathlib
import re
import struct
import sys
import unittest
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import keys  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
UNTIL, ISSUED, DAYS_30 = 1_798_000_000, 1_795_500_000, 30 * 86_400
CARDS, MESSAGES = 1, 2  # levels, without addresses


def values_of_page():
    """The blocks of section 14.10: a name at 4 spaces, its value at 8."""
    section = PAGE.read_text().split("### 14.10 ")[1].split("\n## ")[0]
    return dict(re.findall(r"^ {4}(\S.*)\n {8}(\S.*)$", section, re.M))


def uuid8(data):
    """The UUIDv8 of a SHA-256: its first 16 bytes with version and variant."""
    head = bytearray(keys.sha256(data)[:16])
    head[6], head[8] = head[6] & 0x0F | 0x80, head[8] & 0x3F | 0x80
    return bytes(head)


def text(identifier):
    return str(uuid.UUID(bytes=bytes(identifier)))


def named(name):
    return bytes([len(name.encode())]) + name.encode()


class Keys:
    """Ed25519 and X25519 of one byte each, repeated."""

    def __init__(self, seed, private):
        self.seed, self.private = bytes([seed]) * 32, bytes([private]) * 32
        self.public = keys.member_public(self.seed)
        self.both = self.public + keys.public_of(self.private)

    def sign(self, data):
        return keys.sign(self.seed, data)


class Card:
    """A card, from one cluster for another one (section 14.5)."""

    def __init__(self, name, owner, origin, target):
        self.owner, self.origin = owner, origin
        head = (b"\x01" + origin + target + struct.pack(">QQB", 7, UNTIL, MESSAGES) + named(name)
                + owner.both)
        self.bytes = head + owner.sign(b"spockex/1 card\0" + head)
        self.id = uuid8(b"spockex/1 card\0" + owner.both)
        self.seen = b"spockex/1 card seen\0" + keys.sha256(self.bytes)


class Crossing:
    """What two with each other's cards share (section 14.6)."""

    def __init__(self, own, other):
        first, second = sorted((own, other), key=lambda card: card.id)
        self.meeting = keys.sha256(b"spockex/1 cards\0" + b"".join(
            card.id + card.origin + card.owner.both for card in (first, second)))
        root = keys.extract(
            self.meeting, keys.exchange(own.owner.private, other.owner.both[32:]))
        self.psk = keys.expand(root, b"spockex/1 card psk", 32)
        is_first = own is first
        self.mac = keys.expand(root, b"spockex/1 card mac " + (b"AB" if is_first else b"BA"), 32)
        self.pid = keys.expand(root, b"spockex/1 card pid " + (b"A" if is_first else b"B"), 16)


class BridgeExample(unittest.TestCase):
    maxDiff = None

    def test_every_value_of_the_bridges_example(self):
        family_uid = uuid.UUID("52037f27-efa4-89e6-94cf-bf1ae27d8059").bytes
        hackers_uid = uuid.UUID("11111111-1111-8111-9111-111111111111").bytes
        family, hackers = (uuid8(b"spockex/1 cluster alias\0" + uid)
                           for uid in (family_uid, hackers_uid))
        anna, dora = Keys(0x61, 0x62), Keys(0x63, 0x64)
        meeting = b"\x65" * 32
        statement = b"spockex/1 bridge\0" + meeting + family + anna.both + hackers + dora.both
        bridge = uuid8(statement)
        said = struct.pack(">BQ", MESSAGES, UNTIL) + named("hackers")
        word = said + dora.sign(b"spockex/1 bridge word\0" + bridge + said)
        carla = Card("Carla", Keys(0x66, 0x67), family, hackers)
        emil = Card("Emil", Keys(0x68, 0x69), hackers, family)
        # Of section 10: who Anna is in her cluster, and the seed of her key there.
        author = uuid.UUID("8d6469fa-2095-851f-9b5e-7e44e29a8c4e").bytes
        proof = anna.sign(b"spockex/1 bridge end\0" + family_uid + author + bridge)
        head = (b"\x01" + author + bridge + struct.pack(">QQI", 9, ISSUED, DAYS_30) + b"\x01\x00"
                + meeting + hackers + anna.both + dora.both + bytes([CARDS]) + named("family")
                + word + proof)
        notice = head + keys.sign(b"\x13" * 32, b"spockex/1 notice\0" + family_uid + head)
        here, there = Crossing(carla, emil), Crossing(emil, carla)
        self.assertEqual((here.meeting, here.psk), (there.meeting, there.psk))
        carried = b"\x24" + carla.id + emil.id + b"\x02" + bytes(range(1, 9)) + b"\x81" * 20
        made = {
            "alias of the cluster of section 10": text(family),
            "alias of the other one": text(hackers),
            "bridge statement": statement.hex(), "bridge id": text(bridge),
            "Dora's word, in frame 32": (b"\x20" + struct.pack(">I", 1) + word).hex(),
            "Anna's notice": notice.hex(), "Carla's card": carla.bytes.hex(),
            "its id": text(carla.id),
            "the card in frame 34": (
                b"\x22" + carla.bytes + anna.public + anna.sign(carla.seen)).hex(),
            "id of Emil's card": text(emil.id),
            "meeting of Carla and Emil": here.meeting.hex(),
            "psk of Carla and Emil": here.psk.hex(), "Carla's MAC key": here.mac.hex(),
            "Emil's MAC key": there.mac.hex(), "Carla's pid": text(here.pid),
            "Emil's pid": text(there.pid), "a datagram in frame 36": carried.hex(),
        }
        self.assertEqual(made, values_of_page())


if __name__ == "__main__":
    unittest.main()
