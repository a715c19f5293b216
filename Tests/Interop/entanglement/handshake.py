# SPDX-License-Identifier: Apache-2.0
"""Messages 1 to 4 from both sides (sections 5, 8.2, 8.3)."""
import dataclasses
import secrets

from . import Bad, keys, messages, upkeep
from .messages import Content1, Content2, Content3, Content4
from .noise import Handshake
from .relation import UNFINISHED
from .session import Session

TIMES = (0, 0.2, 0.4, 0.8, 1.6, 3.2)
ATTEMPT_SECONDS, SLOT_SECONDS, KEPT = 10, 10, 4
PERIOD, JITTER = 5, 0.334


@dataclasses.dataclass
class Attempt:
    n: int
    own: int
    data: bytes
    noise: Handshake
    made: float
    due: list
    answered_since: bool = False  # a message 1 of the other side

    def alive(self, now):
        return now < self.made + ATTEMPT_SECONDS


@dataclasses.dataclass
class Slot:
    question: bytes
    answer: bytes
    session: Session
    made: float


@dataclasses.dataclass
class Message3:
    session: Session
    content: bytes
    seen: tuple
    due: list


def begin_noise(relation, initiator):
    return Handshake(initiator, relation.meeting.meeting, relation.meeting.psk, relation.private,
                     relation.peer_public, secrets.token_bytes(32))


# The initiator.

def next_n(peer, relation):
    relation.last_n = max(relation.last_n + 1, int(peer.clock()) << 16)
    return relation.last_n


def make_attempt(peer, relation, now, n=None, change=None, times=TIMES):
    """A new attempt; a test may give its own n or change the content."""
    n = next_n(peer, relation) if n is None else n
    own = peer.new_index()
    room = messages.message1_room(relation.peer_pid, own, n)
    if room % 4 == 1:
        own //= 10
        room += 1
    content = Content1(relation.trusts, n, own, relation.intent, [],
                       relation.own_hosts(peer.hosts)).encode()
    if change:
        content = change(content)
    noise = begin_noise(relation, True)
    sealed = noise.write(messages.pad(content, messages.plain_size(room)))
    data = messages.message1(relation.meeting.send_mac, relation.peer_pid, own, n, sealed)
    assert len(data) == messages.MESSAGE1_BYTES, "size"
    return Attempt(n, own, data, noise, now, [now + each for each in times])


def start_attempt(peer, relation, now, n=None):
    attempt = make_attempt(peer, relation, now, n)
    relation.attempts = relation.attempts[-(KEPT - 1):] + [attempt]
    relation.next_attempt = now + PERIOD + secrets.randbelow(1000) / 1000 * JITTER
    return attempt


def on_message2(peer, relation, line, source, via, now):
    attempt = next((each for each in relation.attempts
                    if each.own == line["to"] and each.alive(now)), None)
    if attempt is None:
        raise Bad("no attempt with this index")
    if not 511 <= len(line.raw) <= 512:
        raise Bad("a wrong size of message 2")
    noise = _copy(attempt.noise)
    content = Content2.decode(messages.unpad(noise.read(line["payload"])))
    if (content.n, content.to, content.index) != (attempt.n, line["to"], line["from"]):
        raise Bad("message 2 does not fit its question")
    relation.peer_intent, relation.peer_full = content.intent, content.flags == 2
    both_trust = relation.trusts and content.trusts
    fits = relation.trusts or relation.purpose() is not None
    if fits and not both_trust:
        relation.learn_member(content.member, content.reference)
    forth, back = noise.split()
    session = Session(True, attempt.own, content.index, forth, back, now)
    session.crossed = attempt.answered_since
    session.peer_trusts = content.trusts
    relation.sessions.append(session)
    relation.attempts = []
    relation.path = (source, via)
    for host in content.hosts:
        relation.learn_host(host)
    peer.heard(relation, now)
    peer.note("message 2", relation, content)
    if both_trust:
        relation.next_attempt = relation.message3 = None
        upkeep.start_probe(peer, relation, now)
    elif fits:
        _start_message3(peer, relation, session, source, now)
    else:
        relation.next_attempt = None
        peer.note("intents do not fit", relation, content.intent)


def _copy(noise):
    """Reading a forged message must not change the attempt."""
    copy = Handshake.__new__(Handshake)
    copy.__dict__.update(noise.__dict__)
    return copy


def _start_message3(peer, relation, session, seen, now):
    content = Content3(seen, relation.member, relation.own_signature(), peer.name, peer.hosts)
    relation.message3 = Message3(session, content.encode(), seen, [now + each for each in TIMES])


def send_message3(peer, relation, content=None):
    waiting = relation.message3
    plain = messages.pad(content or waiting.content, messages.MESSAGE3_PLAIN)
    counter, sealed = waiting.session.seal_message(plain)
    data = messages.message3(relation.meeting.send_mac, relation.peer_pid, waiting.session.peer,
                             counter, waiting.seen, sealed)
    peer.send(data, *relation.path)
    return counter


def on_message4(peer, relation, line, source, via, now):
    session = _session(relation, line["to"], True, now)
    content = _open(peer, relation, session, line, source, via, Content4)
    try:
        keys.verify(relation.peer_member[0], content.signature, relation.signed)
    except Bad:
        peer.send(_error(relation, "ctr", line["ctr"]), source, via)
        raise
    relation.message3 = relation.next_attempt = None
    relation.peer_name, relation.signature_seen = content.name, True
    for host in content.hosts:
        relation.learn_host(host)
    peer.note("message 4", relation, content)
    peer.trust(relation, now, "message 4")
    upkeep.start_probe(peer, relation, now)


def on_error(peer, relation, line, source, via, now):
    peer.note("400", relation, dict(line.fields))
    if line.kind == "error-n":
        relation.attempts = [each for each in relation.attempts if each.n != line["n"]]


def on_stale(peer, relation, line, source, via, now):
    peer.note("409", relation, dict(line.fields))
    if any(each.n == line["n"] for each in relation.attempts) and line["have"] > relation.last_n:
        relation.last_n = line["have"]
        start_attempt(peer, relation, now, relation.last_n + 1)
        relation.last_n += 1


# The responder.

def on_message1(peer, relation, line, source, via, now):
    if len(line.raw) != messages.MESSAGE1_BYTES:
        raise Bad("a wrong size of message 1")
    relation.slots = [each for each in relation.slots if now < each.made + SLOT_SECONDS]
    for slot in relation.slots:
        if slot.question == line.raw:
            peer.send(slot.answer, source, via)
            return
    if line["n"] <= relation.accepted_n:
        if relation.stale_told is None or now - relation.stale_told >= 30:
            relation.stale_told = now
            peer.send(messages.stale(relation.meeting.send_mac, relation.peer_pid, line["n"],
                                     relation.accepted_n), source, via)
        return
    noise = begin_noise(relation, False)
    try:
        content = Content1.decode(messages.unpad(noise.read(line["payload"])))
        if (content.n, content.index) != (line["n"], line["from"]):
            raise Bad("other numbers inside")
    except Bad:
        peer.send(_error(relation, "n", line["n"]), source, via)
        raise
    relation.accepted_n = line["n"]
    relation.peer_intent, relation.peer_full = content.intent, content.flags == 2
    for host in (*content.hosts, source):
        relation.learn_host(host)
    _add_slot(peer, relation, line, noise, content, source, via, now)
    peer.heard(relation, now)
    peer.note("message 1", relation, content)


def _add_slot(peer, relation, line, noise, content, source, via, now):
    own = peer.new_index()
    room = messages.message2_room(relation.peer_pid, line["from"], own, source)
    plain = messages.plain_size(room)
    hosts = relation.own_hosts(peer.hosts)
    for count in range(len(hosts), -1, -1):
        inside = Content2(relation.trusts, line["n"], line["from"], own, source, relation.intent,
                          [], relation.member, hosts[:count]).encode()
        if len(inside) + 2 <= plain:
            break
    sealed = noise.write(messages.pad(inside, plain))
    answer = messages.message2(relation.meeting.send_mac, relation.peer_pid, line["from"], own,
                               source, sealed)
    forth, back = noise.split()
    session = Session(False, own, line["from"], back, forth, now)
    for attempt in relation.attempts:
        session.crossed = attempt.answered_since = True
    session.peer_trusts, session.peer_intent = content.trusts, content.intent
    relation.sessions.append(session)
    relation.slots.append(Slot(line.raw, answer, session, now))
    unconfirmed = [each for each in relation.slots if not each.session.confirmed]
    if len(relation.slots) > KEPT and unconfirmed:
        relation.slots.remove(unconfirmed[0])
        relation.sessions.remove(unconfirmed[0].session)
    if relation.path is None:
        relation.path = (source, via)
    peer.send(answer, source, via)


def on_message3(peer, relation, line, source, via, now):
    session = _session(relation, line["to"], False, now)
    content = _open(peer, relation, session, line, source, via, Content3)
    if not relation.trusts and relation.purpose() is None:
        raise Bad("the intents do not fit")
    try:
        relation.learn_member(content.member, content.reference)
        keys.verify(content.member[0], content.signature, relation.signed)
    except Bad:
        peer.send(_error(relation, "ctr", line["ctr"]), source, via)
        raise
    confirm(peer, relation, session, source, via)
    if not relation.signature_seen:
        relation.peer_name, relation.signature_seen = content.name, True
        for host in content.hosts:
            relation.learn_host(host)
    peer.heard(relation, now)
    peer.note("message 3", relation, content)
    send_message4(peer, relation, session, source, via)


def send_message4(peer, relation, session, source, via, content=None):
    content = content or Content4(source, relation.own_signature(), peer.name, peer.hosts).encode()
    counter, sealed = session.seal_message(messages.pad(content, messages.MESSAGE4_PLAIN))
    peer.send(messages.message4(relation.meeting.send_mac, relation.peer_pid, session.peer,
                                counter, source, sealed), source, via)


def confirm(peer, relation, session, source, via):
    if not session.confirmed:
        session.confirmed = True
        relation.path = (source, via)


def _session(relation, index, initiator, now):
    for session in relation.sessions:
        if session.own == index and session.initiator == initiator and session.alive(now):
            return session
    raise Bad("no session with this index")


def _open(peer, relation, session, line, source, via, sort):
    plain = session.open_message(line["ctr"], line["payload"])
    size = messages.MESSAGE3_PLAIN if sort is Content3 else messages.MESSAGE4_PLAIN
    try:
        if len(plain) != size:
            raise Bad("a wrong size of the padded content")
        return sort.decode(messages.unpad(plain))
    except Bad:
        peer.send(_error(relation, "ctr", line["ctr"]), source, via)
        raise


def _error(relation, name, number):
    return messages.error(relation.meeting.send_mac, relation.peer_pid, name, number)


# What time brings.

def tick(peer, relation, now):
    relation.attempts = [each for each in relation.attempts if each.alive(now)]
    for attempt in relation.attempts:
        while attempt.due and attempt.due[0] <= now:
            attempt.due.pop(0)
            for host in relation.hosts:
                peer.send(attempt.data, host)
    waiting = relation.message3
    while waiting and waiting.due and waiting.due[0] <= now:
        waiting.due.pop(0)
        send_message3(peer, relation)
    if relation.active and relation.next_attempt and relation.next_attempt <= now:
        if relation.phase in UNFINISHED or relation.current_session(now) is None:
            start_attempt(peer, relation, now)
        else:
            relation.next_attempt = None

