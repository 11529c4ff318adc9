"""A small process that keeps the logs of the others bounded: what they print has no end, a disk has.

Kafka and PostgreSQL rotate their own; the rest is output appended to logs/NAME.log. When one grows over the limit, its
last part is kept as NAME.log.1 and the file is emptied where it is: its writers append, so they go on at the start."""

import shutil
import signal
import sys
import threading
from pathlib import Path

from .component import Component

LIMIT_BYTES = 32 << 20
KEPT_BYTES = 4 << 20
PERIOD_S = 20


def component(state):
    tools = Path(__file__).resolve().parents[1]
    return Component(
        name="log-keeper",
        command=lambda: ["/usr/bin/python3", "-m", "stack.log_keeper", state.path("logs")],
        ready=lambda: True,
        env=lambda: {"PYTHONPATH": str(tools)},
        stop_timeout_s=5,
    )


def trim(folder, limit=LIMIT_BYTES, kept=KEPT_BYTES):
    """One look at every log; gives the names of those that were cut."""
    cut = []
    for path in sorted(Path(folder).glob("*.log")):
        size = path.stat().st_size
        if size <= limit:
            continue
        with open(path, "r+b") as log, open(path.with_suffix(".log.1"), "wb") as old:
            log.seek(size - kept)
            shutil.copyfileobj(log, old)
            log.truncate(0)
        cut.append(path.name)
    return cut


def main():
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(PERIOD_S):
        try:
            trim(sys.argv[1])
        except OSError as error:
            print(f"log-keeper: {error}", flush=True)


if __name__ == "__main__":
    main()
