#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes every value of section 13.6 of docs/PROTOCOL.md again, from its private values alone."""
import base64
import hashlib
import pathlib
import re
import struct
import sys
import unittest

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import endpoints, keys  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
DAY, NOON = 20783, 20783 * 86400 + 43200


def values_of_page():
    """The blocks of section 13.6: a name at 4 spaces, its value at 8."""
    section = PAGE.read_text().split("### 13.6 ")[1].split("\n## ")[0]
    return dict(re.findall(r"^ {4}(\S.*)\n {8}(\S.*)$", section, re.M))


class LastResortExample(unittest.TestCase):
    maxDiff = None

    def test_every_value_of_the_last_resorts_example(self):
        shared = keys.exchange(b"\x62" * 32, keys.public_of(b"\x63" * 32))
        pair = keys.expand(keys.extract(b"\x61" * 32, shared), b"spockex/1 last resort pair", 32)
        block = keys.expand(pair, b"spockex/1 last resort" + struct.pack(">BI", 0, DAY), 128)
        seed, salt, name, sealing, marking = (
            block[:32], block[32:48], block[48:64], block[64:96], block[96:])
        public = keys.member_public(seed)
        sequence = NOON * 1000
        head = struct.pack(">Q", sequence)
        content = struct.pack(">Q", NOON) + endpoints.encode_list(
            [endpoints.parse(text) for text in ("192.0.2.1:41414", "[2001:db8::1]:41414")])
        plain = (struct.pack(">H", len(content)) + content).ljust(176, b"\0")
        mark = keys.mac(marking, head + plain)[:16]
        key = keys.expand(sealing, b"spockex/1 last resort note" + mark, 32)
        nonce = bytes(4) + struct.pack("<Q", sequence)
        value = head + mark + ChaCha20Poly1305(key).encrypt(nonce, plain, head)
        signed = b"4:salt16:%s3:seqi%de1:v%d:%s" % (salt, sequence, len(value), value)
        made = {
            "secret of the pair": pair.hex(), "seed": seed.hex(), "public key": public.hex(),
            "salt": salt.hex(), "name": name.hex(), "content": content.hex(),
            "value": value.hex(), "text": base64.urlsafe_b64encode(value).decode(),
            "target": hashlib.sha1(public + salt).hexdigest(),
            "signature": keys.sign(seed, signed).hex(),
        }
        self.assertEqual(made, values_of_page())


if __name__ == "__main__":
    unittest.main()
