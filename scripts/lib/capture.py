# SPDX-License-Identifier: Apache-2.0
"""What goes over the wire of a host of the laboratory, as tshark understands it."""
import contextlib
import os
import signal
import subprocess
import threading
import time

from report import Failure
from spockex_nodes import wait_until


class Capture:
    """What a host's interfaces carry, decoded by tshark at the end."""

    def __init__(self, prefix, host, folder):
        self.file = os.path.join(folder, f"{host}.pcapng")
        self.process = subprocess.Popen(
            [*prefix, "tshark", "-q", "-i", "any", "-w", self.file],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.begun = threading.Event()
        self.said = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            if not self.begun.wait(20):
                raise Failure("tshark does not capture: " + " ".join(self.said))
            wait_until(lambda: os.path.exists(self.file) and os.path.getsize(self.file), 10,
                       "tshark's file")
        except BaseException:
            self.end()
            raise

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line.strip())
            if line.startswith("Capturing on"):
                self.begun.set()
        self.process.stderr.close()

    def end(self):
        time.sleep(0.3)     # the kernel hands packets over in blocks
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join()

    def fields(self, wanted, *names):
        """One tuple of the fields for each packet that fits."""
        command = ["tshark", "-r", self.file, "-Y", wanted, "-T", "fields"]
        for name in names or ("frame.number",):
            command += ["-e", name]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"tshark -Y '{wanted}': {done.stderr.strip()}")
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def must_have(self, what, wanted):
        found = self.fields(wanted)
        if not found:
            raise Failure(f"no packet is: {what} ({wanted})")
        return len(found)

    def must_be_well_formed(self):
        """Of the protocols that others define as well. The nodes' own packets are none of them:
        behind a router that chose the port of some other protocol, tshark takes them for that."""
        bad = self.fields("(_ws.malformed && (tcp || udp.port in {1900, 3478, 3479, 5351})) || "
                          "(udp.port==5351 && !nat-pmp && !portcontrol)",
                          "frame.number", "_ws.col.Info")
        if bad:
            raise Failure(f"malformed packets: {bad}")


@contextlib.contextmanager
def capturing(prefix, host, folder):
    capture = Capture(prefix, host, folder)
    try:
        yield capture
    finally:
        capture.end()
