# SPDX-License-Identifier: Apache-2.0
"""Noise_KKpsk0_25519_ChaChaPoly_SHA256, revision 34 of the Noise specification."""
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from . import Bad
from .keys import exchange, mac, public_of, sha256

NAME = b"Noise_KKpsk0_25519_ChaChaPoly_SHA256"


def nonce(counter):
    return struct.pack("<4xQ", counter)


def seal(key, counter, data, associated=b""):
    return ChaCha20Poly1305(key).encrypt(nonce(counter), data, associated)


def unseal(key, counter, data, associated=b""):
    try:
        return ChaCha20Poly1305(key).decrypt(nonce(counter), data, associated)
    except InvalidTag:
        raise Bad("a wrong seal") from None


def hkdf(chaining, material, count):
    """The HKDF of Noise, section 4.3."""
    temporary, outputs, last = mac(chaining, material), [], b""
    for number in range(1, count + 1):
        last = mac(temporary, last + bytes([number]))
        outputs.append(last)
    return outputs


class Handshake:
    """One side of one handshake: -> psk, e, es, ss and <- e, ee, se."""

    def __init__(self, initiator, prologue, psk, static, remote_static, ephemeral):
        self.initiator, self.psk = initiator, psk
        self.static, self.remote_static = static, remote_static
        self.ephemeral, self.remote_ephemeral = ephemeral, None
        self.hash = NAME if len(NAME) == 32 else (
            NAME + bytes(32 - len(NAME)) if len(NAME) < 32 else sha256(NAME))
        self.chaining, self.key, self.counter = self.hash, None, 0
        self._mix_hash(prologue)
        ours = public_of(static)
        for public in (ours, remote_static) if initiator else (remote_static, ours):
            self._mix_hash(public)

    def write(self, payload):
        if self.initiator:
            self._mix_psk()
        public = public_of(self.ephemeral)
        self._mix_ephemeral(public)
        self._mix_secrets(first=self.initiator)
        return public + self._encrypt(payload)

    def read(self, message):
        if len(message) < 48:
            raise Bad("too short for Noise")
        if not self.initiator:
            self._mix_psk()
        self.remote_ephemeral = message[:32]
        self._mix_ephemeral(self.remote_ephemeral)
        self._mix_secrets(first=not self.initiator)
        return self._decrypt(message[32:])

    def split(self):
        """The transport keys: from I to R, from R to I."""
        return hkdf(self.chaining, b"", 2)

    def _mix_secrets(self, first):
        """es and ss in the first message; ee and se in the second."""
        e, s, re, rs = self.ephemeral, self.static, self.remote_ephemeral, self.remote_static
        if first:
            self._mix_key(exchange(e, rs) if self.initiator else exchange(s, re))
            self._mix_key(exchange(s, rs))
        else:
            self._mix_key(exchange(e, re))
            self._mix_key(exchange(s, re) if self.initiator else exchange(e, rs))

    def _mix_hash(self, data):
        self.hash = sha256(self.hash + data)

    def _mix_key(self, material):
        self.chaining, self.key = hkdf(self.chaining, material, 2)
        self.counter = 0

    def _mix_ephemeral(self, public):
        self._mix_hash(public)
        self._mix_key(public)  # the rule for handshakes with a psk, section 9.2

    def _mix_psk(self):
        self.chaining, hashed, self.key = hkdf(self.chaining, self.psk, 3)
        self._mix_hash(hashed)
        self.counter = 0

    def _encrypt(self, data):
        sealed = seal(self.key, self.counter, data, self.hash)
        self.counter += 1
        self._mix_hash(sealed)
        return sealed

    def _decrypt(self, sealed):
        data = unseal(self.key, self.counter, sealed, self.hash)
        self.counter += 1
        self._mix_hash(sealed)
        return data
