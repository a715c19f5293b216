# SPDX-License-Identifier: Apache-2.0
"""Bridges between clusters of real nodes: making them, who is seen across, what others can read."""
import json
import pathlib
import re
import threading
import time
import traceback

from groups import cluster_of
from laboratory import STUN, inside, laboratory
from moves import Packets, external
from raw_api import call
from spockex_nodes import Failure, stage, wait_until

SIX = ("Ada", "Ben", "Cem", "Dia", "Eli", "Fay")
SEE_SECONDS = 30


def quick_status(node):
    """As `status --json`, by the socket; an empty report of a node that does not answer."""
    answer = call(node, "/v1/status")
    return answer[1] if answer and answer[0] == 200 else {"bridges": [], "peers": []}


def open_bridges(node):
    return [row["id"] for row in quick_status(node)["bridges"] if row["state"] == "open"]


def across(node, name=None):
    """The peers of a node across bridges by cards; with a name the row of that one, or None."""
    rows = [row for row in quick_status(node)["peers"] if row["met"] == "card"]
    if name is None:
        return rows
    return next((row for row in rows if row["name"] == name), None)


def path_kind(node, name):
    row = across(node, name)
    return row and row["state"] == "connected" and row["path"] and row["path"]["kind"]


def all_true(question, nodes, seconds, what):
    """Waits until it is true of every node, or says of whom it is not; since when it is of each, by
    `time.monotonic`."""
    since = {}

    def asked():
        for node in nodes:
            if question(node):
                since.setdefault(node.name, time.monotonic())
            else:
                since.pop(node.name, None)
        return len(since) == len(nodes)
    try:
        wait_until(asked, seconds, what, every=0.02)
    except Failure as failure:
        missing = [node.name for node in nodes if node.name not in since]
        raise Failure(f"{failure}; not so for {', '.join(missing)}") from failure
    return since


def make_bridge(offering, answering, folder, everybody):
    """A meeting with intent bridge: its id, and the seconds from the call of `accept` until
    everybody of both clusters lists it as open."""
    tag = f"bridge-{offering.name}-{answering.name}-{time.monotonic_ns()}"
    offer, answer = (folder / f"{tag}-{what}.txt" for what in ("offer", "answer"))
    former = set(open_bridges(offering))
    offering.ask("offer", "--bridge", "--text", str(offer))
    answering.ask("answer", str(offer), "--bridge", "--text", str(answer), "--no-wait")
    began = time.monotonic()
    offering.ask("accept", str(answer), "--no-wait")
    made = wait_until(lambda: set(open_bridges(offering)) - former, SEE_SECONDS,
                      f"{offering.name} to list a new bridge", every=0.02).pop()
    all_true(lambda node: made in open_bridges(node), everybody, SEE_SECONDS,
             "everybody to list the bridge as open")
    return made, time.monotonic() - began


def allow(bridge, ends, *policy):
    for node in ends:
        node.ask("bridge", "policy", bridge, *policy)


def give_cards(bridge, nodes, *policy):
    for node in nodes:
        node.ask("card", "allow", bridge, *policy)


def seen_by(node, bridge):
    """The names on the cards that a node sees across a bridge."""
    answer = call(node, f"/v1/bridges/{bridge}")
    return sorted(row["name"] for row in answer[1]["seen"]) if answer and answer[0] == 200 else None


def is_reached(node, name):
    """Whether somebody across answers a ping."""
    row = across(node, name)
    answer = row and call(node, f"/v1/peers/{row['id']}/ping", {})
    return bool(answer) and answer[0] == 200


class Pings:
    """Pings somebody across all the time, and notes when answers came and by which path."""

    def __init__(self, node, name):
        self.node, self.answers, self.going = node, [], True
        self.peer = across(node, name)["id"]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while self.going:
            began = time.monotonic()
            answer = call(self.node, f"/v1/peers/{self.peer}/ping", {})
            if answer and answer[0] == 200:
                self.answers.append((began, time.monotonic(), answer[1]["path"]))
            time.sleep(0.02)

    def first(self, after, other_than=None):
        """When the first answer came after a moment, by another path; None: none did."""
        return next((came for began, came, path in list(self.answers)
                     if came > after and path["via"] != other_than), None)

    def end(self):
        self.going = False


# What a person, or a program of a person, can read of a node.
REPORTS = [("status",), ("peers",), ("bridges",), ("clusters",), ("pairings",), ("netcheck",),
           ("events", "--limit", "1000")]


def everything_said(node):
    """All that the node tells by its commands, as text."""
    texts = [node.run(*report).output for report in REPORTS]
    for row in node.ask("bridges")["bridges"]:
        texts.append(node.run("bridge", "show", row["id"]).output)
    for row in node.ask("clusters")["clusters"]:
        texts.append(node.run("cluster", "show", row["id"]).output)
    return "\n".join(texts)


def stored(node):
    """All bytes of the node's home that are in files."""
    return b"".join(path.read_bytes() for path in node.home.rglob("*") if path.is_file())


def knows(node, words):
    """Which of the words stand in what a node says, and which ids also in what it stores."""
    text, kept = everything_said(node), stored(node)
    found = [word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
    ids = [word for word in words if re.fullmatch(r"[0-9a-f-]{36}", word)]
    return found + [f"{word} (stored)" for word in ids
                    if bytes.fromhex(word.replace("-", "")) in kept or word.encode() in kept]


def marks(node, address=None):
    """What tells of one member: name, member id, the ids of its relations, where it is."""
    own = next(row for row in cluster_of(node)["members"] if row["isSelf"])
    peers = [row["id"] for row in node.status()["peers"] if row["bridge"] is None]
    return [node.name, own["id"], *peers, *([address] if address else [])]


def cluster_marks(node):
    """What tells of a cluster: its id (across it has another one) and its name."""
    row = cluster_of(node)["cluster"]
    return [row["id"], row["name"]]


def need_unknown(watchers, words, who):
    """Fails if one of the watchers says or stores one of the words."""
    for node in watchers:
        found = knows(node, words)
        if found:
            raise Failure(f"{node.name} knows of {who}: {json.dumps(found)}")


def need(truth, what):
    if not truth:
        raise Failure(what)


class Story:
    """The nodes by name, where they are, the bridges by what they link."""

    def __init__(self, lab, folder, make, hosts):
        self.lab, self.folder, self.hosts = lab, pathlib.Path(folder), hosts
        self.packets = Packets(lab)
        self.nodes = {name: make(name, options=STUN, prefix=inside(lab, host))
                      for name, host in hosts.items()}
        self.bridges = {}
        self.said = []
        for node in self.nodes.values():
            node.start(wait=False)
        for node in self.nodes.values():
            node.wait_ready()
        everybody = list(self.nodes.values())
        self.p, self.q = everybody[:3], everybody[3:]

    def some(self, *names):
        return [self.nodes[name] for name in names]

    def address(self, name):
        return external(self.lab, self.hosts[name])

    def bridge(self, what, one, other, everybody):
        """Makes a bridge and remembers it; the figure."""
        self.bridges[what], seconds = make_bridge(*self.some(one, other), self.folder, everybody)
        return f"{seconds:.2f} s"

    def who_called_directly(self):
        """The pairs of the two clusters between whom packets went."""
        names = {self.address(name): name for name in self.hosts}
        p = {node.name for node in self.p}
        pairs = {tuple(sorted((names[source], names[target])))
                 for _, source, target, _ in list(self.packets.seen)
                 if source in names and target in names}
        return sorted(pair for pair in pairs if (pair[0] in p) != (pair[1] in p))


def tell(report, topology, hosts, chapters):
    """A whole story: name, check, and whether the later ones mean anything without it."""
    with stage() as (folder, make), laboratory(topology) as lab:
        story, lost = Story(lab, folder, make, hosts), False
        try:
            for what, chapter, is_needed in chapters:
                if lost:
                    report.skip(what, "what comes before it failed")
                    continue
                with report.check(what) as figures:
                    try:
                        figures.append(chapter(story) or "")
                    except (KeyError, IndexError, TypeError, StopIteration) as error:
                        raise Failure(traceback.format_exc().strip()) from error
                lost = is_needed and report.rows[-1][0] == "FAILED"
            with report.check("all nodes end in order"):
                for node in story.nodes.values():
                    node.stop()
        finally:
            story.packets.end()
