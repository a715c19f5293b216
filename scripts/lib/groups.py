# SPDX-License-Identifier: Apache-2.0
"""Several nodes in one cluster: taking in, and whether all are connected with all."""
import itertools
import time

from laboratory import introduce, peer_named
from spockex_nodes import Failure, wait_until

MEET_SECONDS = 60


def cluster_of(node):
    """What `cluster show` says of the only cluster of a node."""
    row = node.ask("clusters")["clusters"][0]
    return node.ask("cluster", "show", row["id"])


def present(node):
    return sorted(row["name"] for row in cluster_of(node)["members"] if row["status"] == "present")


def take_in(member, newcomer, folder):
    """The member shows the offer, and says into which cluster when it scans the answer."""
    offer, answer = (folder / f"{newcomer.name}-{what}.txt" for what in ("offer", "answer"))
    member.ask("offer", "--text", str(offer))
    newcomer.ask("answer", str(offer), "--text", str(answer), "--no-wait")
    cluster = member.ask("clusters")["clusters"][0]["id"]
    member.ask("accept", str(answer), "--cluster", cluster, "--no-wait")
    wait_until(lambda: peer_named(newcomer, member.name), MEET_SECONDS,
               f"{newcomer.name} to trust {member.name}")


def is_connected(node, other):
    row = peer_named(node, other.name)
    return row is not None and row["state"] == "connected"


def pairs(nodes):
    return itertools.permutations(nodes, 2)


def all_connected(nodes):
    return all(is_connected(node, other) for node, other in pairs(nodes))


def await_all(nodes, seconds, what):
    """Waits until everybody is connected with everybody, or says who is not."""
    try:
        return wait_until(lambda: all_connected(nodes), seconds, what)
    except Failure as failure:
        apart = [f"{node.name} and {other.name}: {peer_named(node, other.name)}"
                 for node, other in pairs(nodes) if not is_connected(node, other)]
        raise Failure("\n".join([str(failure), *apart])) from failure


def gather(nodes, folder):
    """Makes one cluster of these, which the first two found; the seconds until all are connected
    with all after the last one was taken in."""
    first, second, *others = nodes
    if introduce(first, second, folder, MEET_SECONDS)[0] is None:
        raise Failure(f"{first.name} and {second.name} do not meet")
    for newcomer in others:
        take_in(first, newcomer, folder)
    began = time.monotonic()
    await_all(nodes, MEET_SECONDS, f"{', '.join(node.name for node in nodes)} to be connected")
    everybody = sorted(node.name for node in nodes)
    for node in nodes:
        wait_until(lambda: present(node) == everybody, MEET_SECONDS,
                   f"{node.name} to know all of its cluster")
    return time.monotonic() - began
