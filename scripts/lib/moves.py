# SPDX-License-Identifier: Apache-2.0
"""What is seen of hosts that get other addresses in a laboratory (scripts/natlab)."""
import json
import subprocess
import sys
import threading

from laboratory import inside, natlab, peer_named

# Prints when a datagram came by, on whatever interface, its IPv4 source and destination, and the
# source's port.
SNIFFER = """
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
print("ready", flush=True)
while True:
    data = s.recv(2048)
    at = time.monotonic()
    if data[9] == 17:
        head = 4 * (data[0] & 15)
        ends = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
        print(f"{at} {' '.join(ends)} {int.from_bytes(data[head:head + 2], 'big')}", flush=True)
"""


# The laboratory's servers; a router that opens ports asks them by itself where it is.
SERVERS = "203.0.113."
# The port of a node that is told none; a home router keeps it, and asks by other ones itself.
PORT = 41414


class Packets:
    """Notes when datagrams passed through the internet of a laboratory, from where and where to,
    and from which port."""

    def __init__(self, lab):
        self.seen = []
        self.process = subprocess.Popen(
            [*inside(lab, "inet"), sys.executable, "-c", SNIFFER],
            stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            if not line.endswith("\n"):
                break  # the sniffer was killed in the middle of it
            at, source, target, port = line.split()
            self.seen.append((float(at), source, target, int(port)))

    def first(self, source, after):
        """When the first one from there to another host passed; None: none did."""
        return next((at for at, who, target, _ in list(self.seen)
                     if who == source and at >= after and not target.startswith(SERVERS)), None)

    def first_own(self, source, after):
        """The same of the first one of any kind of the node there: also its question to a server
        (the IPgetter's), but not its router's."""
        return next((at for at, who, target, port in list(self.seen)
                     if who == source and at >= after
                     and (port == PORT or not target.startswith(SERVERS))), None)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


def external(lab, host):
    return json.loads(natlab(lab, "info", host))["external_ipv4"]


def sees(node, other, address):
    """Whether a node is connected to another one at that address."""
    row = peer_named(node, other.name)
    endpoint = (row["path"] or {}).get("endpoint") or ""
    return row["state"] == "connected" and endpoint.startswith(address + ":")


def found_at(events, address, began):
    """When the first event says that somebody is reached at that address; None: none does."""
    for at, event in list(events.lines):
        if (at >= began and event["kind"] in ("peerMoved", "peerConnected")
                and event["endpoint"].startswith(address + ":")):
            return at
    return None
