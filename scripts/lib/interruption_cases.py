# SPDX-License-Identifier: Apache-2.0
"""Cases of `scripts/test-commands`: Ctrl-C at moments that are hard to hit."""
import os
import signal
import subprocess

from spockex_nodes import environment, program, wait_until
from terminal import need, takes_signals

FIRST_MOMENTS = 60


def ctrl_c_while_offer_waits(case):
    anna = case.node("anna")
    png = case.path("offer.png")

    def beside():
        return [name for name in os.listdir(case.folder) if name.startswith(os.path.basename(png))]
    os.kill(anna.pid, signal.SIGSTOP)
    try:
        # `--cluster` would ask for the status first; `--private` asks for nothing.
        asking = anna.begin("offer", "--private", "--png", png)
        wait_until(beside, 10, "the file to be opened")
        asking.send_signal(signal.SIGINT)
        ended = anna.finish(asking, timeout=20)
    finally:
        os.kill(anna.pid, signal.SIGCONT)
    need((ended.code, ended.last["error"]["code"]) == (75, "interrupted"),
         f"exit {ended.code}: {ended.output}")
    need("spockex pairings" in ended.errors, f"no word about the pairing: {ended.errors}")
    need(not beside(), f"left behind: {beside()}")


def ctrl_c_at_the_first_moment(case):
    """The signal comes while the command is taking signals over from the system."""
    anna = case.node("anna")
    os.kill(anna.pid, signal.SIGSTOP)
    try:
        for attempt in range(FIRST_MOMENTS):
            asking = anna.begin("offer", "--private")
            while not takes_signals(asking.pid):
                need(asking.poll() is None, "the command ended by itself")
            asking.send_signal(signal.SIGINT)
            ended = anna.finish(asking, timeout=5)
            need((ended.code, ended.last["error"]["code"]) == (75, "interrupted"),
                 f"start {attempt}: exit {ended.code}: {ended.output}")
    finally:
        os.kill(anna.pid, signal.SIGCONT)
    return f"{FIRST_MOMENTS} starts"


def ctrl_c_while_offer_prints(case):
    """The pipe is full, so that the command hangs after the node has answered."""
    anna = case.node("anna")
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writing, True)
    asking = subprocess.Popen(
        [program(), "offer", "--home", str(anna.home), "--json"], stdin=subprocess.DEVNULL,
        stdout=writing, stderr=subprocess.DEVNULL, env=environment())
    os.close(writing)
    try:
        wait_until(lambda: anna.ask("pairings")["pairings"], 20, "the pairing")
        threads = f"/proc/{asking.pid}/task"
        wait_until(lambda: any("pipe_write" in open(f"{threads}/{thread}/wchan").read()
                               for thread in os.listdir(threads)), 20, "the command to hang")
        asking.send_signal(signal.SIGINT)
        code = asking.wait(20)
        need(code == -signal.SIGINT, f"exit {code} after Ctrl-C")
    finally:
        os.close(reading)
        asking.kill()
        asking.wait()
