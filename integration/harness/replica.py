"""A second provisioner beside the stack's own: the same database, bus and secrets, ports of its own."""

from stack import ports, processes
from stack.component import Component
from stack.services import _healthy

from . import metrics
from .cli import Cli

NAME = "provisioner-2"


class Replica:
    """As a context manager; while it is there the stack knows it as `provisioner-2`."""

    def __init__(self, stack):
        self.stack = stack
        self.api_port = ports.free_port()
        self.metrics_port = ports.free_port()

    def __enter__(self):
        component = Component(
            name=NAME,
            command=self._command,
            ready=lambda: _healthy(self.metrics_port),
            listens={"second api": self.api_port, "second metrics": self.metrics_port},
            stop_timeout_s=30,
        )
        self.stack.components[NAME] = component
        self.stack.start(NAME)
        return self

    def __exit__(self, *_):
        component = self.stack.components.pop(NAME)
        if processes.find(self.stack.state, NAME) is not None:
            component.stop(self.stack.state)

    def cli(self, of):
        """The same caller's command, against this replica."""
        text = of.config.read_text()
        assert self.stack.services.api in text
        config = of.config.with_name("second-" + of.config.name)
        config.write_text(text.replace(self.stack.services.api, f"localhost:{self.api_port}"))
        return Cli(of.binary, config)

    def _command(self):
        services = self.stack.services
        command = [str(part) for part in services.program("provisioner")]
        command[command.index("--listen") + 1] = f"127.0.0.1:{self.api_port}"
        command[command.index("--metrics-listen") + 1] = f"127.0.0.1:{self.metrics_port}"
        return [*command, "serve", *services.flags["provisioner"]]

    def ports(self):
        """component → its metrics port, of both provisioners."""
        return {"provisioner": self.stack.ports["provisioner-metrics"], NAME: self.metrics_port}

    def relay_epochs(self):
        """component → the epoch of the relay's lease as it sees it; 0: it does not hold it."""
        return {name: int(metrics.total(port, "sluice_bus_relay_epoch")) for name, port in self.ports().items()
                if processes.find(self.stack.state, name) is not None}

    def relay_holder(self):
        """The one that holds the lease; None while nobody or more than one says so."""
        holders = [name for name, epoch in self.relay_epochs().items() if epoch > 0]
        return holders[0] if len(holders) == 1 else None
