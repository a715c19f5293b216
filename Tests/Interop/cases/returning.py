# SPDX-License-Identifier: Apache-2.0
"""Peers that trust each other find each other again: restarts, stale numbers, moved sockets."""
import time

from entanglement import endpoints, handshake, session, upkeep
from entanglement.wire import run

from .world import demand, world


def _only_messages_1_and_2(wire, mark):
    kinds = set(wire.kinds("in", mark) + wire.kinds("out", mark))
    demand(kinds <= {"110", "120", "packet"}, f"more than messages 1 and 2: {sorted(kinds)}")


def killed_spockex_comes_back(make, folder, figures):
    with world(make, folder, "Sp-f1") as here:
        wire, relation, row = here.met("Py-f1")
        cluster, mark = relation.genesis.cluster, len(wire.trace)
        here.node.kill()
        here.node.start()
        here.run(lambda: "packet" in wire.kinds("in", mark), 10, "SpockEx to come back")
        here.pings(wire, relation, row)
        _only_messages_1_and_2(wire, mark)
        demand("110" in wire.kinds("in", mark), "SpockEx did not start the handshake")
        demand(relation.genesis.cluster == cluster, "another cluster")
        demand(here.agreed(wire, relation)["id"] == row["id"], "another peer")


def python_comes_back(make, folder, figures):
    """Python has lost its sessions and sits on another port."""
    with world(make, folder, "Sp-f2") as here:
        wire, relation, row = here.met("Py-f2")
        here.live(5.2)  # sooner, SpockEx takes the next handshake for one that crossed the first
        mark, relation.sessions = len(wire.trace), []
        wire.current = wire.add_socket()
        wire.peer.hosts = [wire.endpoint()]
        handshake.start_attempt(wire.peer, relation, time.monotonic())
        here.run(lambda: "packet" in wire.kinds("in", mark), 10, "a pong in the new session")
        here.pings(wire, relation, row)
        _only_messages_1_and_2(wire, mark)
        path = here.call("status")["peers"][0]["path"]["endpoint"]
        demand(path == endpoints.text(wire.endpoint()), f"the path is {path}")


def trust_that_one_side_missed(make, folder, figures):
    """Python trusts but its packets were lost: the next handshake has messages 3 and 4 again."""
    with world(make, folder, "Sp-f3") as here:
        wire = here.wire("Py-f3")
        relation, _, answer = here.python_answers(wire, active=True)
        wire.drop = lambda way, kind, data: (
            way == "in" and kind == "110" or way == "out" and kind == "packet")
        here.call("accept", answer, "--no-wait")
        here.run(lambda: relation.trusts, 10, "message 4")
        demand(not here.call("status")["peers"], "SpockEx trusts without a packet of Python")
        mark, wire.drop = len(wire.trace), lambda way, kind, data: way == "in" and kind == "110"
        relation.sessions, relation.probe = [], None
        handshake.start_attempt(wire.peer, relation, time.monotonic())
        here.pings(wire, relation, here.trusted(wire, relation))
        demand({"130", "4"} <= set(wire.kinds("out", mark) + wire.kinds("in", mark)),
               "there was no message 3 or 4")


def stale_number_of_python(make, folder, figures):
    """Python's folder is restored from yesterday: its numbers were all used."""
    with world(make, folder, "Sp-g1") as here:
        wire = here.wire("Py-g1")
        wire.drop = lambda way, kind, data: way == "in" and kind == "110"
        relation, _, answer = here.python_answers(wire, active=True)
        here.call("accept", answer, "--no-wait")
        row = here.trusted(wire, relation)
        here.pings(wire, relation, row)
        here.quiet(wire)
        accepted, mark = relation.last_n, len(wire.trace)
        relation.last_n, relation.sessions, relation.attempts = 5, [], []
        wire.peer.clock = lambda: 1000
        attempt = handshake.start_attempt(wire.peer, relation, time.monotonic())
        here.run(lambda: relation.sessions, 5, "a session after the 409")
        told = [each[2] for each in wire.peer.log if each[0] == "409"]
        demand(told == [{**told[0], "n": attempt.n, "have": accepted}], f"the 409 says {told}")
        demand(relation.last_n == accepted + 1, "Python did not go on with have + 1")
        here.pings(wire, relation, row)
        demand("409" in wire.kinds("in", mark), "no 409")
        again = handshake.make_attempt(wire.peer, relation, time.monotonic(), n=7)
        here.silent(wire, again.data, "a second stale number within 30 s")


def stale_number_of_spockex(make, folder, figures):
    """Python says that it has seen higher numbers; SpockEx goes on above them."""
    with world(make, folder, "Sp-g2") as here:
        wire, relation, row = here.met("Py-g2")
        have = relation.accepted_n = (int(time.time()) + 86400) << 16
        mark = len(wire.trace)
        here.node.kill()
        here.node.start()
        here.run(lambda: "packet" in wire.kinds("in", mark), 10, "a session after the 409")
        demand("409" in wire.kinds("out", mark), "Python had no reason for a 409")
        demand(relation.accepted_n == have + 1, f"next n is have + {relation.accepted_n - have}")
        here.pings(wire, relation, row)


def moved_socket_is_challenged(make, folder, figures):
    """Inside of a session Python's packets come from another port."""
    with world(make, folder, "Sp-i1") as here:
        wire, relation, row = here.met("Py-i1")
        old, new = wire.current, wire.add_socket()
        # The first packet from there: the pong goes to the old path, the challenge to the new.
        wire.drop = lambda way, kind, data: way == "out" and kind == "packet"
        mark = len(wire.trace)
        token = bytes(range(8))
        frame = session.echo_frame(session.PING, token, here.endpoint)
        packet = relation.current_session(time.monotonic()).packet(frame)
        wire.put(packet, here.endpoint, new)
        here.run(lambda: len(wire.kinds("in", mark)) > 1, 3, "a pong and a challenge")
        here.live(0.3)
        came = [each for each in wire.trace[mark:] if each.way == "in"]
        at_new = [each for each in came if each.socket == new]
        demand(len(at_new) == 1, f"{len(at_new)} packets came to the new port, not one challenge")
        demand(len(at_new[0].data) <= len(packet), "the challenge is longer than the packet")
        demand(any(each.socket == old for each in came), "the pong did not go to the old path")
        demand(_path(here) == endpoints.text(wire.endpoint(old)), "the path moved unasked")
        # Answered: it moves.
        wire.drop = lambda way, kind, data: False
        wire.current = new
        relation.path = (relation.path[0], new)
        upkeep.start_probe(wire.peer, relation, time.monotonic())
        here.run(lambda: _path(here) == endpoints.text(wire.endpoint(new)), 5, "the path to move")
        here.quiet(wire)
        mark = len(wire.trace)
        here.pings(wire, relation, row)
        used = {each.socket for each in wire.trace[mark:] if each.way == "in"}
        demand(used == {new}, "packets still go to the old port")
        kinds = set(wire.kinds("in") + wire.kinds("out"))
        demand("410" not in kinds and "400" not in kinds, "errors on the way")


def late_challenge_answer(make, folder, figures):
    """An answer that comes after 5 s does not move the path."""
    with world(make, folder, "Sp-i2") as here:
        wire, relation, row = here.met("Py-i2")
        old, new = wire.current, wire.add_socket()
        held = []

        def hold(way, kind, data):
            if way == "out" and kind == "packet":
                held.append(data)
                return True
            return False
        wire.drop = hold
        frame = session.echo_frame(session.PING, bytes(8), here.endpoint)
        wire.put(relation.current_session(time.monotonic()).packet(frame), here.endpoint, new)
        here.run(lambda: held, 2, "a challenge")
        here.live(5.3)
        for data in held[:1]:
            wire.put(data, here.endpoint, new)
        here.live(0.3)
        demand(_path(here) == endpoints.text(wire.endpoint(old)), "a late answer moved the path")


def addresses_are_announced(make, folder, figures):
    """Frame 5 is acknowledged, and SpockEx calls there after a restart."""
    with world(make, folder, "Sp-i3") as here:
        wire, relation, row = here.met("Py-i3")
        old, new = wire.current, wire.add_socket()
        upkeep.announce(wire.peer, relation, [wire.endpoint(new)], time.monotonic())
        here.run(lambda: relation.addresses[2], 3, "the acknowledgement of frame 5")
        wire.drop = lambda way, kind, data: False
        here.node.kill()
        mark = len(wire.trace)
        here.node.start()
        here.run(lambda: any(each.way == "in" and each.kind == "110" and each.socket == new
                             for each in wire.trace[mark:]), 8, "message 1 at the new address")


def _path(here):
    return here.call("status")["peers"][0]["path"]["endpoint"]


def session_index_is_shared_by_nobody(make, folder, figures):
    """Two attempts at once get two sessions; both work, both ways."""
    with world(make, folder, "Sp-f4") as here:
        wire, relation, row = here.met("Py-f4")
        for _ in range(2):
            now = time.monotonic()
            attempt = handshake.start_attempt(wire.peer, relation, now)
            attempt.due = [now]
            run([wire], lambda: not relation.attempts, 3)
        here.quiet(wire)
        sessions = relation.sessions[-2:]
        demand(len({each.peer for each in sessions}) == 2, "one index for two sessions")
        for each in sessions:
            frame = session.echo_frame(session.PING, bytes(8), here.endpoint)
            came = here.replies(wire, each.packet(frame))
            demand([one.kind for one in came] == ["packet"], "no pong to one of the sessions")


CASES = [
    ("killed SpockEx comes back by messages 1 and 2", killed_spockex_comes_back),
    ("Python comes back at another port", python_comes_back),
    ("trust that SpockEx missed is made up for", trust_that_one_side_missed),
    ("stale n of Python gets the 409 and goes on", stale_number_of_python),
    ("SpockEx goes on above the 409 of Python", stale_number_of_spockex),
    ("a moved socket is challenged and followed", moved_socket_is_challenged),
    ("a late answer to a challenge moves nothing", late_challenge_answer),
    ("announced addresses are acknowledged and used", addresses_are_announced),
    ("two sessions at once have two indexes", session_index_is_shared_by_nobody),
]
