# SPDX-License-Identifier: Apache-2.0
"""What goes on inside of sessions: pings, paths, addresses, forgetting (sections 7 and 8)."""
import dataclasses
import secrets

from . import Bad, handshake, seeking
from .gossip import GOODBYE, SUMMARY
from .relation import FORGETTING, FORGOTTEN, TRUSTED, UNFINISHED
from .session import (ADDRESSES, ADDRESSES_ANSWER, CHALLENGE, CHALLENGE_ANSWER, FORGET,
                      FORGET_ANSWER, PING, PONG, addresses_frame, echo_frame, read_frame)

PROBE_TIMES, PROBE_SECONDS, KEEPALIVE = (0, 0.2, 0.6, 1.2, 2.0), 3, 25
CHALLENGE_SECONDS, CHALLENGE_GAP = 5, 0.15
PACKET_OVERHEAD = 32


@dataclasses.dataclass
class Probe:
    base: int
    made: float
    due: list
    sent: dict


def send_frame(peer, relation, frame, now, to=None):
    """Sends on the current session, to the current path unless told otherwise."""
    session = relation.current_session(now)
    if session is None or not relation.trusts:
        raise Bad("no session to send on")
    peer.send(session.packet(frame), *(to or relation.path))
    relation.last_sent = now
    peer.note("frame out", relation, (frame[0], session))


def start_probe(peer, relation, now):
    base = secrets.randbits(62)
    relation.probe = Probe(base, now, [now + each for each in PROBE_TIMES], {})


def on_packet(peer, relation, session, frame, length, source, via, now):
    """A packet whose seal opened."""
    first = not session.confirmed
    if relation.phase in UNFINISHED and not relation.signature_seen:
        raise Bad("a binary packet before trust")
    handshake.confirm(peer, relation, session, source, via)
    if relation.phase in UNFINISHED:
        peer.trust(relation, now, "binary packet")
    relation.confirmed_both_ways = True
    if not first and relation.path[0] != source:
        _challenge(peer, relation, length, source, via, now)
    try:
        known = read_frame(frame)
    except Bad:
        peer.note("bad frame", relation, frame)
        return
    if known is None:
        _about_clusters(peer, relation, frame, now)
        return
    peer.note("frame in", relation, (known[0], known[1], session, source))
    if known[0] == ADDRESSES:
        _hear_addresses(peer, relation, session, known[1], now)
    else:
        _act(peer, relation, known, (source, via), now)


def _about_clusters(peer, relation, frame, now):
    membership = peer.membership(frame[1:17]) if relation.trusts else None
    if frame and SUMMARY <= frame[0] <= GOODBYE and membership and membership.owns(relation):
        membership.receive(peer, relation, frame, now)
    elif frame[:1] == bytes([seeking.FOUND]) and relation.trusts:
        seeking.on_found(peer, frame, now)
    else:
        peer.note("frame without meaning", relation, frame)
        if frame[:1] == bytes([SUMMARY]) and relation.trusts:
            # It keeps no records: it says that it holds the same, so that nobody waits for it.
            send_frame(peer, relation, frame, now)


def _hear_addresses(peer, relation, session, values, now):
    """Newer are lists of newer sessions; in one, or in two that crossed, the sequence decides."""
    heard = relation.addresses_session
    if heard not in relation.sessions:
        counts = True
    elif heard is session or heard.crossed and session.crossed:
        counts = values[0] > relation.peer_addresses[0]
    else:
        counts = relation.sessions.index(session) > relation.sessions.index(heard)
    if counts:
        relation.peer_addresses, relation.addresses_session = values, session
        for host in values[1]:
            relation.learn_host(host)
    send_frame(peer, relation, bytes([ADDRESSES_ANSWER]) + values[0].to_bytes(4, "big"), now)


def _act(peer, relation, known, origin, now):
    sort, values = known
    if sort == PING:
        frame = echo_frame(PONG, values[0], relation.path[0])
        send_frame(peer, relation, frame, now)
    elif sort == PONG:
        probe = relation.probe
        token = int.from_bytes(values[0], "big")
        if probe and token in probe.sent:
            peer.note("pong", relation, now - probe.sent[token])
            relation.probe = None
    elif sort == CHALLENGE:
        frame = echo_frame(CHALLENGE_ANSWER, values[0], origin[0])
        send_frame(peer, relation, frame, now, origin)
    elif sort == CHALLENGE_ANSWER:
        made = relation.challenges.pop((origin, values[0]), None)
        if made is not None and now - made <= CHALLENGE_SECONDS:
            relation.path = origin
            peer.note("path moved", relation, origin[0])
    elif sort == ADDRESSES_ANSWER and relation.addresses:
        relation.addresses[2] |= values[0] == relation.addresses[0]
    elif sort == FORGET:
        relation.phase = FORGOTTEN
        send_frame(peer, relation, bytes([FORGET_ANSWER]), now, origin)
    elif sort == FORGET_ANSWER and relation.phase == FORGETTING:
        peer.delete(relation, "forgotten")


def _challenge(peer, relation, length, source, via, now):
    origin = (source, via)
    last = max((made for (where, _), made in relation.challenges.items() if where == origin),
               default=None)
    token = secrets.token_bytes(8)
    frame = echo_frame(CHALLENGE, token, source)
    if len(frame) + PACKET_OVERHEAD <= length and (last is None or now - last >= CHALLENGE_GAP):
        relation.challenges[(origin, token)] = now
        send_frame(peer, relation, frame, now, origin)


def announce(peer, relation, hosts, now):
    """Frame 5 with new addresses; repeated with every ping until acknowledged."""
    sequence = relation.addresses[0] + 1 if relation.addresses else 1
    relation.addresses = [sequence, hosts, False]
    send_frame(peer, relation, addresses_frame(sequence, hosts), now)


def tick(peer, relation, now):
    session = relation.current_session(now)
    if session is None or not relation.trusts:
        return
    if relation.phase == FORGETTING:
        if relation.next_forget <= now:
            relation.next_forget = now + 1
            send_frame(peer, relation, bytes([FORGET]), now)
        return
    probe = relation.probe
    if probe is None and relation.phase == TRUSTED and now - relation.last_sent >= KEEPALIVE:
        start_probe(peer, relation, now)
        probe = relation.probe
    while probe and probe.due and probe.due[0] <= now:
        probe.due.pop(0)
        token = probe.base + len(probe.sent)
        probe.sent[token] = now
        send_frame(peer, relation, echo_frame(PING, token.to_bytes(8, "big"),
                                              relation.path[0]), now)
        if relation.addresses and not relation.addresses[2]:
            send_frame(peer, relation, addresses_frame(*relation.addresses[:2]), now)
    if probe and now >= probe.made + PROBE_SECONDS:
        relation.probe = None
        peer.note("probe failed", relation)
        if relation.active:
            handshake.start_attempt(peer, relation, now)
