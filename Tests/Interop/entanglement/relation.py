# SPDX-License-Identifier: Apache-2.0
"""What one side knows of one other side: a pairing first, a peer later (section 8.1)."""
import ipaddress
import secrets
import uuid

from . import Bad, codes, keys, messages, records

OFFERED, ANSWERED, CONNECTING, TIMED_OUT, TRUSTED, FORGETTING, FORGOTTEN, GONE = (
    "offered", "answered", "connecting", "timedOut", "trusted", "forgetting", "forgotten", "gone")
UNFINISHED = (ANSWERED, CONNECTING, TIMED_OUT)
FOUND, JOIN = "found", "join"


class Relation:
    """The durable part, and the sessions, attempts and slots beside it."""

    def __init__(self, side, intent, active):
        self.side, self.intent = side, intent
        self.active = active  # whether it starts handshakes of its own accord
        self.pid = str(uuid.uuid4())
        self.private, self.salt = secrets.token_bytes(32), secrets.token_bytes(16)
        self.public = keys.public_of(self.private)
        self.member_seed, self.member_private = secrets.token_bytes(32), secrets.token_bytes(32)
        self.member = (keys.member_public(self.member_seed), keys.public_of(self.member_private))
        self.reference = None  # the sponsor's, of a meeting by which this side joins
        self.introduced = None  # the other's member id, of a relation nobody met by
        self.peer_total = 0
        self.phase = None
        self.offer = self.answer = self.meeting = None
        self.peer_pid = self.peer_public = self.peer_salt = None
        self.own_gone = keys.gone_token(self.salt, self.pid)
        self.peer_gone = None
        self.peer_full = False
        self.peer_member = self.peer_name = self.peer_intent = self.genesis = None
        self.signed = None  # what both sign (section 5.6)
        self.signature_seen = False  # the other's, by message 3 or 4
        self.confirmed_both_ways = False
        self.accepted_n, self.last_n = 0, 0
        self.hosts = []  # where the other may be reached
        self.path = None
        self.sessions, self.attempts, self.slots = [], [], []
        self.message3 = None
        self.next_attempt = None
        self.online_until = None
        self.stale_told = None
        self.probe = None
        self.last_sent = 0.0
        self.next_forget = self.next_seek = None
        self.challenges = {}
        self.addresses_session = None  # in which the peer's newest list came
        self.addresses = None  # [sequence, hosts, acknowledged]
        self.peer_addresses = None
        self.reported = []  # what a person would be told

    def make_offer(self, hosts, now_unix, life=codes.LIFE_SECONDS):
        self.offer = codes.offer(self.pid, hosts, self.public, self.salt, int(now_unix) + life)
        self.phase = OFFERED
        return self.offer

    def make_answer(self, line, hosts):
        code = codes.read(line, "offer")
        if not hosts and not code["host"]:
            raise Bad("both addresses are unknown")
        self.offer = line
        self.answer = codes.answer(self.pid, hosts, self.public, self.salt, line)
        self._meet(code)
        self.phase = ANSWERED
        return self.answer

    def accept(self, line):
        code = codes.read(line, "answer")
        if code["re"] != keys.sha256(self.offer)[:16]:
            raise Bad("this answer fits another offer")
        self.answer = line
        self._meet(code)
        self.phase = CONNECTING

    def _meet(self, code):
        self.peer_pid, self.peer_public, self.peer_salt = code["pid"], code["key"], code["salt"]
        self.hosts, self.peer_total = list(code["host"]), code["totalPeers"]
        salts = {self.side: self.salt, self.other_side: self.peer_salt}
        self.meeting = keys.Meeting(self.side, self.offer, self.answer, salts, self.private,
                                    self.peer_public)
        self.peer_gone = keys.gone_token(self.peer_salt, self.peer_pid)

    @property
    def other_side(self):
        return "B" if self.side == "A" else "A"

    @property
    def trusts(self):
        return self.phase in (TRUSTED, FORGETTING, FORGOTTEN)

    def learn_member(self, member, reference):
        """The other's member keys; others than before are an error, and so is another cluster."""
        purpose = self.purpose()
        if self.signed is None and (reference is not None) != (purpose == JOIN):
            raise Bad("a reference that should not be, or none")
        if self.peer_member not in (None, member) or self.reference not in (None, reference):
            raise Bad("other member keys than before")
        self.peer_member, self.reference = member, reference
        if reference:
            cluster, sponsor = reference
            self.signed = records.join_statement(cluster, sponsor, self.meeting.meeting,
                                                 self.member)
            return
        pair = (self.member, member) if self.side == "A" else (member, self.member)
        self.genesis = keys.Genesis(self.meeting.meeting, *pair)
        self.signed = self.genesis.signed

    def own_signature(self):
        return keys.sign(self.member_seed, self.signed)

    def purpose(self):
        """What the meeting is for (section 5.6), this side being in no cluster; None: silence."""
        own, other = self.intent, self.peer_intent
        if other == messages.PRIVATE or own == messages.PRIVATE:
            return FOUND if {own, other} <= {messages.AUTO, messages.PRIVATE} else None
        joins = other == messages.CLUSTER or other == messages.AUTO and self.peer_total > 0
        if own == messages.JOIN or own == messages.AUTO and joins:
            return JOIN if joins and not self.peer_full else None
        return FOUND if own == other == messages.AUTO else None

    def learn_host(self, endpoint):
        if endpoint not in self.hosts:
            self.hosts.append(endpoint)

    def own_hosts(self, hosts):
        """Who never met is told public addresses alone, but on a local network (section 12.3)."""
        if self.introduced is None or self.path and not is_public(self.path[0]):
            return hosts
        return [host for host in hosts if is_public(host)]

    def current_session(self, now):
        """The one to send on: the newest confirmed, but for the rule of the crossing."""
        alive = [each for each in self.sessions if each.confirmed and each.alive(now)]
        alive.sort(key=lambda each: each.made)
        if not alive:
            return None
        newest = alive[-1]
        other = next((each for each in reversed(alive) if each.initiator != newest.initiator), None)
        if other and newest.crossed and other.crossed:
            own_first = self.public < self.peer_public
            return newest if newest.initiator == own_first else other
        return newest


def is_public(endpoint):
    return ipaddress.ip_address(endpoint[0]).is_global
