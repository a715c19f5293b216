#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes every value of section 10 of docs/PROTOCOL.md again, from its private values alone."""
import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import codes, keys, messages, noise, session, text  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
A_HOST, B_HOST = ("192.0.2.1", 41414), ("198.51.100.2", 41414)
A_PID, B_PID = "10000000-0000-4000-8000-000000000010", "20000000-0000-4000-8000-000000000020"
N, A_INDEX, B_INDEX = 1795000000 << 16, 1111111111, 2222222222
GIVEN = {"A private key", "A salt", "A Ed25519 member seed", "A X25519 member public key",
         "A ephemeral private key", "B private key", "B salt", "B Ed25519 member seed",
         "B X25519 member public key", "B ephemeral private key"}
TOKEN = bytes(range(1, 9))


def values_of_page():
    """The blocks of section 10: a name at 4 spaces, its value at 8."""
    section = PAGE.read_text().split("## 10. ")[1].split("\n## ")[0]
    return dict(re.findall(r"^ {4}(\S.*)\n {8}(\S.*)$", section, re.M))


class WorkedExample(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.page = values_of_page()
        self.made = {}

    def given(self, name):
        return bytes.fromhex(self.page[name])

    def test_every_value_is_made_again(self):
        self.make_codes()
        self.make_handshake()
        self.make_trust()
        self.make_packets()
        self.assertEqual(set(self.page), GIVEN | set(self.made))
        for name, value in self.made.items():
            with self.subTest(name):
                self.assertEqual(value if isinstance(value, str) else value.hex(), self.page[name])

    def make_codes(self):
        self.private = {side: self.given(f"{side} private key") for side in "AB"}
        self.public = {side: keys.public_of(self.private[side]) for side in "AB"}
        salts = {side: self.given(f"{side} salt") for side in "AB"}
        offer = codes.offer(A_PID, [A_HOST], self.public["A"], salts["A"], 1795000600)
        answer = codes.answer(B_PID, [B_HOST], self.public["B"], salts["B"], offer)
        self.assertEqual(codes.read(offer, "offer")["salt"], salts["A"])
        self.assertEqual(codes.read(answer, "answer")["re"], keys.sha256(offer)[:16])
        self.a = keys.Meeting("A", offer, answer, salts, self.private["A"], self.public["B"])
        self.b = keys.Meeting("B", offer, answer, salts, self.private["B"], self.public["A"])
        self.assertEqual(self.a.macs, self.b.macs)
        self.made.update({
            "offer": offer.decode(), "answer": answer.decode(), "meeting": self.a.meeting,
            "prk": self.a.prk, "psk": self.a.psk, "mac_AB": self.a.macs["A"],
            "mac_BA": self.a.macs["B"], "gone_A": keys.gone_token(salts["A"], A_PID),
            "gone_B": keys.gone_token(salts["B"], B_PID), "safety number": self.a.safety_number})

    def make_handshake(self):
        i = self.noise("A", "B", True)
        content1 = messages.Content1(False, N, A_INDEX, hosts=[A_HOST]).encode()
        size = messages.plain_size(messages.message1_room(B_PID, A_INDEX, N))
        message1 = messages.message1(self.a.send_mac, B_PID, A_INDEX, N,
                                     i.write(messages.pad(content1, size)))
        self.assertEqual(len(message1), 512)
        r = self.noise("B", "A", False)
        plain = r.read(text.scan(message1, text.MESSAGES)["payload"])
        self.assertEqual(messages.unpad(plain), content1)

        self.member = {side: (keys.member_public(self.given(f"{side} Ed25519 member seed")),
                              self.given(f"{side} X25519 member public key")) for side in "AB"}
        content2 = messages.Content2(False, N, A_INDEX, B_INDEX, A_HOST, messages.AUTO, [],
                                     self.member["B"], [B_HOST]).encode()
        size = messages.plain_size(messages.message2_room(A_PID, A_INDEX, B_INDEX, A_HOST))
        message2 = messages.message2(self.b.send_mac, A_PID, A_INDEX, B_INDEX, A_HOST,
                                     r.write(messages.pad(content2, size)))
        plain = i.read(text.scan(message2, text.MESSAGES)["payload"])
        self.assertEqual(messages.unpad(plain), content2)
        self.assertEqual(i.hash, r.hash)
        self.forth, self.back = i.split()
        self.i = session.Session(True, A_INDEX, B_INDEX, self.forth, self.back, 0)
        self.r = session.Session(False, B_INDEX, A_INDEX, self.back, self.forth, 0)
        self.made.update({
            "content 1": content1, "message 1": message1.decode(), "content 2": content2,
            "message 2": message2.decode(), "handshake hash": i.hash,
            "key I to R": self.forth, "key R to I": self.back})

    def noise(self, own, peer, initiator):
        return noise.Handshake(initiator, self.a.meeting, self.a.psk, self.private[own],
                               self.public[peer], self.given(f"{own} ephemeral private key"))

    def make_trust(self):
        genesis = keys.Genesis(self.a.meeting, self.member["A"], self.member["B"])
        signatures = {side: keys.sign(self.given(f"{side} Ed25519 member seed"), genesis.signed)
                      for side in "AB"}
        names = self.names_of_page()
        content3 = messages.Content3(B_HOST, self.member["A"], signatures["A"], names[0],
                                     [A_HOST]).encode()
        counter, sealed = self.i.seal_message(messages.pad(content3, messages.MESSAGE3_PLAIN))
        message3 = messages.message3(self.a.send_mac, B_PID, B_INDEX, counter, B_HOST, sealed)
        content4 = messages.Content4(A_HOST, signatures["B"], names[1], [B_HOST]).encode()
        self.assertEqual(messages.unpad(self.r.open_message(0, sealed)), content3)
        counter, sealed = self.r.seal_message(messages.pad(content4, messages.MESSAGE4_PLAIN))
        message4 = messages.message4(self.b.send_mac, A_PID, A_INDEX, counter, A_HOST, sealed)
        self.assertEqual(messages.unpad(self.i.open_message(0, sealed)), content4)
        self.assertLessEqual(len(message4), len(message3))
        self.made.update({
            "genesis content": genesis.content, "cluster UID": genesis.cluster,
            "content 3": content3, "message 3": message3.decode(),
            "content 4": content4, "message 4": message4.decode()})

    def names_of_page(self):
        """The page gives the two display names only inside of the contents."""
        content3 = messages.Content3.decode(self.given("content 3"))
        return content3.name, messages.Content4.decode(self.given("content 4")).name

    def make_packets(self):
        ping = session.echo_frame(session.PING, TOKEN, B_HOST)
        pong = session.echo_frame(session.PONG, TOKEN, A_HOST)
        there, back = self.i.packet(ping), self.r.packet(pong)
        self.assertEqual(self.r.open_packet(there), ping)
        self.assertEqual(self.i.open_packet(back), pong)
        self.made.update({"ping frame": ping, "packet of I": there,
                          "pong frame": pong, "packet of R": back})


if __name__ == "__main__":
    unittest.main()
