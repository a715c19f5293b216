#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The second implementation by hand: meets one node and keeps talking to it until Ctrl-C.

    entanglement_peer.py offer    shows an offer, and reads the answer from standard input
    entanglement_peer.py answer   reads an offer from standard input, and shows the answer

The node must listen on the same kind of address (`--host`, default 127.0.0.1).
"""
import argparse
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from entanglement import Bad, upkeep  # noqa: E402
from entanglement.peer import Peer  # noqa: E402
from entanglement.relation import TIMED_OUT  # noqa: E402
from entanglement.wire import Wire, run  # noqa: E402


def begin(wire, role):
    if role == "offer":
        relation = wire.peer.offer()
        print(relation.offer.decode(), flush=True)
        wire.peer.accept(relation, sys.stdin.readline().strip().encode(), time.monotonic())
    else:
        offer = sys.stdin.readline().strip().encode()
        relation = wire.peer.answer(offer, time.monotonic())
        print(relation.answer.decode(), flush=True)
    return relation


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=("offer", "answer"))
    parser.add_argument("--name", default="Python")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    wire = Wire(Peer(options.name, []), host=options.host)
    wire.peer.hosts = [wire.endpoint()]
    try:
        relation = begin(wire, options.role)
        run([wire], lambda: relation.trusts or relation.phase == TIMED_OUT, 600)
        if not relation.trusts:
            print(f"not trusted: {relation.phase}", file=sys.stderr)
            return 1
        print(f"trusted {relation.peer_name}: cluster {relation.genesis.cluster}, "
              f"safety number {relation.meeting.safety_number}", flush=True)
        while relation in wire.peer.relations:
            seen = wire.peer.count("pong")
            upkeep.start_probe(wire.peer, relation, time.monotonic())
            answered = run([wire], lambda: wire.peer.count("pong") > seen, 3)
            print("pong" if answered else "no pong", flush=True)
            run([wire], lambda: False, 5)
        return 0
    except Bad as bad:
        print(bad, file=sys.stderr)
        return 65
    except KeyboardInterrupt:
        return 0
    finally:
        wire.close()


if __name__ == "__main__":
    sys.exit(main())
