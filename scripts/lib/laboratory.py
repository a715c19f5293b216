# SPDX-License-Identifier: Apache-2.0
"""Small internets out of network namespaces (scripts/natlab), and nodes inside them."""
import concurrent.futures
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import traceback

from report import Failure
from spockex_nodes import ROOT, end_well, rest, stopping

# Obstacles that no waiting removes (docs/REACHABILITY.md).
CERTAIN = {"noNetwork", "noCommonFamily", "noUDP", "bothRandom"}
NATLAB = str(ROOT / "scripts/natlab/natlab")
_labs = itertools.count()
_standing = set()     # the names of laboratories that were begun and not taken down
STUN = ["--ipgetter", "203.0.113.10:3478", "--ipgetter", "203.0.113.11:3478"]


class Events:
    """Follows a node's events and notes when each line came."""

    def __init__(self, node):
        self.lines = []
        self.process = node.begin("events", "--follow")
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), json.loads(line)))

    def first(self, kind, after=0):
        for at, event in list(self.lines):
            if event["kind"] == kind and at >= after:
                return at
        return None

    def end(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


def natlab(lab, *arguments, apart=False):
    """Runs one command of natlab; `apart`: where Ctrl-C in the terminal does not reach it."""
    done = subprocess.run([NATLAB, "-l", lab, *arguments], capture_output=True, text=True,
                          start_new_session=apart)
    if done.returncode:
        raise Failure(f"natlab {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def deaf():
    """Ctrl-C, SIGTERM and SIGHUP do nothing meanwhile; they come to the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, signal.SIG_IGN)
              for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def laboratory(topology, name="spockex"):
    lab = f"{name}{os.getpid()}x{next(_labs)}"
    _standing.add(lab)
    try:
        natlab(lab, "up", "-q", *topology)
        yield lab
    finally:
        with deaf():
            natlab(lab, "down", apart=True)
            _standing.discard(lab)


def inside(lab, host):
    return [NATLAB, "-l", lab, "exec", host, "--"]


@contextlib.contextmanager
def following(*nodes):
    events = [Events(node) for node in nodes]
    try:
        yield events
    finally:
        for each in events:
            each.end()


def side_by_side(report, cases, jobs):
    """Runs tests in threads, `(what, test, arguments)` each, so many at once; each has its own laboratory.

    When the program is to end (Ctrl-C, SIGTERM), the threads end at their next rest, and nothing
    of their laboratories is left.
    """
    end_well()
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=jobs)
    try:
        running = [pool.submit(_run, report, *case) for case in cases]
        for done in concurrent.futures.as_completed(running):
            done.result()
    except BaseException:
        stopping.set()
        raise
    finally:
        with deaf():
            pool.shutdown(cancel_futures=True)
            for lab in sorted(_standing):
                with contextlib.suppress(Failure):
                    natlab(lab, "down", apart=True)
            _standing.clear()


def _run(report, what, test, arguments):
    """One test; whatever it raises is a line of the report, and the others go on."""
    with report.check(what) as figures:
        try:
            test(figures, *arguments)
        except Failure:
            raise
        except Exception as error:
            raise Failure("".join(traceback.format_exception(
                type(error), error, error.__traceback__)).strip()) from error


def what_is_missing():
    """Why there can be no laboratory on this machine, in words; None: there can."""
    if os.geteuid() != 0:
        return "needs root"
    lacking = [tool for tool in ("ip", "nft") if not shutil.which(tool)]
    if lacking:
        return f"needs {' and '.join(lacking)}"
    try:
        with laboratory(["two-public"], "spockexprobe"):
            return None
    except Failure as failure:
        return f"no network namespaces here: {failure}"


def peer_named(node, name):
    """The row of a peer in `status`, by the name that it gave itself; None: there is none."""
    return next((row for row in node.status()["peers"] if row["name"] == name), None)


def introduce(offering, answering, folder, seconds, options=()):
    """A meeting by text files: the seconds from the call of `accept` until both trust, or None; and
    the error that ended it, if one did."""
    tag = f"{offering.name}-{answering.name}"
    offer, answer = folder / f"{tag}-offer.txt", folder / f"{tag}-answer.txt"
    offering.ask("offer", "--text", str(offer), *options)
    answered = answering.run("answer", str(offer), "--text", str(answer), "--no-wait", *options)
    if answered.code:
        return None, answered.last["error"]
    began = time.monotonic()
    accepted = offering.run("accept", str(answer), "--no-wait")
    if accepted.code:
        return None, accepted.last["error"]

    while time.monotonic() < began + seconds:
        if peer_named(offering, answering.name) and peer_named(answering, offering.name):
            return time.monotonic() - began, None
        if not options and cause(offering) in CERTAIN and cause(answering) in CERTAIN | {None}:
            break
        rest(0.1)
    return None, None


def cause(node):
    """Why the only pairing of a node has not succeeded, as its code; None: nothing is said."""
    rows = node.status()["pairings"]
    return (rows[0].get("cause") or {}).get("code") if rows else None
