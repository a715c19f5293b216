# SPDX-License-Identifier: Apache-2.0
"""Bad input gets exactly what the table of section 5.7 says."""
import dataclasses
import secrets
import time

from entanglement import handshake, messages, text
from entanglement.messages import Content3
from entanglement.session import PING, echo_frame

from .world import demand, of_kind, world


def _remade(relation, front):
    """A right MAC over other bytes."""
    return messages.authenticated(relation.meeting.send_mac, front)


def _front(data):
    return data[:data.rindex(b',"mac"')]


def _flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def _forged_mac(data):
    """The same message with another MAC that is well-formed base64."""
    at = data.rindex(b'"mac":"') + 7
    return data[:at] + (b"A" if data[at:at + 1] != b"A" else b"B") + data[at + 1:]


def _attempt(here, wire, relation, **options):
    return handshake.make_attempt(wire.peer, relation, time.monotonic(), **options)


def message_1_with_a_wrong_mac_or_shape(make, folder, figures):
    with world(make, folder, "Sp-h1") as here:
        wire, relation, row = here.met("Py-h1")
        data = _attempt(here, wire, relation).data
        front = _front(data)
        n = text.scan(data, text.MESSAGES)["n"]
        stranger = data.replace(relation.peer_pid.encode(), relation.pid.encode())
        wrong = {
            "a wrong MAC": _forged_mac(data),
            "a stranger's pid": _remade(relation, _front(stranger)),
            "a space after a comma": _remade(relation, front.replace(b',"n"', b', "n"')),
            "an integer with a leading zero": _remade(
                relation, front.replace(b'"n":%d' % n, b'"n":0%d' % n)),
            "an upper-case pid": _remade(relation, front.replace(
                relation.peer_pid.encode(), relation.peer_pid.upper().encode())),
            "a doubled key": _remade(relation, front.replace(b'"n":', b'"n":1,"n":')),
            "a key more": _remade(relation, front + b',"x":1'),
            "keys in another order": _remade(
                relation, front.replace(b'"request":110,', b"").replace(
                    b'","from"', b'","request":110,"from"')),
            "n of 2^53": _remade(relation, front.replace(b'"n":%d' % n, b'"n":%d' % (1 << 53))),
            "from of 2^32": _remade(relation, front.replace(
                b'"from":%d' % text.scan(data, text.MESSAGES)["from"], b'"from":4294967296')),
            "a line feed at the end": data + b"\n",
            "a byte missing": data[:-1],
            "padding in the base64": _remade(relation, front[:-1] + b'="'),
            "1,233 bytes": data + b" " * (1233 - len(data)),
            "19 bytes": data[:19],
            "a first byte of nobody": b"\x80" + data[1:],
        }
        for what, bytes_ in wrong.items():
            demand(bytes_ != data, f"{what} is not wrong")
            here.silent(wire, bytes_, what)
        here.one(wire, data, "120", "the right message after all this")
        figures.append(f"{len(wrong)} kinds of it")


def _resealed(here, wire, relation, change):
    return _attempt(here, wire, relation, change=change)


def message_1_with_wrong_content(make, folder, figures):
    with world(make, folder, "Sp-h2") as here:
        wire, relation, row = here.met("Py-h2")
        good = _attempt(here, wire, relation)
        place = good.data.index(b'"payload":"') + 60
        broken = bytearray(_front(good.data))
        broken[place] = ord("A") if broken[place] != ord("A") else ord("B")
        told = here.one(wire, _remade(relation, bytes(broken)), "400", "a broken seal")
        demand(told["n"] == good.n, "the 400 has another n")
        here.one(wire, good.data, "120", "the same n with a right seal")
        host = b"\x04\x7f\x00\x00\x01\x10\x00"
        wrong = {
            "another n inside": lambda c: c[:1] + bytes(8) + c[9:],
            "another from inside": lambda c: c[:9] + bytes(4) + c[13:],
            "an unknown flag": lambda c: b"\x03" + c[1:],
            "intent 6": lambda c: c[:13] + b"\x06" + c[14:],
            "five match values": lambda c: c[:14] + b"\x05" + bytes(40) + c[15:],
            "nine endpoints": lambda c: c[:15] + b"\x09" + host * 9,
            "an endpoint of family 5": lambda c: c[:15] + b"\x01\x05" + host[1:],
            "an IPv4-mapped endpoint": lambda c: (
                c[:15] + b"\x01\x06" + bytes(10) + b"\xff\xff\x7f\0\0\x01\x10\0"),
            "a byte after the list": lambda c: c + b"\0",
            "content that ends too early": lambda c: c[:-1],
        }
        for what, change in wrong.items():
            attempt = _resealed(here, wire, relation, change)
            told = here.one(wire, attempt.data, "400", what)
            demand(told["n"] == attempt.n, f"{what}: the 400 has another n")
        sizes = {len(each.data) for each in of_kind(wire, "in", "400")}
        figures.append(f"{len(wrong) + 1} kinds of it, a 400 of {sorted(sizes)} bytes")
        demand(len(sizes) == 1, f"400s of different sizes: {sizes}")
        _padding(here, wire, relation)
        here.pings(wire, relation, row)


def _padding(here, wire, relation):
    """One byte of the padding is not zero."""
    pad = messages.pad
    messages.pad = lambda content, size: pad(content, size)[:-1] + b"\x01"
    try:
        attempt = _attempt(here, wire, relation)
    finally:
        messages.pad = pad
    here.one(wire, attempt.data, "400", "padding that is not zero")


def replays_of_messages_1(make, folder, figures):
    """The slot's own message 2 again; without a slot a 409; then silence."""
    with world(make, folder, "Sp-h3") as here:
        wire, relation, row = here.met("Py-h3")
        attempt = _attempt(here, wire, relation)
        first = here.replies(wire, attempt.data)
        again = here.replies(wire, attempt.data)
        demand([each.kind for each in first + again] == ["120", "120"], "no message 2 twice")
        demand(first[0].data == again[0].data, "message 2 differs the second time")
        late = here.replies(wire, attempt.data, via=wire.add_socket())
        demand(late and late[0].socket == 1, "message 2 does not go to the source")
        here.live(10)
        told = here.one(wire, attempt.data, "409", "message 1 after its slot is gone")
        demand(told["have"] == attempt.n and told["n"] == attempt.n, "other numbers in the 409")
        here.silent(wire, attempt.data, "the same once more")
        here.pings(wire, relation, row)


def bad_packets_get_silence(make, folder, figures):
    with world(make, folder, "Sp-h4") as here:
        wire, relation, row = here.met("Py-h4")
        session = relation.current_session(time.monotonic())
        ping = echo_frame(PING, bytes(8), here.endpoint)
        packet = session.packet(ping)
        wrong = {
            "a wrong tag": _flipped(packet, len(packet) - 1),
            "another counter": _flipped(packet, 15),
            "a reserved byte": _flipped(packet, 2),
            "an unknown index": packet[:4] + secrets.token_bytes(4) + packet[8:],
            "a packet without a frame's end": packet[:31],
            "an unknown type": session.packet(b"\x63" + bytes(20)),
            "an empty plaintext": session.packet(b""),
            "a ping too short": session.packet(ping[:-1]),
            "a ping too long": session.packet(ping + b"\0"),
        }
        for what, data in wrong.items():
            here.silent(wire, data, what)
        here.one(wire, packet, "packet", "the right packet after all this")
        here.silent(wire, packet, "a packet again")
        session.counter += 9000
        here.one(wire, session.packet(ping), "packet", "a counter far ahead")
        session.counter -= 9000
        here.silent(wire, session.packet(ping), "a counter below the window")
        session.counter += 900
        here.one(wire, session.packet(ping), "packet", "a counter just inside of the window")
        session.counter += 9000


def bad_message_3(make, folder, figures):
    """Python is initiator; one wrong message 3 after the other, then the right one."""
    with world(make, folder, "Sp-h5") as here:
        wire = here.wire("Py-h5")
        wire.drop = lambda way, kind, data: (
            way == "in" and kind == "110" or way == "out" and kind == "130")
        relation, _, answer = here.python_answers(wire, active=True)
        here.call("accept", answer, "--no-wait")
        here.run(lambda: relation.message3, 10, "message 2")
        here.quiet(wire)
        relation.message3.due, relation.active = [], False
        good = Content3.decode(relation.message3.content)
        bidi = dataclasses.replace(good, name="abc")
        wrong = {
            "a wrong signature": dataclasses.replace(good, signature=bytes(64)).encode(),
            "other member keys": dataclasses.replace(
                good, member=(secrets.token_bytes(32), good.member[1])).encode(),
            "a name with a control character": bidi.encode().replace(b"abc", b"a\x07c"),
            "a name that turns round": bidi.encode().replace(b"\x03abc", b"\x03\xe2\x80\xae"),
            "a name that is not UTF-8": bidi.encode().replace(b"abc", b"a\xffc"),
            "a byte too many": good.encode() + b"\0",
            "content too short": good.encode()[:-1],
        }
        for what, content in wrong.items():
            counter, data = _message3(relation, content)
            told = here.one(wire, data, "400", what)
            demand(told["ctr"] == counter, f"{what}: the 400 has another ctr")
            here.silent(wire, data, f"{what}, again")
        _, data = _message3(relation, good.encode())
        at = data.index(b'"payload":"') + 40
        other = b"A" if data[at:at + 1] != b"A" else b"B"
        here.silent(wire, _remade(relation, _front(data[:at] + other + data[at + 1:])),
                    "a message 3 with a broken seal")
        here.silent(wire, _forged_mac(data), "a message 3 with a wrong MAC")
        came = here.replies(wire, data)
        demand(came and came[0].kind == "4", "no message 4 to the right message 3 after all this")
        wire.drop = lambda way, kind, data: False
        here.pings(wire, relation, here.trusted(wire, relation))


def _message3(relation, content):
    waiting = relation.message3
    counter, sealed = waiting.session.seal_message(messages.pad(content, messages.MESSAGE3_PLAIN))
    return counter, messages.message3(relation.meeting.send_mac, relation.peer_pid,
                                      waiting.session.peer, counter, waiting.seen, sealed)


def bad_message_4(make, folder, figures):
    """Python is responder; its first message 4 has a wrong signature."""
    with world(make, folder, "Sp-h6") as here:
        wire = here.wire("Py-h6")
        relation, _, answer = here.python_answers(wire)
        real, spoiled = relation.own_signature, []
        relation.own_signature = lambda: spoiled.append(1) or bytes(64)
        here.call("accept", answer, "--no-wait")
        here.run(lambda: of_kind(wire, "in", "400"), 8, "a 400 for message 4")
        told = [each[2] for each in wire.peer.log if each[0] == "400"]
        demand("ctr" in told[0], f"the 400 says {told}")
        demand(not here.call("status")["peers"], "SpockEx trusts a wrong signature")
        relation.own_signature = real
        here.pings(wire, relation, here.trusted(wire, relation))


def forged_and_late_errors(make, folder, figures):
    """400, 409 and 410 without a right MAC or token, or too late, change nothing."""
    with world(make, folder, "Sp-h7") as here:
        wire, relation, row = here.met("Py-h7")
        key, pid = relation.meeting.send_mac, relation.peer_pid
        for what, data in {
                "a 400 for nothing": messages.error(key, pid, "n", 12345),
                "a 400 with a wrong MAC": messages.error(bytes(32), pid, "n", 12345),
                "a 409 for nothing": messages.stale(key, pid, 12345, (1 << 53) - 1),
                "a 409 with a wrong MAC": messages.stale(bytes(32), pid, 1, (1 << 53) - 1),
                "a 410 with a wrong token": messages.gone(bytes(16), pid),
                "a 410 without pid": messages.gone(bytes(16)),
                "the right 410 when it is confirmed": messages.gone(relation.own_gone, pid),
        }.items():
            here.silent(wire, data, what)
        here.pings(wire, relation, row)
        here.agreed(wire, relation)


def a_400_ends_an_attempt_only(make, folder, figures):
    """SpockEx's message 1 is answered with a 400; the next attempt goes through."""
    with world(make, folder, "Sp-h8") as here:
        wire = here.wire("Py-h8")
        relation, _, answer = here.python_answers(wire)
        caught = []

        def catch(way, kind, data):
            if way == "in" and kind == "110":
                caught.append(text.scan(data, text.MESSAGES)["n"])
                return True
            return False
        wire.drop = catch
        here.call("accept", answer, "--no-wait")
        here.run(lambda: caught, 8, "message 1")
        wire.put(messages.error(relation.meeting.send_mac, relation.peer_pid, "n", caught[-1]),
                 here.endpoint)
        first = caught[-1]
        here.live(2)
        wire.drop = lambda way, kind, data: False
        here.pings(wire, relation, here.trusted(wire, relation))
        numbers = [text.scan(each.data, text.MESSAGES)["n"] for each in of_kind(wire, "in", "110")]
        demand(first not in numbers, "the ended attempt goes on")


def a_flood_of_messages_1(make, folder, figures):
    """Forged ones cost nothing; of right ones ten are answered, then five a second."""
    with world(make, folder, "Sp-h9") as here:
        wire, relation, row = here.met("Py-h9")
        here.live(2)
        flood = [_attempt(here, wire, relation).data for _ in range(30)]
        for data in flood:
            wire.put(_forged_mac(data), here.endpoint)
        here.live(1)
        mark, began = len(wire.trace), time.monotonic()
        for data in flood:
            wire.put(data, here.endpoint)
        here.run(lambda: "120" in wire.kinds("in", mark), 5, "message 2")
        here.live(0.3)
        allowed = 10 + 5 * (time.monotonic() - began)
        answered = wire.kinds("in", mark).count("120")
        demand(10 <= answered <= allowed, f"{answered} of 30 were answered")
        figures.append(f"{answered} of 30 answered")
        here.live(1)
        here.one(wire, _attempt(here, wire, relation).data, "120", "one of them a second later")


CASES = [
    ("a flood of message 1 is limited", a_flood_of_messages_1),
    ("message 1 with a wrong MAC or shape: silence", message_1_with_a_wrong_mac_or_shape),
    ("message 1 with wrong content: one 400", message_1_with_wrong_content),
    ("message 1 again: the same 2, then 409, then silence", replays_of_messages_1),
    ("bad and repeated packets: silence", bad_packets_get_silence),
    ("bad message 3: one 400 each, the right one goes on", bad_message_3),
    ("bad message 4: one 400, no trust", bad_message_4),
    ("forged and late errors change nothing", forged_and_late_errors),
    ("a 400 ends one attempt and nothing else", a_400_ends_an_attempt_only),
]
