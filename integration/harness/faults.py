"""Processes that die at a chosen step."""

import contextlib
import os
import re
from pathlib import Path

from stack import processes

from .waiting import eventually

ROOT = Path(__file__).resolve().parents[2]


def declared(room, *folders):
    """Names of all fail points `room.…` that the sources below `folders` declare: a new one is tested without a line
    here. Sorted."""
    pattern = re.compile(r'FailPoint \w+\("(' + re.escape(room) + r'\.[a-z0-9_.]+)"\)')
    names = set()
    for folder in folders:
        for source in (ROOT / folder).rglob("*.cc"):
            if not source.name.endswith("_test.cc"):
                names |= set(pattern.findall(source.read_text()))
    return sorted(names)


@contextlib.contextmanager
def armed(stack, component, spec):
    """The component restarted with SLUICE_FAILPOINTS=spec; at the end restarted without, whether it died or not."""
    stack.stop(component)
    os.environ["SLUICE_FAILPOINTS"] = spec
    try:
        stack.start(component)
    except Exception:  # noqa: BLE001 - it may die while it starts: that is the point
        if processes.find(stack.state, component) is not None:
            raise
    finally:
        del os.environ["SLUICE_FAILPOINTS"]
    try:
        yield
    finally:
        stack.stop(component)
        stack.start(component)


def died(stack, component):
    return processes.find(stack.state, component) is None


def wait_for_death(stack, component, timeout_s):
    """True when it died of its fail point in time, False when it never came by there."""
    try:
        return eventually(lambda: died(stack, component), timeout_s, f"{component} dies")
    except AssertionError:
        return False


def log_of(stack, component, last_bytes=4096):
    path = stack.log(component)
    return path.read_bytes()[-last_bytes:].decode(errors="replace") if path.exists() else ""


@contextlib.contextmanager
def stopped(stack, *components):
    """These are not there while the block runs; started again in the stack's own order afterwards."""
    for name in components:
        stack.kill(name)
    try:
        yield
    finally:
        stack.up()


