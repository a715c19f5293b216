# SPDX-License-Identifier: Apache-2.0
"""A member at work (section 12): summaries, records by push and pull, secrets, who never met."""
import dataclasses
import random
import secrets
import types
import uuid

from . import Bad, gossip, keys, messages, records, seeking, upkeep
from .cluster import ENDPOINT, GENESIS, Records, whereabouts
from .gossip import DIGEST, IDS, NO_HEADS, PLACES, RECORD, SUMMARY, WANT, WELCOME, Frame
from .relation import TRUSTED, Relation

ROUNDS, ROUND_COUNT, FANOUT = (0.4, 1.2, 4, 15), 2, 4
SPACING, PATIENCE, TRIES, PAUSE = 1, 0.7, 6, 30
PUBLISH_SECONDS = 0.5
EARLY_COUNT_MAX = 16


@dataclasses.dataclass
class Link:
    """What one other member said and was told; `session` is that in which it was greeted."""
    session: object = None
    heard: tuple = None
    told: tuple = None
    told_at: float = -60
    places_at: float = -60
    welcome_at: float = -60
    rests_until: float = 0
    pulled: bytes = None


@dataclasses.dataclass
class Pull:
    digest: bytes
    due: float
    offset: int = 0
    total: int = None
    parts: dict = dataclasses.field(default_factory=dict)
    asked: set = dataclasses.field(default_factory=set)
    tries: int = 0


class Membership:
    """One cluster that this side joined by a meeting; `sponsor` is the relation of it."""

    def __init__(self, sponsor):
        self.cluster, self.sponsor_id = sponsor.reference
        self.seed, self.private, self.keys = (
            sponsor.member_seed, sponsor.member_private, sponsor.member)
        self.id = records.uid8(keys.sha256(sponsor.signed))
        self.met = {self.sponsor_id: sponsor}
        self.introduced = {}  # (member id, epoch's number and record): relation
        self.records = Records(self.cluster)
        self.secrets, self.early = {}, []  # by number and record id
        self.links, self.pulls = {}, {}  # by relation
        self.rounds, self.publish_at, self.sequence = [], None, 0
        self.incarnation, self.name, self.is_caught_up = secrets.randbits(64), None, False

    def owns(self, relation):
        return relation in self.relations()

    def relations(self):
        return [*self.met.values(), *self.introduced.values()]

    def connected(self, now):
        return [each for each in self.relations()
                if each.phase == TRUSTED and each.current_session(now)]

    @property
    def is_member(self):
        return any(member == self.id for member, _ in self.records.present())

    # Telling.

    def send(self, peer, relation, sort, now, *values):
        if relation.current_session(now):
            upkeep.send_frame(peer, relation, Frame(sort, self.cluster, values).encode(), now)

    def summary(self):
        held = self._newest()
        return (self.records.heads(), gossip.places_hash(self.cluster, self.records.sequences()),
                0 if held is None else held[0] + 1)

    def _newest(self):
        """Number and record of the secret that counts; while it has not come, the one before."""
        wanted = self.records.epoch()
        return wanted if wanted in self.secrets else max(
            (each for each in self.secrets if each[0] < wanted[0]), default=None)

    def tell(self, peer, relation, now):
        link = self.links[id(relation)]
        link.told, link.told_at = self.summary(), now
        self.send(peer, relation, SUMMARY, now, *link.told)

    def tell_places(self, peer, relation, now):
        link = self.links[id(relation)]
        if now - link.places_at < SPACING:
            return
        link.places_at, first = now, gossip.FIRST_MEMBER
        rest = self.records.sequences()
        while True:
            part, rest = rest[:gossip.PLACE_COUNT_MAX], rest[gossip.PLACE_COUNT_MAX:]
            last = part[-1][0] if rest else gossip.LAST_MEMBER
            self.send(peer, relation, PLACES, now, first, last, part)
            if not rest:
                return
            first = (int.from_bytes(last, "big") + 1).to_bytes(16, "big")

    def welcome(self, peer, relation, now):
        held, link = self._newest(), self.links[id(relation)]
        if held is not None and now - link.welcome_at >= SPACING:
            link.welcome_at = now
            self.send(peer, relation, WELCOME, now, *held, self.secrets[held], self.name or "")

    # What comes.

    def receive(self, peer, relation, data, now):
        try:
            frame = Frame.decode(data)
        except Bad as bad:
            peer.note("bad frame", relation, str(bad))
            return
        peer.note("frame in", relation, (frame.sort, frame.values, relation, None))
        self.links.setdefault(id(relation), Link())
        handler = {SUMMARY: self._on_summary, DIGEST: self._on_digest, IDS: self._on_ids,
                   WANT: self._on_want, RECORD: self._on_record, PLACES: self._on_places,
                   WELCOME: self._on_welcome}.get(frame.sort)
        if handler:  # a goodbye counts for leavers alone
            handler(peer, relation, now, *frame.values)

    def _on_summary(self, peer, relation, now, *theirs):
        link, own = self.links[id(relation)], self.summary()
        link.heard = theirs
        if theirs == own:
            return
        if link.told != own or now - link.told_at >= SPACING:
            self.tell(peer, relation, now)
        elif not self.rounds:
            self._begin_rounds(now)
        self._pull(peer, relation, now)
        if theirs[1] != own[1]:
            self.tell_places(peer, relation, now)
        if theirs[2] < own[2]:
            self.welcome(peer, relation, now)

    def _on_digest(self, peer, relation, now, offset, digest):
        ids = self.records.differing(digest)
        if not self.records.order:
            return
        end = min(len(ids), offset + gossip.WINDOW)
        for start in range(offset, max(end, offset + 1), gossip.ID_COUNT_MAX):
            self.send(peer, relation, IDS, now, start, len(ids),
                      ids[start:min(start + gossip.ID_COUNT_MAX, end)])

    def _on_want(self, peer, relation, now, ids):
        for each in ids:
            if each in self.records.ids:
                self.send(peer, relation, RECORD, now, self.records.ids[each].encode())

    def _on_places(self, peer, relation, now, first, last, places):
        theirs, own = dict(places), dict(self.records.sequences())
        for member, sequence in own.items():
            if first <= member <= last and theirs.get(member, -1) < sequence:
                self.send(peer, relation, RECORD, now, self.records.places[member].encode())
        if any(own.get(member, -1) < sequence for member, sequence in places):
            self.tell_places(peer, relation, now)

    def _on_welcome(self, peer, relation, now, number, record, secret, name):
        if self.name is None:
            self.name = name
        if number:
            self.early = [*self.early, (number, record, secret)][-EARLY_COUNT_MAX:]
        elif not self.secrets:
            self.secrets[(0, record)] = secret
        self._settle(peer, now)

    # Records.

    def _pull(self, peer, relation, now):
        link = self.links[id(relation)]
        if (link.heard and link.heard[0] not in (NO_HEADS, self.records.heads(), link.pulled)
                and id(relation) not in self.pulls and now >= link.rests_until):
            self.pulls[id(relation)] = Pull(self.records.digest(), now)
            self._ask(peer, relation, now)

    def _ask(self, peer, relation, now):
        """For what is known to be lacking, else for the ids of the window."""
        pull = self.pulls[id(relation)]
        pull.due = now + PATIENCE
        lacking = self._lacking(pull)[:gossip.ID_COUNT_MAX]
        pull.asked = set(lacking)
        if lacking:
            self.send(peer, relation, WANT, now, lacking)
        else:
            self.send(peer, relation, DIGEST, now, pull.offset, pull.digest)

    def _lacking(self, pull):
        """Of the parts before the first that has not come."""
        lacking, at = [], pull.offset
        while at in pull.parts:
            lacking += [each for each in pull.parts[at] if each not in self.records.ids]
            at += gossip.ID_COUNT_MAX
        return lacking

    def _on_ids(self, peer, relation, now, offset, total, ids):
        pull = self.pulls.get(id(relation))
        if pull is None or not pull.offset <= offset < pull.offset + gossip.WINDOW:
            return
        if pull.total not in (None, total):
            pull.parts = {}
        pull.total, pull.parts[offset], pull.tries = total, ids, 0
        if self._is_whole(pull):
            self._advance(peer, relation, now)

    @staticmethod
    def _is_whole(pull):
        return pull.total is not None and all(at in pull.parts for at in range(
            pull.offset, min(pull.total, pull.offset + gossip.WINDOW), gossip.ID_COUNT_MAX))

    def _advance(self, peer, relation, now):
        """All parts of the window are here, or the records that were asked for last."""
        pull = self.pulls[id(relation)]
        if not self._is_whole(pull) or self._lacking(pull):
            self._ask(peer, relation, now)
            return
        if pull.offset + gossip.WINDOW < pull.total:
            self.pulls[id(relation)] = Pull(pull.digest, now, pull.offset + gossip.WINDOW)
            self._ask(peer, relation, now)
            return
        del self.pulls[id(relation)]
        self.is_caught_up = True
        link = self.links[id(relation)]
        if self.records.waiting:
            link.rests_until = now + PAUSE
        else:
            link.pulled = link.heard and link.heard[0]

    def _on_record(self, peer, relation, now, data):
        try:
            record = records.Record.decode(data)
            if not self.records.order and record.kind != GENESIS:
                return  # it is asked for again
            taken = self.records.take(record)
        except Bad as bad:
            peer.note("a record refused", relation, str(bad))
            return
        for each in taken:
            self._spread(peer, each, now, relation)
        pull = self.pulls.get(id(relation))
        if pull and record.id in pull.asked:
            pull.asked.discard(record.id)
            pull.tries = 0
            if not pull.asked:
                self._advance(peer, relation, now)
        if taken:
            self._begin_rounds(now)
            self._settle(peer, now)

    def _spread(self, peer, record, now, origin=None):
        """An own record goes to all, another's to four; a newcomer's first exchange comes first."""
        if origin is not None and not self.is_caught_up:
            return
        targets = [each for each in self.connected(now)
                   if each is not origin and self.member_of(each) != record.author]
        if origin is not None:
            targets = random.sample(targets, min(FANOUT, len(targets)))
        for each in targets:
            self.send(peer, each, RECORD, now, record.encode())

    def member_of(self, relation):
        return relation.introduced or next(
            member for member, each in self.met.items() if each is relation)

    # What the records make necessary.

    def _settle(self, peer, now):
        """Secrets whose record has come count; members have relations; who is gone has none."""
        for number, record, secret in list(self.early):
            named = self.records.ids.get(record)
            if named and named.body[:4] == number.to_bytes(4, "big") and (
                    named.body[36:] == keys.sha256(secret)):
                self.secrets[(number, record)] = secret
                self.early.remove((number, record, secret))
        gone = self.records.gone()
        for relation in self.relations():
            if self.member_of(relation) in gone and relation in peer.relations:
                peer.delete(relation, "gone from the cluster")
        self.met = {member: each for member, each in self.met.items() if member not in gone}
        self.introduced = {key: each for key, each in self.introduced.items()
                           if key[0] not in gone}
        held = self._newest()
        if not self.is_member or held is None:
            return
        for member, pair in self.records.present():
            if member not in (self.id, *self.met) and (member, held) not in self.introduced:
                relation = introduce(self, member, pair, self.secrets[held])
                self.introduced[(member, held)] = relation
                peer.relations.append(relation)
                peer.note("introduced", relation, member)

    def _publish(self, peer, now):
        self.sequence += 1
        record = records.make(ENDPOINT, None, whereabouts(
            self.id, self.incarnation, self.sequence, peer.clock(), peer.name),
            self.cluster, self.seed)
        for each in self.records.take(record):
            self._spread(peer, each, now)
        self._begin_rounds(now)

    # What time brings.

    def _begin_rounds(self, now):
        self.rounds = [now + each + random.uniform(0, each / 4) for each in ROUNDS]

    def tick(self, peer, now):
        connected = self.connected(now)
        for relation in connected:
            link = self.links.setdefault(id(relation), Link())
            if link.session is not relation.current_session(now):
                self.links[id(relation)] = Link(relation.current_session(now))
                self.tell(peer, relation, now)
                if self.publish_at is None:
                    self.publish_at = now + PUBLISH_SECONDS
            self._repeat(peer, relation, now)
        while self.rounds and self.rounds[0] <= now:
            self.rounds.pop(0)
            unsure = [each for each in connected
                      if self.links[id(each)].heard != self.summary()]
            for each in random.sample(unsure, min(ROUND_COUNT, len(unsure))):
                self.tell(peer, each, now)
        if not self.sequence and self.publish_at and now >= self.publish_at and self.is_member:
            self._publish(peer, now)
        for relation in self.introduced.values():
            if relation not in connected:
                seeking.seek(peer, relation, connected, now)

    def _repeat(self, peer, relation, now):
        pull = self.pulls.get(id(relation))
        if pull and now >= pull.due:
            pull.tries += 1
            if pull.tries > TRIES:
                del self.pulls[id(relation)]
                self.links[id(relation)].rests_until = now + PAUSE
            else:
                self._ask(peer, relation, now)


def introduce(membership, member, pair, secret):
    """A relation with a member whom this side never met (section 12.3)."""
    made = gossip.Introduction(membership.cluster, secret, (membership.id, membership.keys),
                               (member, pair))
    relation = Relation("A" if made.is_a else "B", messages.AUTO, True)
    macs = (made.mac_ab, made.mac_ba) if made.is_a else (made.mac_ba, made.mac_ab)
    relation.meeting = types.SimpleNamespace(
        meeting=made.meeting, psk=made.psk, send_mac=macs[0], receive_mac=macs[1], prk=None)
    relation.pid, relation.peer_pid = (
        str(uuid.UUID(bytes=each)) for each in (made.pid, made.peer_pid))
    relation.private, relation.public = membership.private, membership.keys[1]
    relation.peer_public, relation.peer_member = pair[1], pair
    relation.member, relation.member_seed = membership.keys, membership.seed
    relation.introduced, relation.phase = member, TRUSTED
    relation.signature_seen = relation.confirmed_both_ways = True
    return relation
