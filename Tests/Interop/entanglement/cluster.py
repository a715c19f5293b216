# SPDX-License-Identifier: Apache-2.0
"""The records that a member holds, and who is a member by them (sections 11.2 to 11.6).

Removals are not folded: whoever uses this in a cluster with one gets an error, not a wrong roster.
"""
import struct

from . import Bad, keys, records

GENESIS, ADD, CONFIRM, LEAVE, REMOVE, VOTE, BLOCK, EPOCH, ENDPOINT = range(1, 10)


def add_of(body):
    """Keys and meeting in an add record."""
    return (body[:32], body[32:64]), body[64:96]


class Records:
    """All records of one cluster that are taken in, parents first, and those that wait."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.order, self.ids = [], {}
        self.members = {}  # member id: (keys, id of the record that took it in)
        self.places = {}  # member id: its newest endpoint record
        self.epochs = {}  # record id: the highest epoch among it and its ancestors
        self.waiting = []

    def take(self, record):
        """Takes a record in, and what waited for it; returns all that are new."""
        if record.id in self.ids or any(each.id == record.id for each in self.waiting):
            return []
        taken, pending = [], [record]
        while pending:
            each = pending.pop(0)
            if self._lacks(each):
                self.waiting.append(each)
                continue
            if self._admit(each):
                taken.append(each)
                pending += self.waiting
                self.waiting = []
        return taken

    def _lacks(self, record):
        """Whether it names something that is not here."""
        named, who = [], []
        if record.place:
            named = [record.place.previous, *record.place.parents]
            named += [record.body] if record.kind == VOTE else []
        if record.kind in (CONFIRM, REMOVE):
            who = [record.body[:16]]
        elif record.kind == BLOCK:
            who = [record.body[1:17]]
        elif record.kind == ENDPOINT:
            who = [record.author]
        return (any(each not in self.ids for each in named)
                or any(each not in self.members for each in who))

    def _admit(self, record):
        if record.kind == GENESIS:
            self._found(record)
        elif record.kind == ENDPOINT:
            return self._place(record)
        else:
            self._check(record)
            self._append(record)
        return True

    def _found(self, record):
        if records.uid8(record.id) != self.cluster or self.order:
            raise Bad("the genesis of another cluster")
        for at, signature in zip((33, 97), record.signatures):
            pair = record.content[at:at + 32], record.content[at + 32:at + 64]
            keys.verify(pair[0], signature, record.signed(self.cluster))
            self.members[records.founder_id(self.cluster, pair)] = (pair, record.id)
        self._append(record)

    def _append(self, record):
        parents = [record.place.previous, *record.place.parents] if record.place else []
        self.epochs[record.id] = max((self.epochs[each] for each in parents), default=0)
        if record.kind == EPOCH:
            self.epochs[record.id] = int.from_bytes(record.body[:4], "big")
        self.order.append(record)
        self.ids[record.id] = record
        if record.kind == ADD:
            pair, meeting = add_of(record.body)
            statement = records.join_statement(self.cluster, record.author, meeting, pair)
            member = records.uid8(keys.sha256(statement))
            self.members.setdefault(member, (pair, record.id))

    def _check(self, record):
        """Author, place and both signatures (section 11.2)."""
        place = record.place
        if record.author not in self.members:
            raise Bad("an author who is nobody")
        pair, admission = self.members[record.author]
        before = self.ids[place.previous]
        if place.position == 1:
            fits = place.previous == admission
        else:
            fits = (before.place is not None and before.author == record.author
                    and before.place.position == place.position - 1)
        if not fits:
            raise Bad("author, position and previous record do not fit")
        keys.verify(pair[0], record.signatures[0], record.signed(self.cluster))
        self._check_body(record)

    def _check_body(self, record):
        if record.kind == ADD:
            newcomer, meeting = add_of(record.body)
            keys.verify(newcomer[0], record.signatures[1], records.join_statement(
                self.cluster, record.author, meeting, newcomer))
        elif record.kind == CONFIRM:
            other, meeting = record.body[:16], record.body[16:]
            if other == record.author:
                raise Bad("nobody meets itself")
            keys.verify(self.members[other][0][0], record.signatures[1], records.met_statement(
                self.cluster, record.author, other, meeting))
        elif record.kind == EPOCH:
            parents = [record.place.previous, *record.place.parents]
            if int.from_bytes(record.body[:4], "big") != 1 + max(
                    self.epochs[each] for each in parents):
                raise Bad("another number of an epoch")
        elif record.kind in (REMOVE, VOTE):
            raise Bad("removals are not folded here")

    def _place(self, record):
        """Keeps the endpoint record with the highest sequence, then the smaller id."""
        keys.verify(self.members[record.author][0][0], record.signatures[0],
                    record.signed(self.cluster))
        held = self.places.get(record.author)
        if held and (-sequence_of(held), held.id) <= (-sequence_of(record), record.id):
            return False
        self.places[record.author] = record
        return True

    # What they say.

    def heads(self):
        return records.heads_hash(self.cluster, self.order) if self.order else bytes(32)

    def digest(self):
        return records.digest(self.order)

    def differing(self, digest):
        """The ids in the buckets that differ, in the order in which they were taken in."""
        own = self.digest()
        buckets = {at for at in range(64)
                   if own[16 * at:16 * at + 16] != digest[16 * at:16 * at + 16]}
        return [record.id for record in self.order if record.id[0] >> 2 in buckets]

    def sequences(self):
        return sorted((member, sequence_of(record)) for member, record in self.places.items())

    def gone(self):
        return {record.author for record in self.order if record.kind == LEAVE}

    def present(self):
        """(member id, keys) of everybody who belongs to the cluster."""
        gone = self.gone()
        return sorted((member, pair) for member, (pair, _) in self.members.items()
                      if member not in gone)

    def epoch(self):
        """Number and record id of the epoch that counts; (0, 32 zeros): that of the founding."""
        wanted = records.gone_hash(self.cluster, self.gone())
        best = min(((record.body[4:36] != wanted, -self.epochs[record.id], record.id)
                    for record in self.order if record.kind == EPOCH), default=None)
        return (-best[1], best[2]) if best else (0, bytes(32))

    def name_of(self, member):
        """What a member calls itself in its endpoint record."""
        body = self.places[member].body
        at = 44
        for _ in range(body[at]):
            at += 9 if body[at + 3] == 4 else 21
        return body[at + 3:].decode()


def sequence_of(record):
    return int.from_bytes(record.body[24:32], "big")


def whereabouts(member, incarnation, sequence, now, name):
    """The body of an endpoint record without any address."""
    called = name.encode()[:64]
    return (member + struct.pack(">QQQIB", incarnation, sequence, int(now), 7 * 86400, 0)
            + b"\0" + bytes([len(called)]) + called)
