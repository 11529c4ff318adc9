"""Ports: chosen once per state folder, kept in its ports.json, and checked before anything starts."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

from .failure import PORT_IN_USE, Failure

HOST = "127.0.0.1"

# The first of a range for `brokers`: the satellite takes the tenants' brokers from there.
DEFAULTS = {
    "api": 7443,
    "postgres": 7432,
    "bus": 7492,
    "bus-controller": 7493,
    "provisioner-metrics": 7480,
    "satellite-metrics": 7481,
    "balancer": 7444,
    "balancer-metrics": 7482,
    "brokers": 7500,
}
BROKER_PORTS = 300


def env_name(name):
    return "SLUICE_PORT_" + name.upper().replace("-", "_")


def choose(state, overrides=None, free=False):
    """The ports of a state folder. What was chosen stays, unless `overrides` or SLUICE_PORT_… says otherwise.

    free: a first choice takes ports that nobody has, instead of the defaults (tests)."""
    chosen = state.read_json("ports.json", {})
    for name, default in DEFAULTS.items():
        asked = (overrides or {}).get(name) or os.environ.get(env_name(name))
        if asked:
            chosen[name] = int(asked)
        elif name not in chosen:
            chosen[name] = (_free_range() if name == "brokers" else free_port()) if free else default
    state.write_json("ports.json", chosen)
    return chosen


def is_free(port):
    with socket.socket() as probe:
        # As the servers do it: a connection in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(name, port):
    if is_free(port):
        return
    raise Failure(
        f"port {port} ({name}) is in use by {holder(port)}.",
        "End that process, or take another port:",
        f"  make run PORTS='{name}=N'   or   {env_name(name)}=N make run",
        code=PORT_IN_USE,
    )


def listens(port):
    """Does anybody listen on the port? Asks the kernel, without connecting."""
    return bool(_listening_inodes(port))


def holder(port):
    """Who listens on a port, as "name (pid N)"."""
    inodes = _listening_inodes(port)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            links = [os.readlink(link) for link in folder.joinpath("fd").iterdir()]
            if any(f"socket:[{inode}]" in links for inode in inodes):
                return f"{folder.joinpath('comm').read_text().strip()} (pid {folder.name})"
        except OSError:
            continue  # ended meanwhile, or another user's
    return "a process of another user"


def _listening_inodes(port):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(fields[9])
    return inodes


# Below the kernel's own choices (32768 on): what it gives to somebody's outgoing connection while a server is down, the
# server cannot have again.
_SINGLE_PORTS = range(20000, 32000)
_RANGES_OF_PORTS = range(10000, 20000)


def free_port():
    """A port that nobody has, and that nobody else on this machine is given by this function while this process lives."""
    for _ in range(1000):
        port = random.choice(_SINGLE_PORTS)
        if is_free(port) and _claim(port):
            return port
    raise Failure(f"no free port among {_SINGLE_PORTS.start}-{_SINGLE_PORTS.stop - 1}.", "End what uses them.")


def _free_range():
    for _ in range(1000):
        first = random.randrange(_RANGES_OF_PORTS.start, _RANGES_OF_PORTS.stop - BROKER_PORTS, BROKER_PORTS)
        if all(is_free(port) for port in range(first, first + BROKER_PORTS)) and _claim(first):
            return first
    raise Failure(f"no {BROKER_PORTS} free ports in a row among {_RANGES_OF_PORTS.start}-{_RANGES_OF_PORTS.stop - 1}.",
                  "End what uses them.")


# Open for as long as the process lives: the kernel gives the locks back, however it ends.
_claims = []


def _claim(port):
    """False when another choice has it: its server may not have started yet, or may be down for a moment."""
    folder = Path(tempfile.gettempdir()) / f"sluice-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    claim = (folder / str(port)).open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True
