"""One row of the table of what a stack runs."""

import signal
from dataclasses import dataclass, field
from typing import Callable

from . import ports, processes


@dataclass
class Component:
    name: str
    # The command, as late as possible: its files are there by then.
    command: Callable[[], list]
    # Is it of use yet? Called again and again, must not raise.
    ready: Callable[[], bool]
    # What must be there before it starts: folders, certificates, a formatted disk. Repeatable.
    prepare: Callable[[], None] = lambda: None
    # What its first use needs once it runs: databases, topics. Repeatable.
    complete: Callable[[], None] = lambda: None
    # name → port that it listens on
    listens: dict = field(default_factory=dict)
    env: Callable[[], dict] = dict
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: int = 60
    start_timeout_s: int = 90

    def start(self, state):
        """True when it was started, False when it ran already."""
        if processes.find(state, self.name) is not None:
            processes.wait_until(self.ready, state, self.name, self.start_timeout_s)
            self.complete()
            return False
        for name, port in self.listens.items():
            ports.require_free(name, port)
        self.prepare()
        processes.start(state, self.name, self.command(), env=self.env())
        processes.wait_until(self.ready, state, self.name, self.start_timeout_s)
        self.complete()
        return True

    def stop(self, state):
        return processes.stop(state, self.name, self.stop_signal, self.stop_timeout_s)
