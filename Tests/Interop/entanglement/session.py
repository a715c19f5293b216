# SPDX-License-Identifier: Apache-2.0
"""Sessions: counters, the replay window, binary packets and frames (section 7)."""
import struct

from . import Bad, endpoints
from .endpoints import Reader
from .noise import seal, unseal

WINDOW = 8128
LIFE_SECONDS = 180
PING, PONG, CHALLENGE, CHALLENGE_ANSWER, ADDRESSES, ADDRESSES_ANSWER, FORGET, FORGET_ANSWER = (
    range(1, 9))


class ReplayWindow:
    """Which counters were accepted; nothing older than 8,128 below the highest."""

    def __init__(self):
        self.highest, self.seen = None, set()

    def is_new(self, counter):
        if self.highest is None:
            return True
        return counter > self.highest - WINDOW and counter not in self.seen

    def accept(self, counter):
        self.seen.add(counter)
        if self.highest is None or counter > self.highest:
            self.highest = counter
            self.seen = {each for each in self.seen if each > counter - WINDOW}


class Session:
    """One pair of transport keys, one side of it."""

    def __init__(self, initiator, own, peer, send_key, receive_key, made):
        self.initiator, self.own, self.peer = initiator, own, peer
        self.send_key, self.receive_key = send_key, receive_key
        self.made, self.confirmed = made, initiator
        self.counter, self.window = 0, ReplayWindow()
        self.peer_trusts = False
        self.crossed = False  # its handshake and one of the other side overlapped

    def alive(self, now):
        return now < self.made + LIFE_SECONDS

    def next_counter(self):
        self.counter += 1
        return self.counter - 1

    def seal_message(self, plain):
        """For messages 3 and 4: the counter and the sealed bytes."""
        counter = self.next_counter()
        return counter, seal(self.send_key, counter, plain)

    def open_message(self, counter, sealed):
        if not self.window.is_new(counter):
            raise Bad("a counter again")
        plain = unseal(self.receive_key, counter, sealed)
        self.window.accept(counter)
        return plain

    def packet(self, frame):
        counter = self.next_counter()
        header = struct.pack(">B3xIQ", 0x81, self.peer, counter)
        return header + seal(self.send_key, counter, frame, header)

    def open_packet(self, packet):
        counter = packet_counter(packet)
        if not self.window.is_new(counter):
            raise Bad("a counter again")
        frame = unseal(self.receive_key, counter, packet[16:], packet[:16])
        self.window.accept(counter)
        return frame


def packet_index(packet):
    if len(packet) < 32 or packet[:4] != b"\x81\0\0\0":
        raise Bad("no binary packet")
    return int.from_bytes(packet[4:8], "big")


def packet_counter(packet):
    return int.from_bytes(packet[8:16], "big")


def echo_frame(sort, token, seen):
    """Frames 1 to 4: a token of 8 bytes and where the sender sees the receiver."""
    return bytes([sort]) + token + endpoints.encode(seen)


def addresses_frame(sequence, hosts):
    return struct.pack(">BI", ADDRESSES, sequence) + endpoints.encode_list(hosts)


def read_frame(frame):
    """(type, values) of a frame; None for one without a meaning."""
    if not frame or not PING <= frame[0] <= FORGET_ANSWER:
        return None
    reader, sort = Reader(frame[1:]), frame[0]
    if sort <= CHALLENGE_ANSWER:
        values = (reader.take(8), reader.endpoint())
    elif sort == ADDRESSES:
        values = (reader.number(4), reader.endpoints())
    elif sort == ADDRESSES_ANSWER:
        values = (reader.number(4),)
    else:
        values = ()
    reader.end()
    return sort, values
