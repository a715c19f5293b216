# SPDX-License-Identifier: Apache-2.0
"""A common peer helps to find somebody (section 8.9): the asking side, without relayed ways."""
from . import handshake, keys, upkeep
from .endpoints import Reader

SEEK, FOUND = 16, 17
FIRST_SECONDS, PERIOD = 2, 10
TAG_BYTES = 16


def tag_of(relation):
    return keys.expand(relation.meeting.psk, b"spockex/1 common peer", TAG_BYTES)


def seek(peer, relation, helpers, now):
    """Asks all helpers for somebody who is not connected, every ten seconds."""
    if relation.next_seek is None:
        relation.next_seek = now + FIRST_SECONDS
    if now < relation.next_seek or not helpers:
        return
    relation.next_seek = now + PERIOD
    for helper in helpers:
        upkeep.send_frame(peer, helper, bytes([SEEK, 1]) + tag_of(relation), now)


def on_found(peer, frame, now):
    """A helper says where it sees somebody, and how much later to begin."""
    reader = Reader(frame[1:])
    tag, wait, hosts = reader.take(TAG_BYTES), reader.number(2), reader.endpoints()
    reader.end()
    for relation in peer.relations:
        if relation.meeting and tag_of(relation) == tag and not relation.current_session(now):
            for host in hosts:
                relation.learn_host(host)
            peer.note("found", relation, hosts)
            attempt = handshake.start_attempt(peer, relation, now)
            attempt.due = [each + wait / 1000 for each in attempt.due]
