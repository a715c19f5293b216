# SPDX-License-Identifier: Apache-2.0
"""The grammar of everything that is JSON (section 2), as one regular expression per shape."""
import base64
import re

from . import Bad, endpoints

NUMBER_LIMIT = 1 << 53
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NUMBER = r"(?:0|[1-9][0-9]{0,15})"
_PIECES = {
    "UUID": f"({UUID})",
    "N": f"({NUMBER})",
    "B": "([A-Za-z0-9_-]*)",
    "E": r"([0-9.]+:[0-9]+|\[[0-9a-f:]+\]:[0-9]+)",
    "HOST": r'("unknown"|\["[0-9a-f:.\[\]]+"(?:,"[0-9a-f:.\[\]]+"){0,2}\])',
    "T": r"([ !#-\[\]-~]{0,200})",
}
# A shape is written as on the page; `<X name>` is a field, `(...)?` an optional part.
_CODES = {
    "offer": '{"request":100,"v":<N v>,"pid":"<UUID pid>","host":<HOST host>(,"nat":"<L nat>")?,'
             '"key":"<B key>","salt":"<B salt>","totalPeers":<N totalPeers>,"exp":<N exp>}',
    "answer": '{"response":200,"v":<N v>,"pid":"<UUID pid>","host":<HOST host>(,"nat":"<L nat>")?,'
              '"key":"<B key>","salt":"<B salt>","totalPeers":<N totalPeers>,"re":"<B re>"}',
    "error": '{"response":400,"errorText":"<T errorText>"}',
}
_MESSAGES = {
    "message1": '{"request":110,"pid":"<UUID pid>","from":<N from>,"n":<N n>,'
                '"payload":"<B payload>","mac":"<B mac>"}',
    "message2": '{"response":200,"request":120,"pid":"<UUID pid>","to":<N to>,"from":<N from>,'
                '"echoHost":"<E echoHost>","payload":"<B payload>","mac":"<B mac>"}',
    "message3": '{"response":200,"request":130,"pid":"<UUID pid>","to":<N to>,"ctr":<N ctr>,'
                '"echoHost":"<E echoHost>","payload":"<B payload>","mac":"<B mac>"}',
    "message4": '{"response":200,"pid":"<UUID pid>","to":<N to>,"ctr":<N ctr>,'
                '"echoHost":"<E echoHost>","payload":"<B payload>","mac":"<B mac>"}',
    "error-n": '{"response":400,"pid":"<UUID pid>","n":<N n>,"mac":"<B mac>"}',
    "error-ctr": '{"response":400,"pid":"<UUID pid>","ctr":<N ctr>,"mac":"<B mac>"}',
    "stale": '{"response":409,"pid":"<UUID pid>","n":<N n>,"have":<N have>,"mac":"<B mac>"}',
    "gone": '{"response":410(,"pid":"<UUID pid>")?,"token":"<B token>"}',
}


def _compile(shape):
    names = []

    def piece(match):
        names.append((match.group(2), match.group(1)))
        return _PIECES.get(match.group(1), "([a-z])")
    optional = re.sub(r"\((,[^)]*)\)\?", r"\1", shape)
    pattern = ""
    for part in re.split(r"(\(,.*?\)\?|<\w+ \w+>)", shape):
        if part.startswith("(,"):
            inner = re.split(r"(<\w+ \w+>)", part[1:-2])
            pattern += "(?:" + "".join(
                re.sub(r"<(\w+) (\w+)>", piece, p) if p.startswith("<") else re.escape(p)
                for p in inner) + ")?"
        elif part.startswith("<"):
            pattern += re.sub(r"<(\w+) (\w+)>", piece, part)
        else:
            pattern += re.escape(part)
    assert optional.count("<") == len(names)
    return re.compile(pattern), names


CODES = {kind: _compile(shape) for kind, shape in _CODES.items()}
MESSAGES = {kind: _compile(shape) for kind, shape in _MESSAGES.items()}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(characters, count=None):
    """The strict way back: no padding, no stray bits."""
    if len(characters) % 4 == 1:
        raise Bad("an impossible length of base64")
    data = base64.urlsafe_b64decode(characters + "=" * (-len(characters) % 4))
    if b64(data) != characters or (count is not None and len(data) != count):
        raise Bad("not the base64 that is wanted")
    return data


class Line:
    """A line that fits one of the shapes: its kind, its fields, and the bytes under the MAC."""

    def __init__(self, raw, kind, fields):
        self.raw, self.kind, self.fields = raw, kind, fields
        self.signed = raw[:raw.rindex(b',"mac"')] if "mac" in fields else None

    def __getitem__(self, name):
        return self.fields[name]


def scan(raw, shapes):
    """The one shape that `raw` has, with converted fields."""
    try:
        line = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Bad("not ASCII") from None
    for kind, (pattern, names) in shapes.items():
        match = pattern.fullmatch(line)
        if match:
            fields = {name: _value(sort, name, value)
                      for (name, sort), value in zip(names, match.groups()) if value is not None}
            return Line(raw, kind, fields)
    raise Bad("none of the shapes")


_SIZES = {"key": 32, "salt": 16, "re": 16, "mac": 16, "token": 16}


def _value(sort, name, value):
    if sort == "N":
        number = int(value)
        if number >= (1 << 32 if name in ("from", "to") else NUMBER_LIMIT):
            raise Bad("too great a number")
        return number
    if sort == "B":
        return unb64(value, _SIZES.get(name))
    if sort == "E":
        return endpoints.parse(value)
    if sort == "HOST":
        if value == '"unknown"':
            return []
        hosts = [endpoints.parse(each) for each in value[2:-2].split('","')]
        if len(set(hosts)) != len(hosts):
            raise Bad("the same host twice")
        return hosts
    return value
