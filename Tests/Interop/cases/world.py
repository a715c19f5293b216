# SPDX-License-Identifier: Apache-2.0
"""One real node of SpockEx and any number of Python peers on loopback."""
import contextlib
import time

from entanglement import messages, text, upkeep
from entanglement.peer import Peer
from entanglement.relation import TRUSTED
from entanglement.wire import Wire, run
from spockex_nodes import DONE, Failure, free_ports


def demand(condition, what):
    if not condition:
        raise Failure(what)


class World:
    """The node, the wires to it, and the ways to get from one state to the next."""

    def __init__(self, make, folder, name, host="127.0.0.1"):
        self.folder, self.host, self.wires, self.files = folder, host, [], 0
        written = f"[{host}]" if ":" in host else host
        self.endpoint = (host, free_ports(1)[0])
        self.name = name
        self.node = make(name, listen=[f"{written}:{self.endpoint[1]}"]).start()

    def wire(self, name, faults=None):
        wire = Wire(Peer(name, []), faults, self.host)
        wire.peer.hosts = [wire.endpoint()]
        self.wires.append(wire)
        return wire

    def close(self):
        for wire in self.wires:
            audit(wire)
            wire.close()

    # Waiting.

    def run(self, until, seconds, what):
        if not run(self.wires, until, seconds):
            raise Failure(f"waited {seconds:g} s in vain for {what}; {self.story()}")

    def live(self, seconds):
        run(self.wires, lambda: False, seconds)

    def story(self):
        """The last datagrams, for the message of a failure."""
        return "; ".join(
            " ".join(f"{each.way}:{each.kind}" for each in wire.trace[-14:])
            + " | " + ", ".join(str(each[2] or each[0]) for each in wire.peer.log[-4:]
                                if each[0] in ("dropped", "400", "409"))
            for wire in self.wires[-2:])

    def call(self, *arguments, code=DONE, seconds=60):
        """A command of the program, while the Python peers go on living."""
        process = self.node.begin(*arguments)
        run(self.wires, lambda: process.poll() is not None, seconds)
        answer = self.node.finish(process, timeout=1 if process.poll() is None else 10)
        return answer.expect(code) if code is not None else answer

    def begin(self, *arguments):
        return self.node.begin(*arguments)

    def end(self, process, seconds=60):
        run(self.wires, lambda: process.poll() is not None, seconds)
        return self.node.finish(process, timeout=1 if process.poll() is None else 10)

    def file(self, content):
        self.files += 1
        path = f"{self.folder}/{self.name}-{self.files}.txt"
        with open(path, "wb") as opened:
            opened.write(content)
        return path

    # Meeting.

    def shown_offer(self, *options):
        """An offer of the program: its line and the id of its pairing."""
        shown = self.call("offer", *options)
        return shown["offer"].encode(), shown["pairing"]

    def python_answers(self, wire, active=False, intent=messages.AUTO, options=()):
        """The program's offer, Python's answer, not accepted yet."""
        offer, pairing = self.shown_offer(*options)
        relation = wire.peer.answer(offer, time.monotonic(), intent, active)
        return relation, pairing, self.file(relation.answer)

    def spockex_answers(self, wire, active=False, intent=messages.AUTO, options=()):
        """Python's offer, the program's answer, which Python has accepted."""
        relation = wire.peer.offer(intent, active)
        shown = self.call("answer", self.file(relation.offer), "--no-wait", *options)
        wire.peer.accept(relation, shown["answer"].encode(), time.monotonic())
        return relation, shown["pairing"]

    def trusted(self, wire, relation, seconds=20):
        """Waits until both sides trust, and looks whether they agree on everything."""
        self.run(lambda: relation.phase == TRUSTED, seconds, "Python to trust")
        return self.agreed(wire, relation, seconds)

    def agreed(self, wire, relation, seconds=20):
        end = time.monotonic() + seconds
        while True:
            status = self.call("status")
            row = next((each for each in status["peers"] if each["name"] == wire.peer.name), None)
            if row:
                break
            demand(time.monotonic() < end, f"SpockEx does not trust; {self.story()}")
        clusters = {each["id"]: each for each in status["clusters"]}
        demand(relation.genesis.cluster in clusters,
               f"Python made {relation.genesis.cluster}, SpockEx has {list(clusters)}")
        number = self.call("verify", row["id"])["safetyNumber"]
        demand(number == relation.meeting.safety_number,
               f"safety numbers {number} and {relation.meeting.safety_number}")
        demand(relation.peer_name == self.name, f"Python was told the name {relation.peer_name!r}")
        names = (self.name, wire.peer.name)
        expected = " + ".join(names if relation.side == "B" else names[::-1])
        called = clusters[relation.genesis.cluster]["name"]
        demand(called == expected, f"the cluster is called {called!r}, not {expected!r}")
        return row

    def pings(self, wire, relation, row=None):
        """A round trip in either direction, inside of the session."""
        before = wire.peer.count("pong")
        upkeep.start_probe(wire.peer, relation, time.monotonic())
        self.run(lambda: wire.peer.count("pong") > before, 5, "a pong of SpockEx")
        self.call("ping", row["id"] if row else wire.peer.name, "-c", "1")

    def met(self, name, **options):
        """A wire and a relation that both sides trust, and nothing under way."""
        wire = self.wire(name)
        relation, _, answer = self.python_answers(wire, options=("--private",), **options)
        self.call("accept", answer, "--no-wait")
        row = self.trusted(wire, relation)
        self.pings(wire, relation, row)
        self.quiet(wire)
        return wire, relation, row

    def quiet(self, wire, seconds=0.5):
        """Waits until nothing has come for a while."""
        for _ in range(20):
            mark = len(wire.trace)
            self.live(seconds)
            if not wire.kinds("in", mark):
                return
        raise Failure(f"SpockEx does not come to rest; {self.story()}")

    # Questions and what they get.

    def replies(self, wire, data, via=None, wait=5):
        """Sends bytes past the peer; what comes, and soon after the first."""
        mark = len(wire.trace)
        wire.put(data, self.endpoint, via)
        run(self.wires, lambda: wire.kinds("in", mark), wait)
        self.live(0.3 if wait else 0.4)
        return [each for each in wire.trace[mark:] if each.way == "in"]

    def silent(self, wire, data, what, via=None):
        came = self.replies(wire, data, via, wait=0)
        demand(not came, f"{what} got {[each.kind for each in came]} instead of silence")

    def one(self, wire, data, kind, what):
        """The one reply of the kind; anything else fails."""
        came = self.replies(wire, data)
        demand([each.kind for each in came] == [kind],
               f"{what} got {[each.kind for each in came]} instead of one {kind}")
        return None if kind == "packet" else text.scan(came[0].data, text.MESSAGES)


def audit(wire):
    """Every datagram of SpockEx has an exact shape and size (section 5)."""
    shortest3 = min((len(each.data) for each in wire.trace if each.kind == "130"), default=None)
    for each in wire.trace:
        size = len(each.data)
        if each.way != "in":
            continue
        demand(20 <= size <= messages.BYTE_COUNT_LIMIT, f"a datagram of {size} bytes came")
        demand(each.kind != "other", f"an unknown datagram came: {each.data[:40]!r}")
        if each.kind != "packet":
            text.scan(each.data, text.MESSAGES)
        if each.kind == "110":
            demand(size == 512, f"message 1 of {size} bytes came")
        if each.kind == "120":
            demand(511 <= size <= 512, f"message 2 of {size} bytes came")
        if each.kind == "4" and shortest3:
            demand(size <= shortest3, f"message 4 of {size} bytes to one of {shortest3}")


@contextlib.contextmanager
def world(make, folder, name, **options):
    """A world that is audited and closed at its end."""
    made = World(make, folder, name, **options)
    try:
        yield made
        made.close()
    finally:
        for wire in made.wires:
            wire.close()


def of_kind(wire, way, kind):
    return [each for each in wire.trace if each.way == way and each.kind == kind]


__all__ = ["World", "world", "demand", "of_kind", "Failure"]
