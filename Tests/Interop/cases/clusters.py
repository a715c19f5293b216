# SPDX-License-Identifier: Apache-2.0
"""A newcomer written in Python joins the cluster of two real nodes (sections 5.6, 11 and 12)."""
import time
import uuid

from entanglement import gossip, messages, upkeep
from entanglement.wire import run

from .world import World, demand, world

SECONDS = 30


def two_nodes(here, make, folder, name):
    """A second node, in a cluster with the first; its UID."""
    there = World(make, folder, name)
    there.wires = here.wires
    shown = here.call("offer")
    answer = there.call("answer", here.file(shown["offer"].encode()), "--no-wait")
    end = here.call("accept", here.file(answer["answer"].encode()), "--wait")
    cluster = end["cluster"]["id"]
    run([], lambda: there.call("status")["clusters"], SECONDS)
    return there, cluster


def row_of(node, cluster, name):
    rows = [row for row in node.call("cluster", "show", cluster)["members"]
            if row["name"] == name and row["status"] == "present"]
    return rows[0] if len(rows) == 1 else None


def await_everybody(here, there, wire, cluster):
    """The records have come, and all three are connected with each other; the membership."""
    peer = wire.peer
    here.run(lambda: peer.memberships and peer.memberships[0].is_member, SECONDS,
             "Python to be a member")
    membership = peer.memberships[0]
    demand(str(uuid.UUID(bytes=membership.cluster)) == cluster, "Python joined another cluster")
    here.run(lambda: membership.secrets, SECONDS, "the secret of the epoch")
    here.run(lambda: len(membership.connected(time.monotonic())) == 2, SECONDS,
             "Python to be connected with both")
    for node in (here, there):
        end = time.monotonic() + SECONDS
        while not (row_of(node, cluster, peer.name) or {}).get("connected"):
            demand(time.monotonic() < end, f"{node.name} does not see {peer.name} connected: "
                   f"{node.call('cluster', 'show', cluster)['members']}")
            here.live(0.1)
    return membership


def check_rosters(here, there, wire, cluster, membership):
    """All three say the same of everybody; who never met has keys of the epoch."""
    wanted = sorted(str(uuid.UUID(bytes=member)) for member, _ in membership.records.present())
    for node, met in ((here, True), (there, False)):
        rows = node.call("cluster", "show", cluster)["members"]
        demand(sorted(row["id"] for row in rows) == wanted,
               f"{node.name} has {[row['id'] for row in rows]}, Python {wanted}")
        row = row_of(node, cluster, wire.peer.name)
        demand(row["id"] == str(uuid.UUID(bytes=membership.id)), "another member id")
        demand((row["met"], row["came"]) == (met, "introduced"), f"{node.name} shows {row}")
    demand(len(membership.introduced) == 1, f"{len(membership.introduced)} relations nobody met by")
    relation = next(iter(membership.introduced.values()))
    demand(relation.path[0] == there.endpoint, f"Python reaches {there.name} at {relation.path}")
    refused = {each[2] for each in wire.peer.log if each[0] == "a record refused"}
    demand(not refused, f"records were refused: {refused}")
    called = {membership.records.name_of(member) for member in membership.records.places}
    demand(called == {here.name, there.name, wire.peer.name}, f"endpoint records of {called}")
    return relation


def ping_all(here, there, wire, cluster, relation):
    before = wire.peer.count("pong")
    upkeep.start_probe(wire.peer, relation, time.monotonic())
    here.run(lambda: wire.peer.count("pong") > before, 5, f"a pong of {there.name}")
    for node in (here, there):
        node.call("ping", row_of(node, cluster, wire.peer.name)["peer"], "-c", "1")


def settled(here, wire, membership):
    """All hold the same: each said what Python holds, or heard it and did not object."""
    def is_same():
        links = [membership.links[id(each)] for each in membership.relations()]
        return all(membership.summary() in (link.heard, link.told) for link in links)
    here.run(is_same, SECONDS, "summaries that are all the same")
    sorts = {each[2][0] for each in wire.peer.log if each[0] == "frame in"}
    wanted = {gossip.SUMMARY, gossip.IDS, gossip.RECORD, gossip.WELCOME}
    demand(wanted <= sorts, f"frames {sorted(sorts)} came")


def _joins(make, folder, figures, tag, member_shows):
    with world(make, folder, f"Ada-{tag}") as here:
        there, cluster = two_nodes(here, make, folder, f"Ben-{tag}")
        wire = here.wire(f"Py-{tag}")
        began = time.monotonic()
        if member_shows:
            relation, _, answer = here.python_answers(wire, options=("--cluster", cluster))
            here.call("accept", answer, "--no-wait")
        else:
            relation, _ = here.spockex_answers(
                wire, active=True, intent=messages.JOIN, options=("--cluster", cluster))
        here.run(lambda: relation.trusts, SECONDS, "Python to trust its sponsor")
        membership = await_everybody(here, there, wire, cluster)
        figures.append(f"connected with both after {time.monotonic() - began:.1f} s")
        stranger = check_rosters(here, there, wire, cluster, membership)
        ping_all(here, there, wire, cluster, stranger)
        settled(here, wire, membership)
        return_without_the_sponsor(here, there, wire, cluster, stranger)


def return_without_the_sponsor(here, there, wire, cluster, relation):
    """The two who never met need nobody between them: a new session, the sponsor being away."""
    here.node.kill()
    there.node.kill()
    mark = len(wire.trace)
    there.node.start()
    here.run(lambda: any(each.way == "in" and each.kind == "packet" and each.other == there.endpoint
                         for each in wire.trace[mark:]), SECONDS, f"{there.name} to come back")
    there.call("ping", row_of(there, cluster, wire.peer.name)["peer"], "-c", "1")
    kinds = {each.kind for each in wire.trace[mark:] if each.other == there.endpoint}
    demand(kinds <= {"110", "120", "packet"}, f"more than messages 1 and 2: {sorted(kinds)}")


def the_member_shows_the_offer(make, folder, figures):
    _joins(make, folder, figures, "j1", True)


def the_newcomer_shows_the_offer(make, folder, figures):
    _joins(make, folder, figures, "j2", False)


def the_sponsor_leaves(make, folder, figures):
    """The next epoch: its record and its secret come, and the two go on with new keys."""
    with world(make, folder, "Ada-j3") as here:
        there, cluster = two_nodes(here, make, folder, "Ben-j3")
        wire = here.wire("Py-j3")
        relation, _, answer = here.python_answers(wire, options=("--cluster", cluster))
        here.call("accept", answer, "--no-wait")
        here.run(lambda: relation.trusts, SECONDS, "Python to trust its sponsor")
        membership = await_everybody(here, there, wire, cluster)
        began = time.monotonic()
        here.call("cluster", "leave", cluster, "--yes")
        here.run(lambda: any(number == 1 for number, _ in membership.secrets), SECONDS,
                 "the secret of epoch 1")
        newest = max(membership.secrets)
        demand(newest == membership.records.epoch(), "a secret of an epoch that does not count")

        def reached():
            return [each for (_, held), each in membership.introduced.items()
                    if held == newest and each.current_session(time.monotonic())]
        here.run(reached, SECONDS, "a session with keys of epoch 1")
        figures.append(f"keys of epoch 1 after {time.monotonic() - began:.1f} s")
        ping_all_of(there, wire, cluster, reached()[0], here)
        demand(len(membership.records.present()) == 2, "the sponsor is a member still")


def ping_all_of(there, wire, cluster, relation, here):
    before = wire.peer.count("pong")
    upkeep.start_probe(wire.peer, relation, time.monotonic())
    here.run(lambda: wire.peer.count("pong") > before, 5, f"a pong of {there.name}")
    there.call("ping", row_of(there, cluster, wire.peer.name)["peer"], "-c", "1")


CASES = [
    ("Python joins a cluster of two: the member shows", the_member_shows_the_offer),
    ("Python joins a cluster of two: the newcomer shows", the_newcomer_shows_the_offer),
    ("the sponsor leaves: keys of the next epoch", the_sponsor_leaves),
]
