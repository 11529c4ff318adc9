"""A small process that looks after a running stack: it keeps logs bounded and renews certificates before they end.

Logs: Kafka and PostgreSQL rotate their own; the rest is output appended to logs/NAME.log. When one grows over the limit,
its last part is kept as NAME.log.1 and the file is emptied where it is: its writers append, so they go on at the start."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from .component import Component
from .failure import Failure

LIMIT_BYTES = 32 << 20
KEPT_BYTES = 4 << 20
LOGS_EACH_S = 20
IDENTITIES_EACH_S = 3600


def component(state):
    tools = Path(__file__).resolve().parents[1]
    return Component(
        name="caretaker",
        command=lambda: ["/usr/bin/python3", "-m", "stack.caretaker", state.root],
        ready=lambda: True,
        env=lambda: {"PYTHONPATH": str(tools)},
        stop_timeout_s=10,
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
    from .assembly import Stack  # it lists this module's component

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stack = Stack(sys.argv[1])
    identities_at = time.monotonic() + IDENTITIES_EACH_S
    while not stopped.wait(LOGS_EACH_S):
        try:
            trim(stack.state.path("logs"))
            if time.monotonic() > identities_at:
                identities_at = time.monotonic() + IDENTITIES_EACH_S
                for name in stack.renew():
                    print(f"renewed {name}", flush=True)
        except (OSError, Failure, subprocess.SubprocessError) as error:
            print(f"caretaker: {error}", flush=True)


if __name__ == "__main__":
    main()
