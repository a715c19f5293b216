# SPDX-License-Identifier: Apache-2.0
"""The two codes (section 3)."""
from . import Bad, endpoints
from .keys import sha256
from .text import CODES, b64, scan

BYTE_COUNT_LIMIT = 331
LIFE_SECONDS = 600


def _host(hosts):
    if not hosts:
        return '"unknown"'
    return "[" + ",".join(f'"{endpoints.text(each)}"' for each in hosts) + "]"


def _code(begin, pid, hosts, nat, key, salt, peers, end):
    middle = f'"nat":"{nat}",' if nat else ""
    return (f'{{{begin},"v":1,"pid":"{pid}","host":{_host(hosts)},{middle}"key":"{b64(key)}",'
            f'"salt":"{b64(salt)}","totalPeers":{peers},{end}}}').encode()


def offer(pid, hosts, key, salt, expires, peers=0, nat=None):
    return _fitting(hosts, lambda shown: _code(
        '"request":100', pid, shown, nat, key, salt, peers, f'"exp":{expires}'))


def answer(pid, hosts, key, salt, offered, peers=0, nat=None):
    fingerprint = b64(sha256(offered)[:16])
    return _fitting(hosts, lambda shown: _code(
        '"response":200', pid, shown, nat, key, salt, peers, f'"re":"{fingerprint}"'))


def _fitting(hosts, make):
    """Hosts are dropped from the end, one of each family being kept as long as possible."""
    shown = list(hosts[:3])
    while len(make(shown)) > BYTE_COUNT_LIMIT:
        families = [":" in address for address, _ in shown]
        spare = [at for at, family in enumerate(families) if families.count(family) > 1]
        shown.pop(spare[-1] if spare else -1)
    return make(shown)


def read(line, kind):
    """A code of one kind from its exact bytes."""
    if len(line) > BYTE_COUNT_LIMIT:
        raise Bad("too long for a code")
    code = scan(line, CODES)
    if code.kind == "error":
        raise Bad(f"the other side says: {code['errorText']}")
    if code["v"] != 1:
        raise Bad("another version")
    if code.kind != kind:
        raise Bad(f"this is not an {kind}")
    return code
