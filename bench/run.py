"""`make bench`: runs each benchmark in turn. They print a JSON line a figure, the planner's a table; docs/benchmarks.md
says what each should reach. About half an hour on an idle machine. `make bench BENCH='bus api'` takes some of them: planner,
bus, api, serverless, dedicated, restart, idle."""

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINARIES = Path(os.environ.get("SLUICE_BIN") or ROOT / "bazel-bin")
LIVE = "bench/live/live_bench.py"
BENCHES = {
    "planner": [["bench/planner/table.py", "--sluice", str(BINARIES / "cli" / "sluice")]],
    "bus": [["bench/bus/bus_bench", *arguments.split()] for arguments in
            ("latency 500 60", "latency 2000 60", "relay 200000", "relay 200000 compacted", "inbox 200000")],
    "api": [["bench/api/api_bench"]],
    "serverless": [[LIVE, "serverless"]],
    "dedicated": [[LIVE, "dedicated"]],
    "restart": [[LIVE, "restart"]],
    "idle": [[LIVE, "idle"]],
}


def run(command):
    """True when it ended well."""
    program, *arguments = command
    if program.endswith(".py"):
        # What it starts are services as they are always run, logs included.
        return subprocess.run([sys.executable, "-B", ROOT / program, *arguments], check=False).returncode == 0
    environment = {**os.environ, "SLUICE_LOG_LEVEL": "error"}
    return subprocess.run([BINARIES / program, *arguments], env=environment, check=False).returncode == 0


def main():
    chosen = sys.argv[1:] or list(BENCHES)
    unknown = sorted(set(chosen) - set(BENCHES))
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}: choose from {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    print(f"# {platform.machine()}, {os.cpu_count()} processors, load average {load:.1f}"
          + ("" if load < 0.5 else ": not idle, so the figures say little"), flush=True)
    failed = [command for name in chosen for command in BENCHES[name] if not run(command)]
    for command in failed:
        print(f"failed: {' '.join(command)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
