# SPDX-License-Identifier: Apache-2.0
"""Real nodes of the BitTorrent DHT on loopback (libtorrent), and one in Python that lies."""
import hashlib
import os
import socket
import threading

import libtorrent
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from report import Failure
from spockex_nodes import rest, wait_until

SETTINGS = {
    "enable_dht": True, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "dht_bootstrap_nodes": "", "alert_mask": libtorrent.alert.category_t.dht_notification,
    # All nodes are on loopback, which a node of the internet would not accept.
    "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False,
    "dht_enforce_node_id": False, "dht_ignore_dark_internet": False,
    "dht_prefer_verified_node_ids": False,
}
PATIENCE = 40    # libtorrent waits 15 s for a node that does not answer, itself among them


class Key:
    """An Ed25519 key as the three sides want it: seed, public bytes, and libtorrent's long form."""

    def __init__(self, seed):
        self.seed = seed
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        long = bytearray(hashlib.sha512(seed).digest())
        long[0] &= 248
        long[31] = long[31] & 63 | 64
        self.long = bytes(long)

    def sign(self, value, sequence, salt=b""):
        """BEP 44: what is signed, and the signature of it."""
        salted = b"4:salt%d:%s" % (len(salt), salt) if salt else b""
        return self.private.sign(
            salted + b"3:seqi%de1:v" % sequence + libtorrent.bencode(value))


class RealNodes:
    """Some nodes that know each other, each on a loopback address of its own."""

    def __init__(self, count):
        self.addresses = [f"127.0.0.{index + 2}" for index in range(count)]
        self.sessions = [libtorrent.session({**SETTINGS, "listen_interfaces": f"{address}:0"})
                         for address in self.addresses]
        wait_until(lambda: all(each.listen_port() for each in self.sessions), 10,
                   "the nodes listen")
        self.places = list(zip(self.addresses, (each.listen_port() for each in self.sessions)))
        for session, own in zip(self.sessions, self.places):
            for place in self.places:
                if place != own:
                    session.add_dht_node(place)
        wait_until(lambda: all(count >= len(self.sessions) - 1 for count in self.known()), 30,
                   "the nodes know each other")

    def known(self):
        """How many nodes each of them knows."""
        counts = []
        for session in self.sessions:
            session.post_dht_stats()
            found = self._await(session, libtorrent.dht_stats_alert, lambda alert: True, 5)
            counts.append(sum(bucket["num_nodes"] for bucket in found.routing_table))
        return counts

    def options(self):
        """For `lastresort`: where to begin."""
        return ["--local", *(f"--node={address}:{port}" for address, port in self.places[:2])]

    @staticmethod
    def _await(session, kind, question, seconds):
        found = []

        def look():
            found.extend(alert for alert in session.pop_alerts()
                         if isinstance(alert, kind) and question(alert))
            return found
        wait_until(look, seconds, f"a {kind.__name__}")
        return found[0]

    def get(self, index, key, salt):
        """The item that one of them finds."""
        session = self.sessions[index]
        session.pop_alerts()
        session.dht_get_mutable_item(key.public, salt)

        def value(alert):    # libtorrent 2.0 has the whole item here, 2.1 the value alone
            return alert.item["value"] if isinstance(alert.item, dict) else alert.item
        found = self._await(session, libtorrent.dht_mutable_item_alert, value, PATIENCE)
        return {"value": value(found), "key": found.key, "seq": found.seq,
                "signature": found.signature}

    def put(self, index, key, value, salt):
        """Lets one of them store; libtorrent makes the number itself, one more than there is."""
        session = self.sessions[index]
        session.pop_alerts()
        session.dht_put_mutable_item(key.long, key.public, value, salt)
        done = self._await(session, libtorrent.dht_put_alert, lambda alert: True, PATIENCE)
        if not done.num_success:
            raise Failure("libtorrent has stored nothing")
        return done


class Asker:
    """Questions in bytes of our own, past every check of a client."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.id = os.urandom(20)

    def ask(self, place, method, **arguments):
        question = {b"t": b"ab", b"y": b"q", b"q": method.encode(), b"ro": 1,
                    b"a": {b"id": self.id, **{k.encode(): v for k, v in arguments.items()}}}
        self.socket.sendto(libtorrent.bencode(question), place)
        return libtorrent.bdecode(self.socket.recv(4096))

    def put(self, place, key, value, sequence, signature, salt):
        """The code of the refusal, 0 without one."""
        target = hashlib.sha1(key.public + salt).digest()
        token = self.ask(place, "get", target=target)[b"r"][b"token"]
        answer = self.ask(place, "put", k=key.public, seq=sequence, sig=signature, salt=salt,
                          token=token, v=value)
        return answer[b"e"][0] if b"e" in answer else 0


class LyingNode:
    """Answers every `get` with the item that it was given, whatever it is worth."""

    def __init__(self, item):
        self.item, self.id, self.asked = item, os.urandom(20), 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.100", 0))
        self.place = self.socket.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                bytes_, source = self.socket.recvfrom(4096)
            except OSError:
                return
            question = libtorrent.bdecode(bytes_)
            answer = {b"id": self.id}
            if question.get(b"q") == b"find_node":
                own = socket.inet_aton(self.place[0]) + self.place[1].to_bytes(2, "big")
                answer[b"nodes"] = self.id + own
            else:
                self.asked += 1
                answer.update({b"token": b"token", **self.item})
            self.socket.sendto(libtorrent.bencode(
                {b"t": question[b"t"], b"y": b"r", b"r": answer}), source)

    def close(self):
        self.socket.close()
        rest(0.01)
