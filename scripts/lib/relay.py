# SPDX-License-Identifier: Apache-2.0
"""A wire between two nodes on 127.0.0.1 that keeps a copy of every datagram."""
import select
import socket
import threading
import time


class Relay:
    """Stands for Ada towards Ben and for Ben towards Ada, each with one socket.

    Ada is told that Ben is at `ben`, and Ben that Ada is at `ada`; what arrives at one socket is
    sent on from the other. `recorded` holds (receiver's port, bytes) in order.
    """

    def __init__(self, ada_port, ben_port):
        self.real = {"Ada": ("127.0.0.1", ada_port), "Ben": ("127.0.0.1", ben_port)}
        self.sockets = {}
        for name in self.real:
            each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            each.bind(("127.0.0.1", 0))
            self.sockets[name] = each
        self.recorded = []
        self.forwarding = True
        self._end = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def place(self, name):
        """Where this node seems to be, as `ip:port`."""
        return "127.0.0.1:%d" % self.sockets[name].getsockname()[1]

    def _run(self):
        # The socket that stands for Ben receives what Ada sends, and the other way round.
        ways = {self.sockets["Ben"]: ("Ada", "Ben"), self.sockets["Ada"]: ("Ben", "Ada")}
        while not self._end:
            for each in select.select(list(ways), [], [], 0.1)[0]:
                sender, receiver = ways[each]
                data, source = each.recvfrom(65536)
                if source != self.real[sender] or not self.forwarding:
                    continue
                self.recorded.append((receiver, data))
                self.sockets[sender].sendto(data, self.real[receiver])

    def send_as(self, sender, data):
        """Sends to the other one from the place where this one seems to be."""
        receiver = "Ben" if sender == "Ada" else "Ada"
        self.sockets[sender].sendto(data, self.real[receiver])

    def quiet_since(self, seconds, limit=10):
        """Waits until nothing has passed for this long."""
        count, since, end = len(self.recorded), time.monotonic(), time.monotonic() + limit
        while time.monotonic() - since < seconds and time.monotonic() < end:
            if len(self.recorded) != count:
                count, since = len(self.recorded), time.monotonic()
            time.sleep(0.02)

    def close(self):
        self._end = True
        self._thread.join()
        for each in self.sockets.values():
            each.close()
