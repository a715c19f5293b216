# SPDX-License-Identifier: Apache-2.0
"""Cancelling a meeting and forgetting a peer, from either side."""
import time

from entanglement import handshake, text
from entanglement.relation import FORGOTTEN, GONE
from entanglement.session import FORGET, FORGET_ANSWER

from .world import demand, of_kind, world


def _gone_at_spockex(here, process=None, seconds=5):
    """SpockEx has dropped the pairing and everything that came of it, and has said so."""
    end = time.monotonic() + seconds
    while True:
        status = here.call("status")
        if not (status["pairings"] or status["peers"] or status["clusters"]):
            break
        demand(time.monotonic() < end, f"SpockEx still has {status['pairings']}"
               f"{status['peers']}{status['clusters']}")
    if process:
        ended = here.end(process, 10)
        demand(ended.code == 1, f"{ended.line} ended with {ended.code}: {ended.output}")
    events = here.call("events", code=None).objects
    reasons = [each["reason"] for each in events if each["kind"] == "pairingEnded"]
    demand(reasons == ["cancelledByPeer"], f"the events give the reason as {reasons}")


def python_cancels_before_message_3(make, folder, figures):
    """SpockEx started; Python cancels instead of answering with message 2."""
    with world(make, folder, "Sp-e1") as here:
        wire = here.wire("Py-e1")
        relation, _, answer = here.python_answers(wire)
        wire.drop = lambda way, kind, data: way == "out" and kind == "120"
        process = here.begin("accept", answer, "--wait")
        here.run(lambda: of_kind(wire, "in", "110"), 10, "message 1")
        wire.peer.cancel(relation, time.monotonic())
        _gone_at_spockex(here, process)


def python_cancels_after_message_3(make, folder, figures):
    """SpockEx has Python's message 3, but has heard no binary packet."""
    with world(make, folder, "Sp-e2") as here:
        wire = here.wire("Py-e2")
        wire.drop = lambda way, kind, data: way == "in" and kind in ("110", "4")
        relation, _, answer = here.python_answers(wire, active=True)
        process = here.begin("accept", answer, "--wait")
        here.run(lambda: of_kind(wire, "out", "130"), 10, "message 3 to go")
        here.live(0.5)
        wire.peer.cancel(relation, time.monotonic())
        _gone_at_spockex(here, process)


def python_cancels_after_message_4(make, folder, figures):
    """SpockEx trusts already, but nothing has told it that Python does: the cluster goes too."""
    with world(make, folder, "Sp-e3") as here:
        wire = here.wire("Py-e3")
        wire.drop = lambda way, kind, data: way == "in" and kind == "packet"
        relation, _, answer = here.python_answers(wire)
        here.call("accept", answer, "--no-wait")
        here.run(lambda: of_kind(wire, "out", "4"), 10, "message 4 to go")
        end = time.monotonic() + 5
        while not here.call("status")["peers"]:
            demand(time.monotonic() < end, "SpockEx does not trust on message 4")
        wire.peer.cancel(relation, time.monotonic())
        _gone_at_spockex(here)


def _told(here, wire, relation, named):
    """Python was told by a 410, and with the token that it had derived itself."""
    here.run(lambda: relation.phase == GONE, 5, "the 410")
    tokens = [text.scan(each.data, text.MESSAGES) for each in of_kind(wire, "in", "410")]
    demand(all(each["token"] == relation.peer_gone for each in tokens), "another token")
    demand(("pid" in tokens[0].fields) == named, f"pid in the 410: {not named}, want {named}")


def spockex_cancels_its_offer(make, folder, figures):
    """It knows nothing of Python; Python's message 1 meets the tombstone."""
    with world(make, folder, "Sp-e4") as here:
        wire = here.wire("Py-e4")
        relation, pairing, _ = here.python_answers(wire)
        here.call("cancel", pairing)
        here.live(0.3)
        demand(not wire.kinds("in"), "SpockEx sent something to nobody")
        handshake.start_attempt(wire.peer, relation, time.monotonic())
        _told(here, wire, relation, named=False)
        data = of_kind(wire, "out", "110")[0].data
        here.silent(wire, data, "a second packet to a tombstone within 10 s")


def spockex_cancels_its_answer(make, folder, figures):
    with world(make, folder, "Sp-e5") as here:
        wire = here.wire("Py-e5")
        wire.drop = lambda way, kind, data: way == "out" and kind == "120"
        relation, pairing = here.spockex_answers(wire)
        here.call("cancel", pairing)
        _told(here, wire, relation, named=True)
        here.live(1.6)
        count = len(of_kind(wire, "in", "410"))
        demand(count == 3, f"the 410 came {count} times, not 3")
        demand(not here.call("status")["pairings"], "the pairing is there")


def restarted_spockex_still_says_gone(make, folder, figures):
    """The tombstone outlives a SIGKILL."""
    with world(make, folder, "Sp-e6") as here:
        wire = here.wire("Py-e6")
        relation, pairing, _ = here.python_answers(wire)
        here.call("cancel", pairing)
        here.node.kill()
        here.node.start()
        handshake.start_attempt(wire.peer, relation, time.monotonic())
        _told(here, wire, relation, named=False)


def spockex_forgets(make, folder, figures):
    """The first two acknowledgements of Python are lost."""
    with world(make, folder, "Sp-j1") as here:
        wire, relation, row = here.met("Py-j1")
        lost = []

        def drop(way, kind, data):
            if way == "out" and kind == "packet" and relation.phase == FORGOTTEN and len(lost) < 2:
                lost.append(data)
                return True
            return False
        wire.drop = drop
        process = here.begin("forget", row["id"])
        here.run(lambda: _frames(wire, FORGET) >= 3, 8, "frame 7 the third time")
        ended = here.end(process, 10)
        demand(ended.code == 0, f"forget ended with {ended.code}: {ended.errors}")
        here.live(2.5)
        demand(_frames(wire, FORGET) == 3, f"frame 7 came {_frames(wire, FORGET)} times, not 3")
        status = here.call("status")
        demand(not status["peers"], f"SpockEx still has {status['peers']}")


def python_forgets(make, folder, figures):
    """The first two acknowledgements of SpockEx are lost."""
    with world(make, folder, "Sp-j2") as here:
        wire, relation, row = here.met("Py-j2")
        lost = []

        def drop(way, kind, data):
            if way == "in" and kind == "packet" and len(lost) < 2:
                lost.append(data)
                return True
            return False
        wire.drop = drop
        wire.peer.forget(relation, time.monotonic())
        here.run(lambda: relation.phase == GONE, 8, "an acknowledgement of SpockEx")
        demand(len(lost) == 2, "no acknowledgement was lost")
        demand(_frames(wire, FORGET_ANSWER) == 1, "more than one acknowledgement")
        status = here.call("status")
        demand(not status["peers"], f"SpockEx still has {status['peers']}")


def python_forgets_across_a_restart(make, folder, figures):
    """All acknowledgements are lost and SpockEx is killed: its keys last to acknowledge again."""
    with world(make, folder, "Sp-j3") as here:
        wire, relation, row = here.met("Py-j3")
        wire.drop = lambda way, kind, data: way == "in"
        wire.peer.forget(relation, time.monotonic())
        here.live(1.5)
        here.node.kill()
        here.node.start()
        wire.drop = lambda way, kind, data: False
        relation.sessions = []
        handshake.start_attempt(wire.peer, relation, time.monotonic())
        here.run(lambda: relation.phase == GONE, 8, "an acknowledgement after the restart")


def _frames(wire, sort):
    return sum(1 for what, _, detail in wire.peer.log if what == "frame in" and detail[0] == sort)


CASES = [
    ("Python cancels before message 3", python_cancels_before_message_3),
    ("Python cancels after message 3", python_cancels_after_message_3),
    ("Python cancels after message 4", python_cancels_after_message_4),
    ("SpockEx cancels its offer", spockex_cancels_its_offer),
    ("SpockEx cancels its answer", spockex_cancels_its_answer),
    ("a restarted SpockEx still answers with the 410", restarted_spockex_still_says_gone),
    ("SpockEx forgets, two acknowledgements are lost", spockex_forgets),
    ("Python forgets, two acknowledgements are lost", python_forgets),
    ("Python forgets, SpockEx is killed in between", python_forgets_across_a_restart),
]
