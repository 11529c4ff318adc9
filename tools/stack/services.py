"""Sluice's own processes: their files, flags and the first use of each."""

import json
import os
import secrets
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from . import kafka_jvm
from .component import Component
from .failure import NOT_BUILT, Failure
from .ports import BROKER_PORTS, HOST

DATA_PLANE = "local"
PROVISIONER = "sluice-provisioner"
BALANCER = "sluice-balancer-planner"


class Services:
    def __init__(self, state, ports, identities, postgres, bus, binaries):
        self.state = state
        self.ports = ports
        self.identities = identities
        self.postgres = postgres
        self.bus = bus
        self.binaries = binaries
        # Further flags, for tests; taken at the next start.
        self.flags = {"provisioner": [], "balancer-planner": [], "satellite": []}

    # The CLI's context, its admin key and the clusters' authorities lie here.
    @property
    def config_file(self):
        return self.state.path("cli", "config.yaml")

    @property
    def admin_key_file(self):
        return self.state.path("cli", "admin.key")

    @property
    def api(self):
        return f"localhost:{self.ports['api']}"

    @property
    def balancer_api(self):
        return f"localhost:{self.ports['balancer']}"

    def sluice(self, *arguments, timeout_s=120):
        """Runs the CLI with -o json; gives what it printed, decoded."""
        command = [self._binary("cli/sluice"), *map(str, arguments), "-o", "json"]
        done = subprocess.run(command, env={**os.environ, "SLUICE_CONFIG": str(self.config_file)}, capture_output=True,
                              text=True, check=False, timeout=timeout_s)
        if done.returncode != 0:
            raise Failure(f"sluice {' '.join(map(str, arguments))}: {done.stderr.strip()}", code=done.returncode)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def provisioner(self):
        return Component(
            name="provisioner",
            prepare=self._prepare_provisioner,
            command=lambda: [*self.program("provisioner"), "serve", *self.flags["provisioner"]],
            ready=lambda: _healthy(self.ports["provisioner-metrics"]),
            complete=self._complete_provisioner,
            listens={"api": self.ports["api"], "provisioner-metrics": self.ports["provisioner-metrics"]},
            stop_timeout_s=30,
        )

    def balancer(self):
        return Component(
            name="balancer-planner",
            prepare=self._prepare_balancer,
            command=lambda: [*self.program("balancer-planner"), "serve", *self.flags["balancer-planner"]],
            ready=lambda: _healthy(self.ports["balancer-metrics"]),
            listens={"balancer": self.ports["balancer"], "balancer-metrics": self.ports["balancer-metrics"]},
            stop_timeout_s=30,
        )

    def satellite(self):
        return Component(
            name="satellite",
            prepare=self._prepare_satellite,
            command=self._satellite_command,
            ready=lambda: _healthy(self.ports["satellite-metrics"]),
            listens={"satellite-metrics": self.ports["satellite-metrics"]},
            stop_timeout_s=30,
        )

    def renew(self, force=False):
        # What was never started has none to renew.
        return [name for name in (PROVISIONER, BALANCER)
                if self.identities.certificate(name).exists() and self.identities.ensure(name, force=force)]

    def _binary(self, name):
        path = Path(self.binaries) / name
        if not path.exists():
            raise Failure(f"{path} is not built.", "Run: make build", code=NOT_BUILT)
        return path

    def _service_flags(self, identity, database, api, pepper):
        """What each service with an API, a database and a place on the bus is told. Its metrics' port goes by the database."""
        pki = self.identities
        return [
            "--listen", f"{HOST}:{self.ports[api]}",
            "--tls-cert", pki.certificate(identity), "--tls-key", pki.key(identity),
            "--database-url", self.postgres.url(database),
            "--database-password-file", self.postgres.password_file(database),
            "--bus-bootstrap", self.bus.bootstrap, "--bus-ca", pki.ca_file,
            "--bus-cert", pki.certificate(identity), "--bus-key", pki.key(identity),
            "--pepper-file", self.state.path("secrets", pepper),
            "--metrics-listen", f"{HOST}:{self.ports[database + '-metrics']}",
        ]

    def program(self, service):
        """A service's program and the flags that it runs with here; a verb and more flags may follow."""
        flags = {"provisioner": self._provisioner_flags, "balancer-planner": self._balancer_flags}[service]()
        return [self._binary(f"services/{service}/{service}"), *flags]

    def _provisioner_flags(self):
        pki = self.identities
        return [
            *self._service_flags(PROVISIONER, "provisioner", api="api", pepper="pepper"),
            "--tls-ca", pki.ca_file, "--ca-cert", pki.ca_file, "--ca-key", pki.authority.with_suffix(".key"),
        ]

    def _prepare_provisioner(self):
        self._binary("services/provisioner/provisioner")
        self.identities.ensure(PROVISIONER)
        self._ensure_pepper("pepper")

    def _ensure_pepper(self, name):
        pepper = self.state.path("secrets", name)
        if not pepper.exists():
            self.state.write(pepper, secrets.token_hex(32) + "\n", mode=0o600)

    def _prepare_balancer(self):
        self._binary("services/balancer-planner/balancer-planner")
        self.identities.ensure(BALANCER)
        self._ensure_pepper("balancer-pepper")

    def _balancer_flags(self):
        return [
            *self._service_flags(BALANCER, "balancer", api="balancer", pepper="balancer-pepper"),
            "--provisioner", self.api, "--provisioner-ca", self.identities.ca_file,
        ]

    def _complete_provisioner(self):
        """The first organization, its admin key and the CLI's context; once."""
        self.state.folder("cli", mode=0o700)
        if not self.admin_key_file.exists():
            command = [*self.program("provisioner"), "bootstrap-admin", "--key-file", self.admin_key_file]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)
            if done.returncode != 0:
                raise Failure("the first organization could not be made: " + done.stderr.strip())
        self.state.write(self.config_file, "\n".join((
            "current: local",
            "contexts:",
            "- name: local",
            f"  endpoint: {self.api}",
            f"  balancer_endpoint: {self.balancer_api}",
            f"  ca_file: {self.identities.ca_file}",
            "  key_file: admin.key",
            "  organization: default",
            "  environment: default",
        )) + "\n", mode=0o600)

    def _prepare_satellite(self):
        self._binary("services/satellite/satellite")
        folder = self.state.folder("satellite", mode=0o700)
        if folder.joinpath("identity", "identity.json").exists():
            return  # enrolled: it renews its own certificate
        # The token is for one use within ten minutes.
        token = self.state.path("secrets", "enrolment-token")
        token.unlink(missing_ok=True)
        if any(plane["name"] == DATA_PLANE for plane in self.sluice("dataplane", "list")):
            self.sluice("dataplane", "token", DATA_PLANE, "--secret-file", token)
        else:
            self.sluice("dataplane", "register", DATA_PLANE, "--region", "local", "--warm-cells", "1",
                        "--secret-file", token)

    def _satellite_command(self):
        first = self.ports["brokers"]
        return [
            self._binary("services/satellite/satellite"),
            "--state-dir", self.state.path("satellite"),
            "--data-plane-endpoint", self.api,
            "--api-ca", self.identities.ca_file,
            "--enrolment-token-file", self.state.path("secrets", "enrolment-token"),
            "--substrate", "local",
            "--kafka-home", kafka_jvm.kafka_home(),
            "--cache-dir", kafka_jvm.cache_folder() / "satellite",
            "--port-range", f"{first}-{first + BROKER_PORTS - 1}",
            "--max-brokers", "12",
            "--metrics-listen", f"{HOST}:{self.ports['satellite-metrics']}",
            *self.flags["satellite"],
        ]


def _healthy(port):
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=3) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False
