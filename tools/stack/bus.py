"""The control-plane Kafka: a controller and a broker, each a process of its own, TLS identities on every listener."""

import os
import secrets
import signal
import socket
import ssl
import struct
import base64
import shutil
from string import Template

from . import kafka_jvm
from .component import Component
from .failure import Failure
from .ports import HOST

CONTROLLER = "sluice-bus-controller"
BROKER = "sluice-bus-broker"


class Bus:
    def __init__(self, state, ports, identities, templates):
        self.state = state
        self.controller_port = ports["bus-controller"]
        self.broker_port = ports["bus"]
        self.identities = identities
        self.templates = templates

    @property
    def bootstrap(self):
        return f"localhost:{self.broker_port}"

    def controller(self):
        return Component(
            name="bus-controller",
            prepare=lambda: self._prepare("controller", CONTROLLER, ["--standalone"]),
            command=lambda: self._command("controller", heap_mib=128),
            ready=lambda: self._answers(self.controller_port, CONTROLLER),
            listens={"bus-controller": self.controller_port},
        )

    def broker(self):
        return Component(
            name="bus-broker",
            prepare=lambda: self._prepare("broker", BROKER, ["--no-initial-controllers"]),
            command=lambda: self._command("broker", heap_mib=320),
            ready=lambda: self._answers(self.broker_port, BROKER),
            listens={"bus": self.broker_port},
        )

    def renew(self, force=False):
        """Renews the nodes' certificates. A new one reaches a running node when its store's location is set again."""
        renewed = []
        for identity, node, listener, reach in ((BROKER, 2, "bus", "--bootstrap-server"),
                                                (CONTROLLER, 1, "controller", "--bootstrap-controller")):
            if not self.identities.ensure(identity, force=force):
                continue
            renewed.append(identity)
            port = self.broker_port if identity == BROKER else self.controller_port
            settings = f"listener.name.{listener}.ssl.keystore.location={self.identities.store(identity)}"
            done = kafka_jvm.tool("kafka.admin.ConfigCommand", reach, f"localhost:{port}", "--command-config",
                                  self.client_properties(BROKER), "--alter", "--entity-type", "brokers",
                                  "--entity-name", node, "--add-config", settings)
            if done.returncode != 0:
                raise Failure(f"{identity} did not take its new certificate: {(done.stdout + done.stderr).strip()}")
        return renewed

    def client_properties(self, identity):
        """A file for Kafka's own tools to connect as CN=identity."""
        self.identities.ensure(identity)
        path = self.state.path("bus", f"client-{identity}.properties")
        self.state.write(path, "\n".join((
            "security.protocol=SSL",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self.identities.store(identity)}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={self.identities.ca_file}",
            "default.api.timeout.ms=15000",
            "request.timeout.ms=10000",
        )) + "\n", mode=0o600)
        return path

    def admin_tool(self, main_class, *arguments, identity=BROKER):
        """One of Kafka's tools against the bus, by default as a super user."""
        return kafka_jvm.tool(main_class, "--bootstrap-server", self.bootstrap,
                              "--command-config", self.client_properties(identity), *arguments)

    def _prepare(self, role, identity, format_flags):
        kafka_jvm.java()
        self.identities.ensure(identity)
        folder = self.state.folder("bus", role)
        data = folder / "data"
        properties = Template("".join(self.templates.joinpath(name).read_text()
                                      for name in (role + ".properties", "security.properties"))).substitute(
            controller_port=self.controller_port, broker_port=self.broker_port, log_dirs=data,
            key_store=self.identities.store(identity), trust_store=self.identities.ca_file)
        config = folder / "server.properties"
        self.state.write(config, properties, mode=0o600)
        if not data.joinpath("meta.properties").exists():
            done = kafka_jvm.tool("kafka.tools.StorageTool", "format", "--config", config,
                                  "--cluster-id", self._cluster_id(), *format_flags)
            if done.returncode != 0:
                shutil.rmtree(data, ignore_errors=True)
                raise Failure(f"the bus's {role} could not be formatted: {(done.stdout + done.stderr).strip()}")

    def _cluster_id(self):
        path = self.state.path("bus", "cluster-id")
        if not path.exists():
            self.state.write(path, base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace(
                "-", "A", 1) + "\n")
        return path.read_text().strip()

    def _command(self, role, heap_mib):
        archive = kafka_jvm.class_archive()
        self._adopt_archive(archive)
        flags = [f"-XX:SharedArchiveFile={archive}"]
        if not archive.exists():
            # This start is slower; the broker writes the archive as it ends, for every later start on this machine.
            flags = [f"-XX:ArchiveClassesAtExit={self._fresh_archive()}"] if role == "broker" else []
        return [kafka_jvm.java(), f"-Xmx{heap_mib}m", f"-Xms{heap_mib // 2}m", *kafka_jvm.FLAGS, *flags,
                f"-Dlog4j2.configurationFile={self.templates / 'log4j2.properties'}",
                f"-Dsluice.log={self.state.path('logs', 'bus-' + role + '-kafka.log')}",
                "-cp", kafka_jvm.class_path(), "kafka.Kafka", self.state.path("bus", role, "server.properties")]

    def _fresh_archive(self):
        return self.state.path("bus", "fresh.jsa")

    def _adopt_archive(self, archive):
        """What the last broker left becomes everybody's, in one step."""
        fresh = self._fresh_archive()
        if fresh.exists() and not archive.exists():
            beside = archive.with_suffix(f".{os.getpid()}")
            shutil.move(fresh, beside)
            os.replace(beside, archive)

    def _answers(self, port, identity):
        """Does the node answer an ApiVersions request over TLS? (Its sockets are open before it can.)"""
        context = ssl.create_default_context(cafile=self.identities.ca_file)
        context.load_cert_chain(self.identities.certificate(identity), self.identities.key(identity))
        try:
            with socket.create_connection((HOST, port), timeout=2) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.settimeout(3)
                # Request header v1: api key 18, version 0, correlation id 7, no client id.
                connection.sendall(struct.pack(">ihhih", 10, 18, 0, 7, -1))
                return connection.recv(8)[4:8] == struct.pack(">i", 7)
        except OSError:
            return False
