"""`make lint`: the layout, the purity of core/, the rooms, formats and protos. Exit code 1 when anything is wrong."""

import subprocess
import sys
from pathlib import Path

import protos
import reasons
import rooms
import shape
import tested
from tree import Tree

ROOT = Path(__file__).resolve().parents[2]


def complaints(tree):
    for check in (*rooms.CHECKS, *shape.CHECKS, *tested.CHECKS, *reasons.CHECKS):
        yield from check(tree)


def main():
    found = list(complaints(Tree.of_repository(ROOT)))
    found += protos.protos_are_clean(ROOT)
    for line in found:
        print(line)
    formatted = subprocess.run([ROOT / "tools" / "fmt", "--check"], check=False).returncode == 0
    print(f"lint: {len(found)} complaints{'' if formatted else ', formats differ'}")
    return 0 if not found and formatted else 1


if __name__ == "__main__":
    sys.exit(main())
