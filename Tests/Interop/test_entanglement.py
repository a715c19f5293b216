#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The second implementation against itself: what it must refuse, and meetings of two of it."""
import pathlib
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import Bad, codes, endpoints, messages, text, upkeep  # noqa: E402
from entanglement.peer import Peer  # noqa: E402
from entanglement.relation import GONE, TRUSTED  # noqa: E402
from entanglement.session import WINDOW, ReplayWindow  # noqa: E402
from entanglement.wire import Faults, Wire, run  # noqa: E402


class Refusals(unittest.TestCase):
    def refused(self, function, *arguments):
        with self.assertRaises(Bad):
            function(*arguments)

    def test_endpoints_have_one_spelling(self):
        for good in ("192.0.2.1:1", "[2001:db8::1]:65535", "[::1]:41414"):
            self.assertEqual(endpoints.text(endpoints.parse(good)), good)
        for bad in ("192.0.2.01:1", "192.0.2.1:0", "192.0.2.1:01", "192.0.2.1:65536", "192.0.2.1",
                    "2001:db8::1:1", "[2001:DB8::1]:1", "[2001:db8:0::1]:1", "[fe80::1%1]:1",
                    "[::ffff:192.0.2.1]:1", "[::ffff:c000:201]:1", "host:1", ""):
            with self.subTest(bad):
                self.refused(endpoints.parse, bad)

    def test_base64_has_one_spelling(self):
        self.assertEqual(text.unb64("AQ"), b"\x01")
        for bad in ("AR", "A", "AQ==", "A+"):
            with self.subTest(bad):
                self.refused(lambda each: text.scan(
                    b'{"response":410,"token":"%s"}' % each.encode(), text.MESSAGES), bad)

    def test_codes_are_read_as_they_are_written(self):
        line = codes.offer("10000000-0000-4000-8000-000000000010", [("192.0.2.1", 1)], bytes(32),
                           bytes(16), 5, nat="e")
        self.assertEqual(codes.read(line, "offer")["host"], [("192.0.2.1", 1)])
        for bad in (line + b" ", line.replace(b'"v":1', b'"v":2'), line.replace(b":5}", b":05}"),
                    line.replace(b"[", b"[ "), line.replace(b'"nat":"e"', b'"nat":"E"'),
                    line.replace(b'["192.0.2.1:1"]', b'[]'), b'{"response":400,"errorText":"no"}'):
            with self.subTest(bad):
                self.refused(codes.read, bad, "offer")

    def test_long_codes_lose_hosts_from_the_end(self):
        hosts = [("2001:db8:1111:2222:3333:4444:5555:6666", 41414),
                 ("2001:db8:1111:2222:3333:4444:5555:7777", 41414), ("192.0.2.111", 41414)]
        line = codes.offer("10000000-0000-4000-8000-000000000010", hosts, bytes(32), bytes(16),
                           1795000600, peers=1 << 52, nat="e")
        self.assertLessEqual(len(line), codes.BYTE_COUNT_LIMIT)
        self.assertEqual(codes.read(line, "offer")["host"], [hosts[0], hosts[2]])

    def test_names_hide_nothing(self):
        self.assertEqual(messages.check_name("Zoë".encode()), "Zoë")
        for bad in (b"\xff", b"a\n", "\u202e".encode(), "\u2028".encode(), "\u0378".encode()):
            with self.subTest(bad):
                self.refused(messages.check_name, bad)

    def test_counters_count_once(self):
        window = ReplayWindow()
        for counter, new in ((5, True), (5, False), (4, True), (10000, True),
                             (10000 - WINDOW, False), (10001 - WINDOW, True), (5, False)):
            self.assertEqual(window.is_new(counter), new, counter)
            if new:
                window.accept(counter)


class Meetings(unittest.TestCase):
    def setUp(self):
        self.wires = []
        for name in ("Ann", "Ben"):
            wire = Wire(Peer(name, []))
            wire.peer.hosts = [wire.endpoint()]
            self.wires.append(wire)
            self.addCleanup(wire.close)

    def meet(self, seed=None, active=(True, True)):
        ann, ben = self.wires
        if seed is not None:
            ann.faults = Faults(seed, loss=0.3, double=0.2, late=0.3)
        now = time.monotonic()
        offered = ann.peer.offer(active=active[0])
        answered = ben.peer.answer(offered.offer, now, active=active[1])
        ann.peer.accept(offered, answered.answer, now)
        self.assertTrue(run(self.wires, lambda: offered.phase == answered.phase == TRUSTED, 20))
        self.assertEqual(offered.genesis.cluster, answered.genesis.cluster)
        self.assertEqual(offered.meeting.safety_number, answered.meeting.safety_number)
        for wire, relation in zip(self.wires, (offered, answered)):
            upkeep.start_probe(wire.peer, relation, time.monotonic())
        if seed is None:
            self.assertTrue(run(self.wires, lambda: all(
                wire.peer.count("pong") for wire in self.wires), 5))
        return offered, answered

    def test_python_meets_python_whoever_starts(self):
        self.meet(active=(True, False))
        self.meet(active=(False, True))
        self.meet(active=(True, True))

    def test_python_meets_python_over_a_bad_line(self):
        self.meet(seed=3)

    def test_python_cancels_and_python_hears_it(self):
        ann, ben = self.wires
        now = time.monotonic()
        offered = ann.peer.offer(active=False)
        answered = ben.peer.answer(offered.offer, now, active=False)
        ann.peer.accept(offered, answered.answer, now)
        ann.peer.cancel(offered, now)
        self.assertTrue(run(self.wires, lambda: answered.phase == GONE, 5))

    def test_python_forgets_python(self):
        offered, _ = self.meet()
        self.wires[0].peer.forget(offered, time.monotonic())
        self.assertTrue(run(self.wires, lambda: offered.phase == GONE, 5))


if __name__ == "__main__":
    unittest.main()
