"""Processes that die at chosen steps, or are away for a while."""

import contextlib
import os
import re
import threading
from pathlib import Path

from stack import processes
from stack.failure import PORT_IN_USE, Failure

ROOT = Path(__file__).resolve().parents[2]
_KILLED = re.compile(rb"^fail point (\S+) kills$", re.MULTILINE)


def declared(room, *folders):
    """Names of all fail points `room.…` that the sources below `folders` declare: a new one is tried without a line here.
    Sorted."""
    pattern = re.compile(r'FailPoint \w+\("(' + re.escape(room) + r'\.[a-z0-9_.]+)"\)')
    names = set()
    for folder in folders:
        for source in (ROOT / folder).rglob("*.cc"):
            if not source.name.endswith("_test.cc"):
                names |= set(pattern.findall(source.read_text()))
    return sorted(names)


def died(stack, component):
    return processes.find(stack.state, component) is None


def log_of(stack, component, last_bytes=4096):
    path = stack.log(component)
    return path.read_bytes()[-last_bytes:].decode(errors="replace") if path.exists() else ""


class Reaper:
    """Runs `component` with kills at all of `steps` and starts it again after each, armed with those that are left: each
    step kills `times` times, always at its `hit`-th hit. As a context manager; `fired` tells which did. At the end it runs
    unarmed."""

    def __init__(self, stack, component, steps, times=1, hit=1):
        self.stack = stack
        self.component = component
        self.left = list(steps) * times
        self.hit = hit
        self.fired = []
        self.trouble = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._reap, name=f"reaper of {component}")
        self._log_seen = 0

    def __enter__(self):
        self.stack.stop(self.component)
        log = self.stack.log(self.component)
        self._log_seen = log.stat().st_size if log.exists() else 0
        self._start()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self.left = []
        self.stack.stop(self.component)
        self.stack.start(self.component)
        assert self.trouble is None, self.trouble

    def _reap(self):
        while not self._end.wait(0.05):
            if died(self.stack, self.component):
                if not self._note_death():
                    self.trouble = f"{self.component} ended without a fail point: {log_of(self.stack, self.component)}"
                    return
                self._start()

    def _note_death(self):
        """Which step it died of; False when the log says of none."""
        # The log's keeper writes what the process last said a little after its end.
        for _ in range(100):
            if self._read_log():
                return True
            if self._end.wait(0.05):
                return self._read_log()
        return False

    def _read_log(self):
        log = self.stack.log(self.component)
        size = log.stat().st_size
        with open(log, "rb") as text:
            # A log that was begun anew is read from its start.
            text.seek(self._log_seen if size >= self._log_seen else 0)
            killed = [name.decode() for name in _KILLED.findall(text.read())]
        self._log_seen = size
        self.fired += killed
        for step in killed:
            if step in self.left:
                self.left.remove(step)
        return bool(killed)

    def _start(self):
        os.environ["SLUICE_FAILPOINTS"] = ";".join(f"{step}=kill@{self.hit}" for step in dict.fromkeys(self.left))
        try:
            # The port of one that was just killed may take a moment to be free.
            for _ in range(50):
                try:
                    self.stack.start(self.component)
                    return
                except Failure as failure:
                    # It died of a step while it started: that is for the next look, as is anything else.
                    if failure.code != PORT_IN_USE or self._end.wait(0.1):
                        return
        finally:
            os.environ.pop("SLUICE_FAILPOINTS", None)


@contextlib.contextmanager
def stopped(stack, *components):
    """These are killed, and are not there while the block runs; started again in the stack's own order afterwards."""
    for name in components:
        stack.kill(name)
    try:
        yield
    finally:
        stack.up()
