# SPDX-License-Identifier: Apache-2.0
"""Messages 1 to 4, the errors (section 5), and what is sealed inside."""
import dataclasses
import struct
import unicodedata

from . import Bad, endpoints
from .endpoints import Reader
from .keys import mac
from .text import b64

BYTE_COUNT_LIMIT = 1232
MESSAGE1_BYTES = 512
MESSAGE3_PLAIN, MESSAGE4_PLAIN = 512, 448
AUTO, CLUSTER, JOIN, BRIDGE, PRIVATE, REPAIR = range(6)


def pad(content, size):
    if len(content) + 2 > size:
        raise Bad("the content is too long")
    return struct.pack(">H", len(content)) + content + bytes(size - 2 - len(content))


def unpad(plain):
    reader = Reader(plain)
    content = reader.take(reader.number(2))
    if any(plain[reader.at:]):
        raise Bad("padding that is not zero")
    return content


def plain_size(characters):
    """How much plaintext a payload of so many characters holds, beside 32 + 16 bytes of Noise."""
    return characters * 6 // 8 - 48


def authenticated(key, front):
    """A message from everything before its MAC."""
    return front + f',"mac":"{b64(mac(key, front)[:16])}"}}'.encode()


def message1_front(pid, index, n, payload):
    return f'{{"request":110,"pid":"{pid}","from":{index},"n":{n},"payload":"{payload}"'.encode()


def message1_room(pid, index, n):
    """The characters of payload that make message 1 exactly 512 bytes; may be impossible."""
    return MESSAGE1_BYTES - len(authenticated(b"", message1_front(pid, index, n, "")))


def message1(key, pid, index, n, sealed):
    return authenticated(key, message1_front(pid, index, n, b64(sealed)))


def message2_front(pid, to, index, seen, payload):
    return (f'{{"response":200,"request":120,"pid":"{pid}","to":{to},"from":{index},'
            f'"echoHost":"{endpoints.text(seen)}","payload":"{payload}"').encode()


def message2_room(pid, to, index, seen):
    room = MESSAGE1_BYTES - len(authenticated(b"", message2_front(pid, to, index, seen, "")))
    return room - 1 if room % 4 == 1 else room


def message2(key, pid, to, index, seen, sealed):
    return authenticated(key, message2_front(pid, to, index, seen, b64(sealed)))


def message3(key, pid, to, counter, seen, sealed):
    return authenticated(key, (
        f'{{"response":200,"request":130,"pid":"{pid}","to":{to},"ctr":{counter},'
        f'"echoHost":"{endpoints.text(seen)}","payload":"{b64(sealed)}"').encode())


def message4(key, pid, to, counter, seen, sealed):
    return authenticated(key, (
        f'{{"response":200,"pid":"{pid}","to":{to},"ctr":{counter},'
        f'"echoHost":"{endpoints.text(seen)}","payload":"{b64(sealed)}"').encode())


def error(key, pid, name, number):
    """400; `name` is "n" or "ctr"."""
    return authenticated(key, f'{{"response":400,"pid":"{pid}","{name}":{number}'.encode())


def stale(key, pid, n, have):
    return authenticated(key, f'{{"response":409,"pid":"{pid}","n":{n},"have":{have}'.encode())


def gone(token, pid=None):
    named = f'"pid":"{pid}",' if pid else ""
    return f'{{"response":410,{named}"token":"{b64(token)}"}}'.encode()


def _intent(reader):
    intent = reader.number(1)
    if intent > REPAIR:
        raise Bad("an unknown intent")
    return intent


def _matches(reader):
    count = reader.number(1)
    if count > 4:
        raise Bad("too many match values")
    return [reader.take(8) for _ in range(count)]


def _reference(reader):
    """(cluster UID, member id) of a member, or nothing: what is left behind the list."""
    if reader.at == len(reader.data):
        return None
    return reader.take(16), reader.take(16)


def _flags(reader):
    """0; 1: the sender trusts; 2: its cluster is full (section 5.6)."""
    flags = reader.number(1)
    if flags > 2:
        raise Bad("unknown flags")
    return flags


@dataclasses.dataclass
class Content1:
    flags: int
    n: int
    index: int
    intent: int = AUTO
    matches: list = dataclasses.field(default_factory=list)
    hosts: list = dataclasses.field(default_factory=list)

    def encode(self):
        return (struct.pack(">BQIBB", self.flags, self.n, self.index, self.intent,
                            len(self.matches))
                + b"".join(self.matches) + endpoints.encode_list(self.hosts))

    @classmethod
    def decode(cls, data):
        reader = Reader(data)
        content = cls(_flags(reader), reader.number(8), reader.number(4), _intent(reader),
                      _matches(reader), reader.endpoints())
        reader.end()
        return content

    @property
    def trusts(self):
        return self.flags == 1


@dataclasses.dataclass
class Content2:
    flags: int
    n: int
    to: int
    index: int
    echo: tuple
    intent: int
    matches: list
    member: tuple
    hosts: list
    reference: tuple = None

    def encode(self):
        return (struct.pack(">BQII", self.flags, self.n, self.to, self.index)
                + endpoints.encode(self.echo) + bytes([self.intent, len(self.matches)])
                + b"".join(self.matches) + b"".join(self.member)
                + endpoints.encode_list(self.hosts) + b"".join(self.reference or ()))

    @classmethod
    def decode(cls, data):
        reader = Reader(data)
        content = cls(_flags(reader), reader.number(8), reader.number(4), reader.number(4),
                      reader.endpoint(), _intent(reader), _matches(reader),
                      (reader.take(32), reader.take(32)), reader.endpoints(),
                      _reference(reader))
        reader.end()
        return content

    @property
    def trusts(self):
        return self.flags == 1


def check_name(data):
    """A display name: UTF-8, at most 64 bytes, nothing that hides or turns text around."""
    try:
        name = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not UTF-8") from None
    for character in name:
        if (unicodedata.category(character) in ("Cc", "Cn", "Zl", "Zp")
                or unicodedata.bidirectional(character) in (
                    "LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
                or character in "\u061c\u200e\u200f"):
            raise Bad("a character that no name may have")
    return name


def _name(reader):
    length = reader.number(1)
    if length > 64:
        raise Bad("too long a name")
    return check_name(reader.take(length))


def _named(name):
    return bytes([len(name.encode())]) + name.encode()


@dataclasses.dataclass
class Content3:
    echo: tuple
    member: tuple
    signature: bytes
    name: str
    hosts: list
    reference: tuple = None

    def encode(self):
        return (endpoints.encode(self.echo) + b"".join(self.member) + self.signature
                + _named(self.name) + endpoints.encode_list(self.hosts)
                + b"".join(self.reference or ()))

    @classmethod
    def decode(cls, data):
        reader = Reader(data)
        content = cls(reader.endpoint(), (reader.take(32), reader.take(32)), reader.take(64),
                      _name(reader), reader.endpoints(), _reference(reader))
        reader.end()
        return content


@dataclasses.dataclass
class Content4:
    echo: tuple
    signature: bytes
    name: str
    hosts: list

    def encode(self):
        return (endpoints.encode(self.echo) + self.signature + _named(self.name)
                + endpoints.encode_list(self.hosts))

    @classmethod
    def decode(cls, data):
        reader = Reader(data)
        content = cls(reader.endpoint(), reader.take(64), _name(reader), reader.endpoints())
        reader.end()
        return content
