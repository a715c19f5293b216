# SPDX-License-Identifier: Apache-2.0
"""What people take back or refuse across a bridge: chapters of scripts/test-two-clusters."""
import time

from bridges import (
    SEE_SECONDS, across, all_true, allow, give_cards, is_reached, need, open_bridges, seen_by)
from groups import cluster_of
from raw_api import call
from spockex_nodes import REFUSED, rest, wait_until

CLOSE_SECONDS = 2.0


def shows(node, bridge, name):
    """Whether a node sees a card of that name, or does not answer."""
    names = seen_by(node, bridge)
    return names is None or name in names


def cards_of(node, bridge, side):
    """The rows of the cards that were given or are seen, by name."""
    status, report = call(node, f"/v1/bridges/{bridge}")
    need(status == 200, f"{node.name} does not know the bridge: {report}")
    return {row["name"]: row for row in report[side]}


def refused(node, code, *arguments):
    """A command that is refused for good with that code; the error."""
    answer = node.run(*arguments)
    error = answer.last.get("error") or {}
    need((answer.code, error.get("code")) == (REFUSED, code),
         f"{node.name}, {answer.line}: exit {answer.code}, {answer.output}")
    return error


def refused_ping(node, name, *wanted):
    """A ping of somebody who is seen alone: told so, and what is missing."""
    error = refused(node, "notFound", "ping", name)
    need("may not talk yet" in error["message"], f"{node.name} pings {name}: {error}")
    need(all(text in error["hint"] for text in wanted), f"{node.name} pings {name}: {error}")


def await_talk(one, other):
    """Waits until the two, who have cards, ping each other; the seconds."""
    began = time.monotonic()
    for node, name in ((one, other.name), (other, one.name)):
        wait_until(lambda: is_reached(node, name), SEE_SECONDS, f"{node.name} to ping {name}")
    return time.monotonic() - began


def deny(story):
    """Fay takes her card back and gives it again: gone meanwhile, and then the same person."""
    bridge, (cem, fay) = story.bridges["first"], story.some("Cem", "Fay")
    former = cards_of(cem, bridge, "seen")["Fay"]["id"]
    began = time.monotonic()
    fay.ask("card", "deny", bridge)
    since = all_true(lambda node: not shows(node, bridge, "Fay") and not across(node, "Fay"),
                     story.p, SEE_SECONDS, "Fay's card to be gone over there")
    gone = max(since.values()) - began
    all_true(lambda node: "Fay" not in cards_of(node, bridge, "given"), story.q, SEE_SECONDS,
             "Fay's card to be gone on her own side")
    all_true(lambda node: not across(node), [fay], SEE_SECONDS, "Fay to have nobody across")
    error = refused(cem, "notFound", "ping", "Fay")
    need("across" not in error["message"], f"Cem is told of Fay: {error}")
    refused_ping(fay, "Cem", "Give a card of your own", f"spockex card allow {bridge[:8]}")
    all_true(lambda node: seen_by(node, bridge) == ["Dia", "Eli"], story.p, SEE_SECONDS,
             "the cards of Dia and Eli to stay")
    began = time.monotonic()
    give_cards(bridge, [fay], "--addresses")
    since = all_true(lambda node: shows(node, bridge, "Fay"), story.p, SEE_SECONDS,
                     "Fay's card to be seen again")
    again = max(since.values()) - began
    need(cards_of(cem, bridge, "seen")["Fay"]["id"] == former, "Fay's card is another person's")
    return (f"gone for all three after {gone:.2f} s; given again, seen after {again:.2f} s, "
            f"the two talk {await_talk(cem, fay):.2f} s later")


def only_seen(story):
    """Cem wants to be seen alone: nobody may talk to him, nor he to others, and both hear why."""
    bridge, (cem, fay) = story.bridges["first"], story.some("Cem", "Fay")
    began = time.monotonic()
    cem.ask("card", "allow", bridge, "--only-seen")
    since = all_true(lambda node: not across(node, "Cem" if node in story.q else None),
                     [cem, *story.q], SEE_SECONDS, "Cem to be nobody's peer across")
    seconds = max(since.values()) - began
    for node in story.q:
        row = cards_of(node, bridge, "seen").get("Cem")
        need(row and row["peer"] is None and row["policy"]["level"] == "cards",
             f"{node.name} sees of Cem {row}")
    refused_ping(cem, "Fay", "Your own card lets you be seen alone",
                 f"spockex card allow {bridge[:8]}")
    refused_ping(fay, "Cem", "for being seen alone", "only its owner can change it")
    give_cards(bridge, [cem], "--addresses")
    return (f"seen, and nobody's peer after {seconds:.2f} s; both pings refused with what is "
            f"missing; allowed again, the two talk {await_talk(cem, fay):.2f} s later")


def forbidders(node):
    """Which members of a node's cluster want no bridges, and whether that is decided."""
    report = cluster_of(node)
    return report["forbidders"], report["bridgesForbidden"]


def forbid(story):
    """One of two voters who forbids changes nothing, both close the bridge and let none be made."""
    everybody, (ada, ben, cem, fay) = story.nodes.values(), story.some("Ada", "Ben", "Cem", "Fay")
    opened = story.bridge("third", "Ben", "Eli", everybody)
    bridge = story.bridges["third"]
    allow(bridge, story.some("Ben", "Eli"), "messages")
    give_cards(bridge, [cem, fay])
    await_talk(cem, fay)
    cluster = cluster_of(ada)["cluster"]["id"]
    members = [cluster_of(node)["cluster"]["member"] for node in (ada, ben)]
    refused(cem, "notVoter", "bridge", "forbid", cluster)
    need(ada.ask("bridge", "forbid", cluster) == {"forbidden": True}, "Ada's vote is not taken")
    all_true(lambda node: forbidders(node) == (members[:1], False), story.p, SEE_SECONDS,
             "the three to know of Ada's vote")
    rest(2)
    need(all(open_bridges(node) == [bridge] for node in everybody) and is_reached(cem, "Fay"),
         "one vote of two has closed the bridge")
    began = time.monotonic()
    ben.ask("bridge", "forbid", cluster)
    since = all_true(lambda node: not open_bridges(node) and not across(node), everybody,
                     SEE_SECONDS, "nobody to list the bridge as open")
    closed = max(since.values()) - began
    need(closed <= CLOSE_SECONDS, f"it took {closed:.2f} s")
    for node in everybody:
        wanted = (sorted(members), True) if node in story.p else ([], False)
        found, is_decided = forbidders(node)
        need((sorted(found), is_decided) == wanted, f"{node.name} says {found}, {is_decided}")
    none_is_made(story, fay)
    return f"open after {opened}; closed {closed:.2f} s after the second vote; {undo(story)}"


def none_is_made(story, stranger):
    """Neither who offers nor who answers there makes a bridge."""
    offer, answer = (str(story.folder / f"forbidden-{what}.txt") for what in ("offer", "answer"))
    for node in story.p:
        error = refused(node, "bridgesForbidden", "offer", "--bridge", "--text", offer)
        need("want no bridges" in error["message"], f"{node.name} is told {error}")
    pairing = stranger.ask("offer", "--bridge", "--text", offer)["pairing"]
    for node in story.p:
        refused(node, "bridgesForbidden", "answer", offer, "--bridge", "--text", answer,
                "--no-wait")
    stranger.ask("cancel", pairing)


def undo(story):
    """Both take it back: what was closed stays so, and another one can be made."""
    for node in story.some("Ada", "Ben"):
        cluster = cluster_of(node)["cluster"]["id"]
        said = node.ask("bridge", "forbid", cluster, "--undo")
        need(said == {"forbidden": False}, f"{node.name}: {said}")
    all_true(lambda node: forbidders(node) == ([], False), story.p, SEE_SECONDS,
             "the three to know that it is taken back")
    opened = story.bridge("fourth", "Ada", "Dia", story.nodes.values())
    for node in story.nodes.values():
        need(open_bridges(node) == [story.bridges["fourth"]],
             f"{node.name} lists as open {open_bridges(node)}")
    return f"taken back, another one is open after {opened}"
