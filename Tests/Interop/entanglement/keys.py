# SPDX-License-Identifier: Apache-2.0
"""Everything that is derived from the two codes (section 4), and the genesis (section 6)."""
import hashlib
import hmac
import struct
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from . import Bad


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt, ikm):
    return mac(salt, ikm)


def expand(prk, info, length):
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=info).derive(prk)


def raw_public(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def public_of(private):
    """The X25519 public key of 32 private bytes."""
    return raw_public(x25519.X25519PrivateKey.from_private_bytes(private).public_key())


def exchange(private, public):
    try:
        return x25519.X25519PrivateKey.from_private_bytes(private).exchange(
            x25519.X25519PublicKey.from_public_bytes(public))
    except ValueError:  # all zero
        raise Bad("a key of low order") from None


def member_public(seed):
    """The Ed25519 public key of a seed."""
    return raw_public(ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key())


def sign(seed, data):
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed).sign(data)


def verify(public, signature, data):
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except Exception:  # InvalidSignature, or a key that is no key
        raise Bad("a wrong signature") from None


def pid_bytes(pid):
    return uuid.UUID(pid).bytes


def gone_token(salt, pid):
    return expand(extract(b"", salt), b"spockex/1 gone" + pid_bytes(pid), 16)


class Meeting:
    """What both sides know after both codes; `own` is "A" or "B"."""

    def __init__(self, own, offer, answer, salts, private, peer_public):
        self.meeting = sha256(b"spockex/1 meeting" + struct.pack(">H", len(offer)) + offer
                              + struct.pack(">H", len(answer)) + answer)
        self.prk = extract(self.meeting, salts["A"] + salts["B"])
        self.psk = expand(self.prk, b"spockex/1 noise psk", 32)
        root = extract(self.prk, exchange(private, peer_public))
        self.macs = {"A": expand(root, b"spockex/1 mac AB", 32),
                     "B": expand(root, b"spockex/1 mac BA", 32)}
        self.send_mac = self.macs[own]
        self.receive_mac = self.macs["B" if own == "A" else "A"]

    def match(self, cluster):
        return mac(expand(self.prk, b"spockex/1 cluster match", 32), uuid.UUID(cluster).bytes)[:8]

    @property
    def safety_number(self):
        number = int.from_bytes(sha256(b"spockex/1 safety" + self.meeting)[:9], "big") >> 6
        digits = f"{number:020d}"
        return " ".join(digits[at:at + 5] for at in range(0, 20, 5))


class Genesis:
    """The founding of a cluster of two; `members` are (Ed25519, X25519) of A and of B."""

    def __init__(self, meeting, member_a, member_b):
        self.content = b"\x01" + meeting + b"".join(member_a) + b"".join(member_b)
        identity = bytearray(sha256(self.content)[:16])
        identity[6] = identity[6] & 0x0F | 0x80
        identity[8] = identity[8] & 0x3F | 0x80
        self.cluster = str(uuid.UUID(bytes=bytes(identity)))
        self.signed = b"spockex/1 genesis\x00" + bytes(identity) + self.content
