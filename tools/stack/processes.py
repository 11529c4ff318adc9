"""Processes that outlive the command that started them, and are found again by pid and start time."""

import os
import signal
import subprocess
import time
from pathlib import Path

from .failure import NOT_READY, Failure

# The child writes its own record and then becomes the program, so no crash in between leaves a process unrecorded.
# A pid alone may be another process's by now; with its start time and this boot's id it cannot.
_LAUNCH = 'cat /proc/$$/stat /proc/sys/kernel/random/boot_id >"$0.new" && mv "$0.new" "$0" && exec "$@"'

_children = {}  # pid → Popen of this Python process, to be reaped


def start(state, name, argv, env=None, cwd=None):
    """Starts `argv`, output appended to logs/NAME.log. Gives the pid."""
    record = state.path("processes", name)
    with open(state.path("logs", name + ".log"), "ab") as log:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, str(record), *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=cwd or state.root,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    _children[child.pid] = child
    deadline = time.monotonic() + 10
    while find(state, name) != child.pid and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return child.pid


def find(state, name):
    """The pid of the running process NAME, or None."""
    try:
        stat, boot = state.path("processes", name).read_text().splitlines()
    except (FileNotFoundError, ValueError):
        return None
    pid, started = int(stat.split()[0]), _start_time(stat)
    if boot != Path("/proc/sys/kernel/random/boot_id").read_text().strip():
        return None
    return pid if _running(pid, started) else None


def send(state, name, number):
    pid = find(state, name)
    if pid is None:
        raise Failure(f"{name} does not run.", "make run starts what is missing.")
    os.kill(pid, number)
    return pid


def stop(state, name, gentle=signal.SIGTERM, timeout_s=60):
    """Asks, waits, and kills what has not ended by then. True when it ended by itself."""
    pid = find(state, name)
    if pid is None:
        return True
    os.kill(pid, signal.SIGCONT)
    os.kill(pid, gentle)
    ended = wait_for_end(state, name, timeout_s)
    if not ended:
        kill(state, name)
    return ended


def kill(state, name):
    pid = find(state, name)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        wait_for_end(state, name, 30)


def wait_for_end(state, name, timeout_s):
    deadline = time.monotonic() + timeout_s
    while find(state, name) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def wait_until(ready, state, name, timeout_s):
    """Waits for `ready()`; fails at once when the process ends, with the end of its log."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if find(state, name) is None:
            raise Failure(f"{name} ended while it was starting.", *log_tail(state, name), code=NOT_READY)
        if time.monotonic() > deadline:
            raise Failure(f"{name} was not ready after {timeout_s} s.", *log_tail(state, name), code=NOT_READY)
        time.sleep(0.05)


def log_tail(state, name, lines=8):
    path = state.path("logs", name + ".log")
    text = path.read_bytes()[-8192:].decode(errors="replace").splitlines()[-lines:] if path.exists() else []
    return (f"The end of {path}:", *("  " + line for line in text))


def tenant_nodes(state):
    """pid → properties file of the tenants' Kafka nodes: the satellite starts them, and they outlive it."""
    nodes = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = folder.joinpath("cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except OSError:
            continue
        ours = words[-1].startswith(f"{state.root}/")
        if ours and any(word.startswith("-Dsluice.node=") for word in words):
            nodes[int(folder.name)] = Path(words[-1])
    return nodes


def stop_pids(pids, timeout_s):
    """SIGTERM to all at once, SIGKILL to those that are there after `timeout_s`."""
    waiting = {pid: _start_of(pid) for pid in pids}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in waiting:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + timeout_s
        while waiting and time.monotonic() < deadline:
            waiting = {pid: began for pid, began in waiting.items() if _running(pid, began)}
            time.sleep(0.05)
        if not waiting:
            return


def _start_time(stat):
    # The command's name is in brackets and may hold anything; what follows the last bracket is regular.
    return stat.rsplit(")", 1)[1].split()[19]


def _start_of(pid):
    try:
        return _start_time(Path(f"/proc/{pid}/stat").read_text())
    except OSError:
        return None


def _running(pid, started):
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return _start_time(stat) == started and (stat.rsplit(")", 1)[1].split()[0] != "Z" or _has_other_threads(pid))


def _has_other_threads(pid):
    """The first thread of a killed process can be dead while others still are: till they end, its ports are taken."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False
