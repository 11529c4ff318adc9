"""What a long run has measured, written down as it ends: one JSON line each, below .run/ (SLUICE_TEST_RESULTS: elsewhere),
for docs/testing.md."""

import json
import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def file():
    return Path(os.environ.get("SLUICE_TEST_RESULTS") or ROOT / ".run" / "test-results.jsonl")


def write_down(name, **measured):
    line = json.dumps({"name": name, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **measured})
    print(f"\nresult: {line}", flush=True)
    file().parent.mkdir(parents=True, exist_ok=True)
    with open(file(), "a", encoding="utf-8") as results:
        results.write(line + "\n")
