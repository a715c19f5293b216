# SPDX-License-Identifier: Apache-2.0
"""Commands as a person meets them: a terminal, the nodes of one case, what must be true."""
import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import time

from spockex_nodes import Failure, environment, free_ports, program, wait_until

PROMPT = "[r]etry or [c]ancel? "
TIMEOUT_SECONDS = 110  # a pairing times out after 90


class Skipped(Exception):
    """The case cannot be tried here; the message says why."""


def need(truth, what):
    if not truth:
        raise Failure(what)


def takes_signals(pid):
    """Whether a command has taken Ctrl-C over from the system; what is ignored may be inherited."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        masks = dict(line.split(":", 1) for line in status)
    return bool(int(masks["SigCgt"], 16) & 1 << signal.SIGINT - 1)


class Screen:
    """A command on a terminal of its own: what it shows, and what a person types."""

    live = []

    def __init__(self, node, *arguments):
        self.master, slave = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [program(), *arguments, "--home", str(node.home)], stdin=slave, stdout=slave,
            stderr=slave, env={**environment(), "TERM": "xterm"}, start_new_session=True)
        os.close(slave)
        Screen.live.append(self)

    def _read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self.master, 65_536)
        except OSError:  # EIO: nobody has the other end any more
            return False
        self.shown += chunk.decode(errors="replace")
        return bool(chunk)

    def wait_for(self, text, seconds):
        end = time.monotonic() + seconds
        while text not in self.shown:
            left = end - time.monotonic()
            need(left > 0, f"the screen did not show {text!r} in {seconds} s: {self.shown!r}")
            if not self._read(left) and self.process.poll() is not None:
                raise Failure(f"the command ended without {text!r}: {self.shown!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self, seconds=20):
        """The exit code and all that was shown."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                self.process.kill()
                raise Failure(f"the command did not end in {seconds} s: {self.shown!r}")
            self._read(0.1)
        while self._read(0):
            pass
        os.close(self.master)
        return self.process.returncode, self.shown


class Case:
    """The nodes of one case; names and files are its own."""

    nodes = []

    @staticmethod
    def end_all():
        """Ends what any case still runs, so that it fails soon instead of waiting."""
        for screen in Screen.live:
            if screen.process.poll() is None:
                screen.process.kill()
        for node in Case.nodes:
            with contextlib.suppress(Exception):
                node.kill()

    def __init__(self, name, folder, make):
        self.prefix = re.sub(r"[^a-z]+", "-", name.lower())[:24].strip("-")
        self.folder, self.make_node = folder, make

    def path(self, name):
        return os.path.join(self.folder, f"{self.prefix}-{name}")

    def node(self, name):
        port = free_ports(1)[0]
        node = self.make_node(f"{self.prefix}-{name}", listen=[f"127.0.0.1:{port}"])
        Case.nodes.append(node)
        return node.start()

    def codes(self, anna, bob, offer_options=()):
        """Anna offers, Bob answers and waits for nobody; the file with the answer."""
        offer, answer = self.path("offer.txt"), self.path("answer.txt")
        anna.ask("offer", "--text", offer, *offer_options)
        bob.ask("answer", offer, "--text", answer, "--no-wait")
        return answer

    def meet(self):
        anna, bob = self.node("anna"), self.node("bob")
        report = anna.ask("accept", self.codes(anna, bob), "--wait")
        wait_until(lambda: bob.status()["peers"], 20, "the other side to trust")
        return anna, bob, report["peer"]["id"]

    def prompted(self):
        """Both nodes, Bob's killed, and Anna's screen when it asks Retry or Cancel."""
        anna, bob = self.node("anna"), self.node("bob")
        answer = self.codes(anna, bob)
        bob.kill()
        screen = Screen(anna, "accept", answer)
        # What is typed before the question is shown answers nothing.
        screen.type("c\n")
        screen.wait_for(PROMPT, TIMEOUT_SECONDS)
        return anna, bob, screen
