# SPDX-License-Identifier: Apache-2.0
"""Nodes for the demo and the scripted tests: start them, run commands, end them, report.

Everything goes through the program itself (`--json`), as a person or another program would use it.
Python 3.9 or newer, standard library only.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from report import Failure, Report  # noqa: F401 (tests take both from here)

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS = 20
COMMAND_SECONDS = 120

# Exit codes of the program (README.md).
DONE, REFUSED, NOT_RUNNING, NOT_NOW = 0, 1, 69, 75


def program():
    """The program to test: SPOCKEX_PROGRAM, else the build of `make build`."""
    named = os.environ.get("SPOCKEX_PROGRAM")
    path = pathlib.Path(named) if named else (
        ROOT / os.environ.get("SPOCKEX_SCRATCH", ".build") / "debug" / "spockex")
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is not there. Run make build first.")
    return str(path)


def environment():
    """The environment of every command: nothing of the person's own node, no colours."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("SPOCKEX_") and k != "XDG_STATE_HOME"}
    return {**kept, "NO_COLOR": "1"}


_given_ports, _ports_lock = set(), threading.Lock()


def free_ports(count):
    """UDP ports on 127.0.0.1 that nobody has at the moment; none is given twice."""
    with _ports_lock, contextlib.ExitStack() as stack:
        ports = []
        while len(ports) < count:
            each = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            each.bind(("127.0.0.1", 0))
            port = each.getsockname()[1]
            if port not in _given_ports:
                _given_ports.add(port)
                ports.append(port)
        return ports


# Set when the program is to end: threads that wait do not see the signals of the main one.
stopping = threading.Event()


def rest(seconds):
    """Sleeps, and fails as soon as the program is to end."""
    if stopping.wait(seconds):
        raise Failure("stopped")


def wait_until(question, seconds, what, every=0.05):
    """Asks again and again; returns the first true answer, or fails after the time."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise Failure(f"waited {seconds:g} s in vain for {what}")
        rest(every)


class Answer:
    """What a command gave: exit code, the JSON objects line by line, standard error."""

    def __init__(self, arguments, code, output, errors):
        self.arguments, self.code, self.output, self.errors = arguments, code, output, errors
        self.objects = []
        for line in output.splitlines():
            try:
                self.objects.append(json.loads(line))
            except ValueError:
                raise Failure(f"{self.line}: this is not one JSON object: {line!r}") from None

    @property
    def line(self):
        return "spockex " + " ".join(self.arguments)

    @property
    def last(self):
        if not self.objects:
            raise Failure(f"{self.line}: exit {self.code} and no JSON; {self.errors.strip()}")
        return self.objects[-1]

    def expect(self, code=DONE):
        if self.code != code:
            said = self.errors.strip() or self.output.strip()
            raise Failure(f"{self.line}: exit {self.code} instead of {code}: {said}")
        return self.last


class Node:
    """One node with its own home; `prefix` puts it somewhere else (a network namespace)."""

    def __init__(self, name, folder, listen=(), options=(), prefix=()):
        self.name = name
        self.home = pathlib.Path(folder) / name
        self.listen = list(listen)
        self.options = list(options)
        self.prefix = list(prefix)
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.process = None

    @property
    def database(self):
        return self.home / "spockex.sqlite"

    @property
    def pid(self):
        return self.process.pid

    def start(self, wait=True):
        """Starts `spockex up`, and waits until it answers."""
        arguments = ["up", "--home", str(self.home), "--name", self.name]
        for endpoint in self.listen:
            arguments += ["--listen", endpoint]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, program(), *arguments, *self.options], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=environment(), start_new_session=True)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended at once (exit {self.process.returncode}):\n"
                              + self.log_end())
            return self.run("status").code == DONE
        wait_until(ready, READY_SECONDS, f"{self.name} to be ready")

    def run(self, *arguments, timeout=COMMAND_SECONDS):
        """Runs one command with `--json` against this node."""
        try:
            done = subprocess.run(
                [program(), *arguments, "--home", str(self.home), "--json"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(),
                timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"spockex {' '.join(arguments)} did not end in {timeout} s") from None
        return Answer(arguments, done.returncode, done.stdout, done.stderr)

    def ask(self, *arguments, timeout=COMMAND_SECONDS):
        """As `run`, and fails unless the exit code is 0; returns the last object."""
        return self.run(*arguments, timeout=timeout).expect()

    def begin(self, *arguments):
        """Starts a command and returns its process; `finish` collects it."""
        process = subprocess.Popen(
            [program(), *arguments, "--home", str(self.home), "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment())
        process.asked = arguments
        return process

    @staticmethod
    def finish(process, timeout=COMMAND_SECONDS):
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"spockex {' '.join(process.asked)} did not end in {timeout} s") from None
        return Answer(process.asked, process.returncode, output, errors)

    def status(self):
        return self.ask("status")

    def kill(self):
        """The end without a word: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self):
        """The orderly end; fails if the node does not end well in time."""
        code = self._end(signal.SIGTERM)
        if code != 0:
            raise Failure(f"{self.name} ended with {code} after SIGTERM:\n" + self.log_end())

    def _end(self, number):
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"{self.name} did not end within 15 s after signal {number}") from None

    def log_end(self, lines=15):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def end_well():
    """From now on SIGTERM and SIGHUP (the terminal was closed) raise SystemExit."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))


@contextlib.contextmanager
def stage(prefix="spockex-"):
    """A temporary folder and the nodes in it; all are gone afterwards, also after Ctrl-C.

    Signals come to the main thread only: a program that has stages in others calls `end_well` and
    ends their nodes itself.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main:
        end_well()
    folder = tempfile.mkdtemp(prefix=prefix)
    nodes = []

    def make(name, **options):
        nodes.append(Node(name, folder, **options))
        return nodes[-1]
    try:
        yield folder, make
    finally:
        if is_main:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        for node in nodes:
            with contextlib.suppress(Exception):
                node.kill()
        if os.environ.get("SPOCKEX_KEEP"):
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        if is_main:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def meet(offering, answering, offer_options=(), answer_options=(), timeout=60):
    """The whole meeting over text files; returns what both sides say at the end."""
    folder = offering.home.parent
    offer, answer = folder / "offer.txt", folder / "answer.txt"
    offering.ask("offer", "--text", str(offer), *offer_options)
    answering.ask("answer", str(offer), "--text", str(answer), "--no-wait", *answer_options)
    end = offering.ask("accept", str(answer), "--wait", timeout=timeout)
    other = wait_until(lambda: trusted(answering), timeout, f"{answering.name} to trust")
    return end, other


def trusted(node):
    """The one peer of a node and its cluster, or None while there is none."""
    status = node.run("status")
    if status.code != DONE or not status.last["peers"]:
        return None
    return status.last


def agreement(a, b):
    """Fails unless two nodes that met have one cluster and one safety number; returns them."""
    states = [a.status(), b.status()]
    for node, state in zip((a, b), states):
        for what, wanted in (("peers", 1), ("clusters", 1), ("pairings", 0)):
            if len(state[what]) != wanted:
                raise Failure(f"{node.name} has {len(state[what])} {what} instead of {wanted}")
    clusters = [state["clusters"][0]["id"] for state in states]
    if clusters[0] != clusters[1]:
        raise Failure(f"two clusters from one meeting: {clusters[0]} and {clusters[1]}")
    numbers = [node.ask("verify", state["peers"][0]["id"])["safetyNumber"]
               for node, state in zip((a, b), states)]
    if numbers[0] != numbers[1]:
        raise Failure(f"two safety numbers: {numbers[0]} and {numbers[1]}")
    return clusters[0], numbers[0]


def ping(node, peer=None, count=1):
    """Round trips in milliseconds; fails if none came back."""
    peer = peer or node.status()["peers"][0]["id"]
    answer = node.run("ping", peer, "-c", str(count))
    if answer.code != DONE:
        said = answer.errors.strip() or answer.output.strip()
        raise Failure(f"{node.name} gets no answer to a ping (exit {answer.code}): {said}")
    return answer.objects
