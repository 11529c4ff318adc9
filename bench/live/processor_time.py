"""Processor time that processes have used, from /proc."""

import os
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def seconds_of(pid):
    """Of the process and of those children that have ended; 0 when it is gone itself."""
    return sum(map(int, _stat(pid)[11:15] or [0])) / TICKS_PER_S


def seconds_with_children(pid):
    """PostgreSQL's way: one process a session. Grandchildren are none."""
    return seconds_of(pid) + sum(seconds_of(child) for child in children_of(pid))


def seconds_of_threads(pid, name):
    """Of the live threads whose name begins so (the kernel keeps 15 letters of it)."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            if thread.joinpath("comm").read_text().startswith(name):
                used += sum(map(int, fields_of(thread.joinpath("stat").read_text())[11:13]))
        except OSError:
            continue  # ended meanwhile
    return used / TICKS_PER_S


def children_of(pid):
    return [int(folder.name) for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and _stat(folder.name)[1:2] == [str(pid)]]


def fields_of(stat):
    """The fields of a stat line from the state on (proc(5): field 3), so 1 is the parent and 11 to 14 are the times."""
    # The command's name is in brackets and may hold anything; what follows the last bracket is regular.
    return stat.rsplit(")", 1)[1].split()


def _stat(pid):
    try:
        return fields_of(Path(f"/proc/{pid}/stat").read_text())
    except OSError:
        return []
