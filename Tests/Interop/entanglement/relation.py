# SPDX-License-Identifier: Apache-2.0
"""What one side knows of one other side: a pairing first, a peer later (section 8.1)."""
import secrets
import uuid

from . import Bad, codes, keys, messages

OFFERED, ANSWERED, CONNECTING, TIMED_OUT, TRUSTED, FORGETTING, FORGOTTEN, GONE = (
    "offered", "answered", "connecting", "timedOut", "trusted", "forgetting", "forgotten", "gone")
UNFINISHED = (ANSWERED, CONNECTING, TIMED_OUT)


class Relation:
    """The durable part, and the sessions, attempts and slots beside it."""

    def __init__(self, side, intent, active):
        self.side, self.intent = side, intent
        self.active = active  # whether it starts handshakes of its own accord
        self.pid = str(uuid.uuid4())
        self.private, self.salt = secrets.token_bytes(32), secrets.token_bytes(16)
        self.public = keys.public_of(self.private)
        self.member_seed = secrets.token_bytes(32)
        self.member = (keys.member_public(self.member_seed),
                       keys.public_of(secrets.token_bytes(32)))
        self.phase = None
        self.offer = self.answer = self.meeting = None
        self.peer_pid = self.peer_public = self.peer_salt = None
        self.own_gone = keys.gone_token(self.salt, self.pid)
        self.peer_gone = None
        self.peer_member = self.peer_name = self.peer_intent = self.genesis = None
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
        self.next_forget = None
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
        self.hosts = list(code["host"])
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

    def learn_member(self, member):
        """The other's member keys; others than before are an error."""
        if self.peer_member not in (None, member):
            raise Bad("other member keys than before")
        self.peer_member = member
        pair = (self.member, member) if self.side == "A" else (member, self.member)
        self.genesis = keys.Genesis(self.meeting.meeting, *pair)

    def own_signature(self):
        return keys.sign(self.member_seed, self.genesis.signed)

    def fits(self):
        """Whether both intents lead to a meeting of two (section 5.6)."""
        return {self.intent, self.peer_intent} <= {messages.AUTO, messages.PRIVATE}

    def learn_host(self, endpoint):
        if endpoint not in self.hosts:
            self.hosts.append(endpoint)

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
