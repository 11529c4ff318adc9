"""Benchmarks on a whole Sluice with real parts, each with a stack of its own: serverless, dedicated, restart, idle.

    live_bench.py NAME…      one JSON line a figure; README.md says what each measures"""

import signal
import sys

import dedicated
import idle
import restart
import serverless
from figures import Report

BENCHES = {"serverless": serverless, "dedicated": dedicated, "restart": restart, "idle": idle}


def main(names):
    if not names or set(names) - set(BENCHES):
        print(f"usage: live_bench.py NAME…; there are: {' '.join(BENCHES)}", file=sys.stderr)
        return 2
    # As an exception, so that the stack is taken down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in names:
        BENCHES[name].run(Report())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
