# SPDX-License-Identifier: Apache-2.0
"""Sockets for peers, with faults on purpose and a record of everything that went by."""
import dataclasses
import heapq
import itertools
import random
import re
import select
import socket
import time

_KINDS = ((rb'\{"request":110,', "110"), (rb'\{"response":200,"request":120,', "120"),
          (rb'\{"response":200,"request":130,', "130"), (rb'\{"response":200,"pid"', "4"),
          (rb'\{"response":(4\d\d),', None))


def kind_of(data):
    """"110", "120", "130", "4", "400", "409", "410", "packet" or "other"."""
    if data[:1] == b"\x81":
        return "packet"
    for pattern, kind in _KINDS:
        match = re.match(pattern, data)
        if match:
            return kind or match.group(1).decode()
    return "other"


@dataclasses.dataclass
class Passed:
    """One datagram that went over the wire."""
    at: float
    way: str
    kind: str
    data: bytes
    other: tuple
    socket: int


class Faults:
    """Loss, duplication and delay of datagrams, the same for the same seed."""

    def __init__(self, seed, loss=0.0, double=0.0, late=0.0, late_seconds=0.15):
        self.random = random.Random(seed)
        self.loss, self.double, self.late, self.late_seconds = loss, double, late, late_seconds

    def fates(self):
        """The delays of the copies that arrive."""
        if self.random.random() < self.loss:
            return []
        copies = 2 if self.random.random() < self.double else 1
        return [self.random.uniform(0, self.late_seconds)
                if self.random.random() < self.late else 0.0 for _ in range(copies)]


class Wire:
    """One peer on one socket; it may get more sockets, and change the one it uses."""

    def __init__(self, peer, faults=None, host="127.0.0.1"):
        self.peer, self.faults, self.host = peer, faults, host
        self.sockets, self.current = [], 0
        self.trace = []
        self.drop = lambda way, kind, data: False
        self.before_receive = lambda kind, data, source: None
        self._late, self._number = [], itertools.count()
        self.add_socket()

    def add_socket(self):
        """Opens one more socket and returns its number."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.bind((self.host, 0))
        opened.setblocking(False)
        self.sockets.append(opened)
        return len(self.sockets) - 1

    def endpoint(self, number=None):
        name = self.sockets[self.current if number is None else number].getsockname()
        return name[0], name[1]

    def close(self):
        for each in self.sockets:
            each.close()

    def put(self, data, destination, via=None):
        """Sends past the peer and past the faults; for forged and broken datagrams."""
        number = self.current if via is None else via
        self._record("out", data, destination, number)
        self.sockets[number].sendto(data, destination)

    def step(self, now):
        self.peer.tick(now)
        self._flush(now)
        for number, each in enumerate(self.sockets):
            while True:
                try:
                    data, source = each.recvfrom(65536)
                except (BlockingIOError, ConnectionRefusedError):
                    break
                self._arrive(data, source[:2], number, now)
        while self._late and self._late[0][0] <= now:
            _, _, way, data, other, number = heapq.heappop(self._late)
            if way == "out":
                self._deliver_out(data, other, number)
            else:
                self._deliver_in(data, other, number, now)
        self._flush(now)

    def _flush(self, now):
        outbox, self.peer.outbox = self.peer.outbox, []
        for data, destination, via in outbox:
            number = self.current if via is None else via
            if self.drop("out", kind_of(data), data):
                continue
            self._record("out", data, destination, number)
            for delay in self.faults.fates() if self.faults else (0.0,):
                if delay:
                    self._later(now + delay, "out", data, destination, number)
                else:
                    self._deliver_out(data, destination, number)

    def _arrive(self, data, source, number, now):
        if self.drop("in", kind_of(data), data):
            return
        self._record("in", data, source, number)
        for delay in self.faults.fates() if self.faults else (0.0,):
            if delay:
                self._later(now + delay, "in", data, source, number)
            else:
                self._deliver_in(data, source, number, now)

    def _later(self, at, way, data, other, number):
        heapq.heappush(self._late, (at, next(self._number), way, data, other, number))

    def _deliver_out(self, data, destination, number):
        try:
            self.sockets[number].sendto(data, destination)
        except ConnectionRefusedError:
            pass  # an ICMP for an earlier datagram

    def _deliver_in(self, data, source, number, now):
        self.before_receive(kind_of(data), data, source)
        self.peer.receive(data, source, number, now)

    def _record(self, way, data, other, number):
        self.trace.append(Passed(time.monotonic(), way, kind_of(data), data, other, number))

    def kinds(self, way, since=0):
        return [each.kind for each in self.trace[since:] if each.way == way]


def run(wires, until, seconds):
    """Lets the peers live until something is so; says whether it came to be."""
    end = time.monotonic() + seconds
    while True:
        now = time.monotonic()
        for wire in wires:
            wire.step(now)
        if until():
            return True
        if now >= end:
            return False
        select.select([each for wire in wires for each in wire.sockets], [], [], 0.01)
