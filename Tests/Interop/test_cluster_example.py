#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes every value of section 11.7 of docs/PROTOCOL.md again, from its private values alone."""
import pathlib
import re
import struct
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import Bad, endpoints, keys, records  # noqa: E402
from entanglement.records import Place, make  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
ALL_KEPT = struct.pack(">I", 0xFFFFFFFF)


def values_of_page():
    """The blocks of section 11.7: a name at 4 spaces, its value at 8."""
    section = PAGE.read_text().split("### 11.7 ")[1].split("\n## ")[0]
    return dict(re.findall(r"^ {4}(\S.*)\n {8}(\S.*)$", section, re.M))


class Person:
    def __init__(self, base):
        self.seed = bytes([base + 3]) * 32
        self.keys = (keys.member_public(self.seed), keys.public_of(bytes([base + 4]) * 32))
        self.id = None


class ClusterExample(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.page = values_of_page()
        self.made = {}
        self.all = []

    def note(self, name, record):
        self.made[f"{name}: content"] = record.content.hex()
        self.made[f"{name}: id"] = record.id.hex()
        self.made[f"{name}: signatures"] = b"".join(record.signatures).hex()
        again = records.Record.decode(record.encode())
        self.assertEqual(again.encode(), record.encode())
        if record.kind != 9:
            self.all.append(record)
        return record

    def write(self, name, kind, person, position, previous, parents, body, *second):
        place = Place(person.id, position, previous.id, sorted(each.id for each in parents))
        return self.note(name, make(kind, place, body, self.cluster, person.seed, *second))

    def newcomer(self, name, base, sponsor):
        person = Person(base)
        meeting = bytes([base + 5]) * 32
        statement = records.join_statement(self.cluster, sponsor.id, meeting, person.keys)
        person.id = records.uid8(keys.sha256(statement))
        self.made[f"id of {name}"] = records.uid_text(person.id)
        return person, b"".join(person.keys) + meeting, person.seed, statement

    def found(self):
        meeting = bytes.fromhex(self.page["meeting of Anna and Ben"])
        self.anna, self.ben = Person(0x10), Person(0x20)
        content = b"\x01" + meeting + b"".join(self.anna.keys) + b"".join(self.ben.keys)
        self.cluster = records.uid8(keys.sha256(content))
        genesis = records.Record(content, [], *records.parse(content))
        signed = genesis.signed(self.cluster)
        genesis.signatures = [keys.sign(each.seed, signed) for each in (self.anna, self.ben)]
        for name, person in (("Anna", self.anna), ("Ben", self.ben)):
            person.id = records.founder_id(self.cluster, person.keys)
            self.made[f"id of {name}"] = records.uid_text(person.id)
        self.made["meeting of Anna and Ben"] = meeting.hex()
        self.made["cluster UID"] = records.uid_text(self.cluster)
        return self.note("genesis", genesis)

    def test_every_value_is_made_again(self):
        genesis = self.found()
        anna, ben = self.anna, self.ben
        carl, body, *second = self.newcomer("Carl", 0x30, anna)
        add = self.write("add of Carl by Anna", 2, anna, 1, genesis, [], body, *second)
        meeting = bytes([0x36]) * 32
        met = records.met_statement(self.cluster, ben.id, carl.id, meeting)
        confirm = self.write("confirm of Carl by Ben", 3, ben, 1, genesis, [add],
                             carl.id + meeting, carl.seed, met)
        dora, body, *second = self.newcomer("Dora", 0x40, carl)
        took = self.write("add of Dora by Carl", 2, carl, 1, add, [confirm], body, *second)
        remove = self.write("remove of Carl by Anna", 5, anna, 2, add, [took], carl.id + ALL_KEPT)
        vote = self.write("vote by Ben", 6, ben, 2, confirm, [remove], remove.id)
        emil, body, *second = self.newcomer("Emil", 0x50, carl)
        beside = self.write("add of Emil by Carl, beside his removal", 2, carl, 2, took, [], body,
                            *second)
        block = self.write("block of Dora by Anna", 7, anna, 3, remove, [vote, beside],
                           b"\x01" + dora.id)
        gone = records.gone_hash(self.cluster, [carl.id])
        self.write("epoch by Ben", 8, ben, 3, vote, [block],
                   struct.pack(">I", 1) + gone + keys.sha256(bytes([0x77]) * 32))
        self.write("second first record of Dora", 7, dora, 1, took, [], b"\x01" + anna.id)
        self.write("first record of Dora", 7, dora, 1, took, [], b"\x00" + ben.id)
        addresses = (b"\x02\x04\x02" + endpoints.encode(("192.0.2.1", 41414))
                     + b"\x02\x00" + endpoints.encode(("2001:db8::1", 41414))
                     + b"e" + b"\x04Anna")
        self.note("endpoint of Anna", make(
            9, None, anna.id + struct.pack(">QQQI", 0x0102030405060708, 9, 1795000000, 604800)
            + addresses, self.cluster, anna.seed))
        self.made["heads hash"] = records.heads_hash(self.cluster, self.all).hex()
        self.made["hash of who is gone"] = gone.hex()
        self.made["hash of the digest"] = keys.sha256(records.digest(self.all)).hex()
        self.made["state hash"] = self.state_hash(carl, dora, emil, remove, gone).hex()
        self.assertEqual(set(self.page), set(self.made))
        for name, value in self.made.items():
            with self.subTest(name):
                self.assertEqual(value, self.page[name])

    def state_hash(self, carl, dora, emil, remove, gone):
        """What section 11.5 makes of it, each member's fate being as the section says."""
        anna, ben = self.anna, self.ben
        count = struct.Struct(">H").pack
        origins = {anna.id: b"\x00", ben.id: b"\x01"}
        for person, sponsor, base in ((carl, anna, 0x30), (dora, carl, 0x40), (emil, carl, 0x50)):
            origins[person.id] = b"\x02" + sponsor.id + bytes([base + 5]) * 32
        met = {anna.id: [ben, carl], ben.id: [anna, carl], carl.id: [anna, ben, dora],
               dora.id: [carl], emil.id: []}
        fate = {anna.id: b"\0\1", ben.id: b"\0\1", carl.id: b"\3\0", dora.id: b"\0\0",
                emil.id: b"\3\0"}
        members = b"".join(
            each.id + b"".join(each.keys) + origins[each.id] + fate[each.id]
            + count(len(met[each.id])) + b"".join(sorted(other.id for other in met[each.id]))
            for each in sorted((anna, ben, carl, dora, emil), key=lambda person: person.id))
        removal = remove.id + b"\x01" + count(2) + b"".join(sorted((anna.id, ben.id)))
        blocks = sorted((anna.id + dora.id, dora.id + anna.id))
        firsts = sorted(bytes.fromhex(self.made[f"{name}: id"]) for name in (
            "first record of Dora", "second first record of Dora"))
        double = b"\x00" + dora.id + struct.pack(">I", 1) + b"".join(firsts)
        epoch = struct.pack(">I", 1) + bytes.fromhex(self.made["epoch by Ben: id"])
        return keys.sha256(
            records.domain("roster", self.cluster) + count(5) + members + count(1) + removal
            + count(2) + b"".join(blocks) + count(1) + double + epoch + gone)

    def test_what_is_no_record_is_refused(self):
        self.found()
        good = bytes.fromhex(self.page["vote by Ben: content"])
        signature = bytes.fromhex(self.page["vote by Ben: signatures"])
        whole = struct.pack(">H", len(good)) + good + signature
        self.assertEqual(records.Record.decode(whole).encode(), whole)
        for bad in (whole + b"\0", whole[:-1], b"", whole[:2] + b"\x0a" + whole[3:],
                    whole[:2] + b"\x04" + whole[3:], whole[:19] + bytes(4) + whole[23:]):
            with self.subTest(bad.hex()), self.assertRaises(Bad):
                records.Record.decode(bad)


if __name__ == "__main__":
    unittest.main()
