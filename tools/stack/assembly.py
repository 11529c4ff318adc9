"""The stack: every component in the order of their starts."""

import os
import shutil
import signal
import time
from pathlib import Path

from . import caretaker, processes
from . import ports as port_table
from .bus import Bus
from .failure import Failure
from .identities import Identities
from .postgres import Postgres
from .services import Services
from .state_folder import StateFolder

ROOT = Path(__file__).resolve().parents[2]


def binaries():
    return Path(os.environ.get("SLUICE_BIN") or ROOT / "bazel-bin")


class Stack:
    """One running Sluice on this machine.

    As a harness: Stack(tmp_path, free_ports=True), up(), sluice(...), kill("provisioner"), pause("bus-broker"), destroy().
    Two stacks with different folders do not meet; one stack is used by one thread at a time."""

    def __init__(self, folder, overrides=None, free_ports=False, say=None):
        self.state = StateFolder(folder)
        self.state.prepare()
        self.ports = port_table.choose(self.state, overrides, free_ports)
        self.say = say or (lambda text: None)
        templates = ROOT / "deploy" / "local"
        self.identities = Identities(self.state, binaries() / "tools" / "pki" / "pki")
        self.postgres = Postgres(self.state, self.ports["postgres"], templates / "postgres" / "postgresql.conf",
                                 services=["provisioner", "balancer"])
        self.bus = Bus(self.state, self.ports, self.identities, templates / "bus")
        self.services = Services(self.state, self.ports, self.identities, self.postgres, self.bus, binaries())
        rows = [
            caretaker.component(self.state),
            self.postgres.component(),
            self.bus.controller(),
            self.bus.broker(),
            self.services.provisioner(),
            self.services.balancer(),
            self.services.satellite(),
        ]
        self.components = {row.name: row for row in rows}

    def up(self, until=None):
        """Starts what does not run, up to and with the component `until`."""
        self._require(until)
        with self.state.locked():
            self.state.require_room()
            for component in self.components.values():
                began = time.monotonic()
                started = component.start(self.state)
                self.say(f"{component.name:16} {'started' if started else 'runs already':12} "
                         f"{time.monotonic() - began:5.1f} s")
                if component.name == until:
                    return

    def down(self):
        """Ends everything, the tenants' brokers too, in an order in which each can still say goodbye."""
        with self.state.locked():
            for component in reversed(self.components.values()):
                if processes.find(self.state, component.name) is None:
                    continue
                began = time.monotonic()
                gently = component.stop(self.state)
                self.say(f"{component.name:16} {'stopped' if gently else 'killed':12} {time.monotonic() - began:5.1f} s")
                if component.name == "satellite":
                    self._stop_tenants()
            self._stop_tenants()

    def renew(self, force=False):
        """Renews what is due, where it is used, while it runs; gives the names. The provisioner watches its files."""
        with self.state.locked(wait=False) as ours:
            if not ours:
                return []  # an up or down is under way, and does the same
            renewed = self.bus.renew(force)
            return renewed + self.services.renew(force)

    def status(self):
        """name → pid or None, in the order of the starts."""
        return {name: processes.find(self.state, name) for name in self.components}

    def start(self, name):
        self._require(name)
        with self.state.locked():
            self.components[name].start(self.state)

    def stop(self, name):
        self._require(name)
        with self.state.locked():
            self.components[name].stop(self.state)

    def restart(self, name):
        self.stop(name)
        self.start(name)

    def kill(self, name):
        """kill -9, and only of this one process."""
        self._require(name)
        processes.kill(self.state, name)

    def pause(self, name):
        self._require(name)
        processes.send(self.state, name, signal.SIGSTOP)

    def resume(self, name):
        self._require(name)
        processes.send(self.state, name, signal.SIGCONT)

    def log(self, name):
        self._require(name)
        return self.state.path("logs", name + ".log")

    def sluice(self, *arguments, timeout_s=120):
        return self.services.sluice(*arguments, timeout_s=timeout_s)

    def destroy(self):
        """For tests: kills everything that is left and removes the folder."""
        for name in reversed(self.components):
            processes.kill(self.state, name)
        processes.stop_pids(processes.tenant_nodes(self.state), timeout_s=0)
        shutil.rmtree(self.state.root, ignore_errors=True)

    def _stop_tenants(self):
        nodes = processes.tenant_nodes(self.state)
        controllers = {pid for pid, file in nodes.items() if _is_controller(file)}
        # A broker's controlled shutdown needs its controller.
        for pids in (set(nodes) - controllers, controllers):
            if pids:
                began = time.monotonic()
                processes.stop_pids(pids, timeout_s=60)
                self.say(f"{len(pids)} Kafka nodes    stopped      {time.monotonic() - began:5.1f} s")

    def _require(self, name):
        if name is not None and name not in self.components:
            raise Failure(f"there is no {name}.", "It is one of: " + " ".join(self.components), code=2)


def _is_controller(properties):
    try:
        return "process.roles=controller" in properties.read_text()
    except OSError:
        return False
