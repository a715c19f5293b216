# SPDX-License-Identifier: Apache-2.0
"""A peer as a value: bytes and the time go in, bytes come out. `wire` gives it sockets."""
import secrets
import time

from . import Bad, handshake, keys, messages, upkeep
from .member import Membership
from .relation import (ANSWERED, CONNECTING, FORGETTING, GONE, OFFERED, TIMED_OUT, TRUSTED,
                       UNFINISHED, Relation)
from .session import packet_index
from .text import MESSAGES, scan

ONLINE_SECONDS = 90
GONE_TIMES = (0, 0.5, 1)


class Peer:
    """Any number of relations, one table of pids and one of session indexes."""

    def __init__(self, name, hosts, clock=time.time):
        self.name, self.hosts, self.clock = name, list(hosts), clock
        self.relations, self.tombstones, self.farewells = [], [], []
        self.memberships = []  # of clusters that this side joined
        self.outbox = []  # (bytes, destination, socket or None for the current one)
        self.log = []  # (what, relation, detail): everything worth a check

    # The gestures of the person.

    def offer(self, intent=messages.AUTO, active=True):
        relation = Relation("A", intent, active)
        relation.make_offer(self.hosts, self.clock())
        self.relations.append(relation)
        return relation

    def answer(self, offer, now, intent=messages.AUTO, active=True, hosts=None):
        for relation in self.relations:
            if relation.side == "B" and relation.offer == offer:
                return relation
        relation = Relation("B", intent, active)
        relation.make_answer(offer, self.hosts if hosts is None else hosts)
        self.relations.append(relation)
        self._begin(relation, now)
        return relation

    def accept(self, relation, answer, now):
        relation.accept(answer)
        relation.online_until = now + ONLINE_SECONDS
        self._begin(relation, now)

    def _begin(self, relation, now):
        if relation.active:
            handshake.start_attempt(self, relation, now)

    def cancel(self, relation, now):
        if relation.phase not in (OFFERED, *UNFINISHED):
            raise Bad("nothing to cancel")
        self.tombstones.append([keys.sha256(keys.pid_bytes(relation.pid)), relation.own_gone, None])
        notice = messages.gone(relation.own_gone, relation.peer_pid)
        for host in relation.hosts:
            self.farewells += [(now + after, notice, host) for after in GONE_TIMES]
        self.delete(relation, "cancelled")

    def forget(self, relation, now):
        relation.phase = FORGETTING
        relation.next_forget = now

    def delete(self, relation, why):
        relation.phase = GONE
        relation.sessions, relation.attempts, relation.slots = [], [], []
        self.relations.remove(relation)
        self.note(why, relation)

    # What comes from outside.

    def send(self, data, destination, via=None):
        self.outbox.append((data, destination, via))

    def note(self, what, relation=None, detail=None):
        self.log.append((what, relation, detail))

    def count(self, what):
        return sum(1 for each in self.log if each[0] == what)

    def receive(self, data, source, via, now):
        """One datagram, in the order of checks of section 5.7."""
        try:
            if not 20 <= len(data) <= messages.BYTE_COUNT_LIMIT:
                raise Bad("size")
            if data[0] == 0x81:
                self._receive_packet(data, source, via, now)
            elif data[0] == 0x7B:
                self._receive_line(scan(data, MESSAGES), source, via, now)
        except Bad as bad:
            self.note("dropped", detail=str(bad))

    def _receive_packet(self, data, source, via, now):
        relation, session = self.by_index(packet_index(data))
        if not session.alive(now):
            raise Bad("an old session")
        frame = session.open_packet(data)
        upkeep.on_packet(self, relation, session, frame, len(data), source, via, now)

    def _receive_line(self, line, source, via, now):
        if line.kind == "gone":
            self._receive_gone(line)
            return
        relation = self._by_pid(line, source, via, now)
        expected = keys.mac(relation.meeting.receive_mac, line.signed)[:16]
        if line["mac"] != expected:
            raise Bad("a wrong MAC")
        handler = {
            "message1": handshake.on_message1, "message2": handshake.on_message2,
            "message3": handshake.on_message3, "message4": handshake.on_message4,
            "error-n": handshake.on_error, "error-ctr": handshake.on_error,
            "stale": handshake.on_stale}[line.kind]
        handler(self, relation, line, source, via, now)

    def _by_pid(self, line, source, via, now):
        for relation in self.relations:
            if relation.pid == line["pid"] and relation.meeting:
                return relation
        digest = keys.sha256(keys.pid_bytes(line["pid"]))
        for tombstone in self.tombstones:
            answer = messages.gone(tombstone[1])
            if tombstone[0] == digest and len(answer) <= len(line.raw):
                if tombstone[2] is None or now - tombstone[2] >= 10:
                    tombstone[2] = now
                    self.send(answer, source, via)
        raise Bad("an unknown pid")

    def by_index(self, index):
        for relation in self.relations:
            for session in relation.sessions:
                if session.own == index:
                    return relation, session
        raise Bad("an unknown index")

    def _receive_gone(self, line):
        for relation in self.relations:
            if (relation.peer_gone == line["token"] and not relation.confirmed_both_ways
                    and line.fields.get("pid", relation.pid) == relation.pid):
                self.delete(relation, "the other side cancelled")
                return
        raise Bad("an unknown token")

    # What time brings.

    def tick(self, now):
        for due in [each for each in self.farewells if each[0] <= now]:
            self.farewells.remove(due)
            self.send(due[1], due[2])
        for relation in list(self.relations):
            if relation.phase == CONNECTING and now >= relation.online_until:
                relation.phase = TIMED_OUT
                self.note("timed out", relation)
            handshake.tick(self, relation, now)
            upkeep.tick(self, relation, now)
        for membership in self.memberships:
            membership.tick(self, now)

    # What both sides of a handshake need.

    def new_index(self):
        taken = {each.own for relation in self.relations
                 for each in (*relation.sessions, *relation.attempts)}
        while True:
            index = 1_000_000_000 + secrets.randbelow(3_000_000_000)
            if index not in taken:
                return index

    def heard(self, relation, now):
        """The other has shown that it is there."""
        if relation.phase in (ANSWERED, TIMED_OUT):
            relation.phase = CONNECTING
            relation.online_until = now + ONLINE_SECONDS
            if relation.active and relation.next_attempt:
                relation.next_attempt = now + 5

    def trust(self, relation, now, why):
        if relation.phase not in UNFINISHED:
            return
        relation.phase = TRUSTED
        relation.salt = relation.peer_salt = relation.offer = relation.answer = None
        relation.meeting.prk = None
        relation.attempts, relation.next_attempt = [], None
        if relation.reference:
            self.memberships.append(Membership(relation))
        self.note("trusted", relation, why)

    def membership(self, cluster):
        return next((each for each in self.memberships if each.cluster == cluster), None)
