"""`make bench`: runs each benchmark in turn and prints what it prints, a JSON line a figure. About ten minutes on an idle
machine; docs/benchmarks.md says what each should reach. Names as arguments choose some: bus, api, planner."""

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCHES = {
    "planner": [["bench/planner/planner_bench"]],
    "bus": [["bench/bus/bus_bench", *arguments.split()] for arguments in
            ("latency 500 60", "latency 2000 60", "relay 200000", "relay 200000 compacted", "inbox 200000")],
    "api": [["bench/api/api_bench"]],
}


def main():
    chosen = sys.argv[1:] or list(BENCHES)
    unknown = sorted(set(chosen) - set(BENCHES))
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}: choose from {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    print(f"# {platform.machine()}, {os.cpu_count()} processors, load average {load:.1f}"
          + ("" if load < 0.5 else ": not idle, so the figures say little"), flush=True)
    environment = {**os.environ, "SLUICE_LOG_LEVEL": "error"}
    failed = [command for name in chosen for command in BENCHES[name]
              if subprocess.run([ROOT / "bazel-bin" / command[0], *command[1:]], env=environment, check=False).returncode]
    for command in failed:
        print(f"failed: {' '.join(command)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
