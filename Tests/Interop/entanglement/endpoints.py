# SPDX-License-Identifier: Apache-2.0
"""Endpoints: text, bytes, lists (section 1)."""
import ipaddress
import re
import struct

from . import Bad

LIST_COUNT_MAX = 8


def parse(text):
    """`192.0.2.1:41414` or `[2001:db8::1]:41414` as (address text, port)."""
    match = re.fullmatch(r"(?:\[([0-9a-f:]+)\]|([0-9.]+)):([1-9][0-9]{0,4})", text)
    if not match:
        raise Bad("not an endpoint")
    written, port = match.group(1) or match.group(2), int(match.group(3))
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        raise Bad("not an address") from None
    if port > 65535 or str(address) != written or _mapped(address):
        raise Bad("an endpoint that must be written in another way")
    return written, port


def text(endpoint):
    address, port = endpoint[0], endpoint[1]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def encode(endpoint):
    address = ipaddress.ip_address(endpoint[0])
    return bytes([address.version]) + address.packed + struct.pack(">H", endpoint[1])


def encode_list(endpoints):
    return bytes([len(endpoints)]) + b"".join(encode(each) for each in endpoints)


def _mapped(address):
    return address.version == 6 and address.ipv4_mapped is not None


class Reader:
    """Takes values from the front of bytes; everything too short is Bad."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Bad("too short")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def endpoint(self):
        family = self.number(1)
        if family not in (4, 6):
            raise Bad("neither IPv4 nor IPv6")
        address = ipaddress.ip_address(self.take(4 if family == 4 else 16))
        port = self.number(2)
        if port == 0 or _mapped(address):
            raise Bad("not an endpoint")
        return str(address), port

    def endpoints(self):
        count = self.number(1)
        if count > LIST_COUNT_MAX:
            raise Bad("too many endpoints")
        return [self.endpoint() for _ in range(count)]

    def end(self):
        if self.at != len(self.data):
            raise Bad("bytes after the end")
