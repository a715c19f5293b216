# SPDX-License-Identifier: Apache-2.0
"""Two people meet: either shows the offer, either starts, or both, also over a bad line."""
import random
import time

from entanglement import codes, endpoints, handshake, messages, upkeep
from entanglement.relation import TRUSTED
from entanglement.wire import Faults, run

from .world import demand, of_kind, world


def _only_python_starts(wire):
    wire.drop = lambda way, kind, data: way == "in" and kind == "110"


def _roles(wire):
    """How often Python was initiator and how often responder of a handshake that went on."""
    return len(of_kind(wire, "in", "120")), len(of_kind(wire, "out", "120"))


def python_answers_and_spockex_starts(make, folder, figures):
    with world(make, folder, "Sp-a1") as here:
        wire = here.wire("Py-a1")
        relation, _, answer = here.python_answers(wire)
        began = time.monotonic()
        end = here.call("accept", answer, "--wait")
        figures.append(f"{time.monotonic() - began:.2f} s")
        demand(end["state"] == "trusted" and end["scenario"] == "A", f"accept says {end}")
        demand(end["cluster"]["id"] == relation.genesis.cluster, "accept names another cluster")
        demand(end["safetyNumber"] == relation.meeting.safety_number, "another safety number")
        demand(end["echo"] == endpoints.text(here.endpoint), f"echo is {end['echo']}")
        here.pings(wire, relation, here.trusted(wire, relation))
        demand(_roles(wire)[0] == 0, "Python was to be responder only")


def python_answers_and_starts(make, folder, figures):
    with world(make, folder, "Sp-a2") as here:
        wire = here.wire("Py-a2")
        _only_python_starts(wire)
        relation, _, answer = here.python_answers(wire, active=True)
        here.live(0.3)
        demand(not wire.kinds("in"), "SpockEx answered before it knew the answer code")
        here.call("accept", answer, "--no-wait")
        here.pings(wire, relation, here.trusted(wire, relation))
        demand(_roles(wire)[1] == 0, "Python was to be initiator only")


def spockex_answers_and_starts(make, folder, figures):
    with world(make, folder, "Sp-b1") as here:
        wire = here.wire("Py-b1")
        relation, _ = here.spockex_answers(wire)
        here.pings(wire, relation, here.trusted(wire, relation))
        demand(_roles(wire)[0] == 0, "Python was to be responder only")


def spockex_answers_and_python_starts(make, folder, figures):
    with world(make, folder, "Sp-b2") as here:
        wire = here.wire("Py-b2")
        _only_python_starts(wire)
        relation, _ = here.spockex_answers(wire, active=True)
        here.pings(wire, relation, here.trusted(wire, relation))
        demand(_roles(wire)[1] == 0, "Python was to be initiator only")


def _both_at_once(here, wire, relation):
    """Python's message 1 leaves before it looks at the first one of SpockEx."""
    def cross(kind, data, source):
        if kind == "110" and not of_kind(wire, "out", "110"):
            attempt = handshake.start_attempt(wire.peer, relation, time.monotonic())
            attempt.due.pop(0)
            wire.put(attempt.data, here.endpoint)
    wire.before_receive = cross


def _crossed(here, wire, relation):
    row = here.trusted(wire, relation)
    here.pings(wire, relation, row)
    demand(min(_roles(wire)) > 0, f"the handshakes did not cross: {_roles(wire)}")
    confirmed = [each for each in relation.sessions if each.confirmed]
    demand({each.initiator for each in confirmed} == {True, False}, "one session only")
    here.quiet(wire)
    chosen = relation.current_session(time.monotonic())
    mark = len(wire.peer.log)
    here.call("ping", row["id"], "-c", "1")
    used = {each[2][2] for each in wire.peer.log[mark:] if each[0] == "frame in"}
    demand(used == {chosen}, "SpockEx sends on the other one of two crossed sessions")


def both_start_at_once_after_answer_of_python(make, folder, figures):
    with world(make, folder, "Sp-c1") as here:
        wire = here.wire("Py-c1")
        relation, _, answer = here.python_answers(wire)
        _both_at_once(here, wire, relation)
        here.call("accept", answer, "--no-wait")
        _crossed(here, wire, relation)


def both_start_at_once_after_answer_of_spockex(make, folder, figures):
    with world(make, folder, "Sp-c2") as here:
        wire = here.wire("Py-c2")
        relation = wire.peer.offer(active=False)
        shown = here.call("answer", here.file(relation.offer), "--no-wait")
        wire.peer.accept(relation, shown["answer"].encode(), time.monotonic())
        _both_at_once(here, wire, relation)
        _crossed(here, wire, relation)


def over_ipv6(make, folder, figures):
    with world(make, folder, "Sp-v6", host="::1") as here:
        wire = here.wire("Py-v6")
        relation, _, answer = here.python_answers(wire)
        here.call("accept", answer, "--no-wait")
        here.pings(wire, relation, here.trusted(wire, relation))


def intents_that_do_not_fit(make, folder, figures):
    """Bridge of Python to auto of SpockEx: no message 3, the pairing waits, Cancel works."""
    with world(make, folder, "Sp-in") as here:
        wire = here.wire("Py-in")
        relation, pairing, answer = here.python_answers(wire, intent=messages.BRIDGE)
        ended = here.call("accept", answer, "--wait", code=None)
        demand(ended.code in (1, 75), f"accept ended with {ended.code}")
        rows = here.call("status")["pairings"]
        demand([each["state"] for each in rows] == ["timedOut"], f"the pairings are {rows}")
        demand(not of_kind(wire, "in", "130"), "message 3 came though the intents do not fit")
        figures.append(str(rows[0]["lastError"]))
        here.call("cancel", pairing)


def codes_with_one_spelling(make, folder, figures):
    """SpockEx refuses what the grammar does not allow, and knows an offer again."""
    with world(make, folder, "Sp-co") as here:
        wire = here.wire("Py-co")
        offer = wire.peer.offer(active=False).offer
        wrong = {
            "another version": offer.replace(b'"v":1', b'"v":2'),
            "a space": offer.replace(b',"host"', b', "host"'),
            "keys in another order": offer.replace(
                b'"request":100,"v":1,', b'"v":1,"request":100,'),
            "a host with a leading zero": offer.replace(b'["127.0.0.1:', b'["127.0.0.1:0'),
            "no host at all": offer.replace(offer[offer.index(b'['):offer.index(b']') + 1], b"[]"),
            "a short key": offer.replace(offer[offer.index(b'"key"'):offer.index(b',"salt"')],
                                         b'"key":"AAAA"'),
            "a key more": offer[:-1] + b',"x":1}',
            "an error of the other side": b'{"response":400,"errorText":"not today"}',
        }
        for what, line in wrong.items():
            demand(line != offer, f"{what} is not wrong")
            ended = here.call("answer", here.file(line), "--no-wait", code=None)
            demand(ended.code in (1, 65), f"{what}: answer ended with {ended.code}")
        first = here.call("answer", here.file(b"\t " + offer + b" \r\n"), "--no-wait")["answer"]
        again = here.call("answer", here.file(offer), "--no-wait")["answer"]
        demand(first == again, "another answer to the same offer")
        shown, _ = here.shown_offer()
        fitting = wire.peer.answer(shown, time.monotonic(), active=False)
        strange = codes.answer(fitting.pid, wire.peer.hosts, fitting.public, fitting.salt, offer)
        for line in (strange, shown, offer):
            ended = here.call("accept", here.file(line), "--no-wait", code=None)
            demand(ended.code in (1, 65), f"accept of {line[:20]} ended with {ended.code}")
        here.call("accept", here.file(fitting.answer), "--no-wait")
        here.trusted(wire, fitting)
        figures.append(f"{len(wrong) + 3} kinds of it")


def _lossy_start(here, number, seed):
    """One meeting over a bad line, begun but not awaited; the seed decides who starts."""
    chance = random.Random(seed)
    wire = here.wire(f"Py-{number}", Faults(seed, loss=0.3, double=0.2, late=0.3))
    active = chance.random() < 0.5
    if chance.random() < 0.5:
        relation, _, answer = here.python_answers(wire, active, options=("--private",))
        here.call("accept", answer, "--no-wait")
    else:
        relation, _ = here.spockex_answers(wire, active, options=("--private",))
    return wire, relation, time.monotonic()


def over_a_bad_line(make, folder, figures, seed=1, runs=20):
    with world(make, folder, "Sp-d") as here:
        begun = [_lossy_start(here, number, seed * 1000 + number) for number in range(runs)]
        waiting = {wire.peer.name: begun_at for wire, _, begun_at in begun}
        took = []

        def all_trust():
            for wire, relation, began in begun:
                if wire.peer.name in waiting and relation.phase == TRUSTED:
                    took.append(time.monotonic() - waiting.pop(wire.peer.name))
            return not waiting
        run(here.wires, all_trust, 45)
        demand(not waiting, f"seed {seed}: these never trusted: {sorted(waiting)}")
        for wire, relation, _ in begun:
            row = here.agreed(wire, relation, 30)
            upkeep.start_probe(wire.peer, relation, time.monotonic())
            before = wire.peer.count("pong")
            for _ in range(4):
                if not run(here.wires, lambda: wire.peer.count("pong") > before, 3):
                    upkeep.start_probe(wire.peer, relation, time.monotonic())
            demand(wire.peer.count("pong") > before, f"{row['name']}: no pong")
        count = len(here.call("status")["peers"])
        demand(count == runs, f"{count} peers of {runs}")
        took.sort()
        figures.append(f"{runs} runs of seed {seed}, until trust {took[len(took) // 2]:.1f} s "
                       f"in the middle, {took[-1]:.1f} s at most")


CASES = [
    ("Python answers, SpockEx starts", python_answers_and_spockex_starts),
    ("Python answers and starts", python_answers_and_starts),
    ("SpockEx answers and starts", spockex_answers_and_starts),
    ("SpockEx answers, Python starts", spockex_answers_and_python_starts),
    ("Python answers, both start at once", both_start_at_once_after_answer_of_python),
    ("SpockEx answers, both start at once", both_start_at_once_after_answer_of_spockex),
    ("a meeting over IPv6", over_ipv6),
    ("wrong codes are refused", codes_with_one_spelling),
    ("intents that do not fit get no message 3", intents_that_do_not_fit),
]
