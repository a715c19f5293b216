#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes every value of section 12.8 of docs/PROTOCOL.md again, from private values and section 11.7."""
import pathlib
import re
import struct
import sys
import unittest
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import Bad, gossip, keys, records  # noqa: E402
from entanglement.gossip import Frame  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"


def values(heading):
    """The blocks of a section: a name at 4 spaces, its value at 8."""
    section = PAGE.read_text().split(heading)[1].split("\n## ")[0].split("\n### ")[0]
    return dict(re.findall(r"^ {4}(\S.*)\n {8}(\S.*)$", section, re.M))


def member_of(base, identity):
    seed = bytes([base + 3]) * 32
    return uuid.UUID(identity).bytes, (
        keys.member_public(seed), keys.public_of(bytes([base + 4]) * 32))


class GossipExample(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.page, before = values("### 12.8 "), values("### 11.7 ")
        self.cluster = uuid.UUID(before["cluster UID"]).bytes
        self.anna = member_of(0x10, before["id of Anna"])
        self.dora = member_of(0x40, before["id of Dora"])
        self.vote = records.Record.decode(
            struct.pack(">H", len(bytes.fromhex(before["vote by Ben: content"])))
            + bytes.fromhex(before["vote by Ben: content"] + before["vote by Ben: signatures"]))
        self.epoch = bytes.fromhex(before["epoch by Ben: id"])
        self.heads = bytes.fromhex(before["heads hash"])

    def frames(self):
        places = [(self.anna[0], 9)]
        secret = bytes([0x77]) * 32
        bodies = {
            "summary": (gossip.SUMMARY, (
                self.heads, gossip.places_hash(self.cluster, places), 2)),
            "digest of nothing": (gossip.DIGEST, (0, records.digest([]))),
            "ids": (gossip.IDS, (0, 2, [self.vote.id, self.epoch])),
            "want": (gossip.WANT, ([self.vote.id],)),
            "record": (gossip.RECORD, (self.vote.encode(),)),
            "places": (gossip.PLACES, (gossip.FIRST_MEMBER, gossip.LAST_MEMBER, places)),
            "welcome": (gossip.WELCOME, (1, self.epoch, secret, "Anna + Ben")),
            "goodbye": (gossip.GOODBYE, ()),
            "call": (gossip.CALL, (self.dora[0], self.anna[0], 16)),
        }
        return {f"{name} frame": Frame(sort, self.cluster, body)
                for name, (sort, body) in bodies.items()}

    def test_every_value_is_made_again(self):
        psk = bytes.fromhex(values("## 10. A worked example")["psk"])
        secret = bytes([0x77]) * 32
        anna = gossip.Introduction(self.cluster, secret, self.anna, self.dora)
        dora = gossip.Introduction(self.cluster, secret, self.dora, self.anna)
        self.assertTrue(dora.is_a and not anna.is_a)
        made = {
            "secret of epoch 0": gossip.founding_secret(psk, self.cluster).hex(),
            "secret of epoch 1": secret.hex(),
            "pid of Anna, as Dora names her": str(uuid.UUID(bytes=anna.pid)),
            "pid of Dora, as Anna names her": str(uuid.UUID(bytes=dora.pid)),
            "meeting of Dora and Anna": dora.meeting.hex(),
            "psk of Dora and Anna": dora.psk.hex(),
            "mac_AB of Dora and Anna": dora.mac_ab.hex(),
            "mac_BA of Dora and Anna": dora.mac_ba.hex(),
        }
        for one, other in (("psk", "psk"), ("mac_ab", "mac_ab"), ("mac_ba", "mac_ba"),
                           ("meeting", "meeting"), ("pid", "peer_pid"), ("peer_pid", "pid")):
            self.assertEqual(getattr(anna, one), getattr(dora, other))
        for name, frame in self.frames().items():
            made[name] = frame.encode().hex()
        self.assertEqual(set(self.page), set(made))
        for name, value in made.items():
            with self.subTest(name):
                self.assertEqual(value, self.page[name])

    def test_frames_come_back_whole(self):
        for name, frame in self.frames().items():
            with self.subTest(name):
                data = frame.encode()
                self.assertEqual(Frame.decode(data), frame)
                for count in range(len(data)):
                    try:
                        self.assertEqual(Frame.decode(data[:count]).encode(), data[:count])
                    except Bad:
                        continue

    def test_what_is_no_frame_is_refused(self):
        good = {name: frame.encode() for name, frame in self.frames().items()}
        want, places = good["want frame"], good["places frame"]
        welcome = good["welcome frame"]
        bad = [good["summary frame"] + b"\0", good["goodbye frame"] + b"\0", want[:17],
               good["call frame"][:-1] + b"\x11",
               want + bytes(32) * 32, places + places[49:], places[:49] + bytes(24) + places[49:]
               + bytes(24), welcome[:17] + bytes(4) + welcome[21:],
               welcome[:21] + bytes(32) + welcome[53:], welcome[:-1] + b"\n",
               b"\x18" + self.cluster + bytes(1025), b"\x1c" + self.cluster, b""]
        for data in bad:
            with self.subTest(data[:80].hex()), self.assertRaises(Bad):
                Frame.decode(data)


if __name__ == "__main__":
    unittest.main()
