"""A Kafka of three brokers that Sluice did not make: one listener without security, one with TLS and a login."""

import ctypes
import shutil
import signal
import subprocess
from pathlib import Path

from stack import kafka_jvm, ports

from .waiting import eventually

BROKERS = 3
USER, PASSWORD = "admin", "admin-secret"
_PR_SET_PDEATHSIG = 1


def _die_with_the_test():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class ForeignKafka:
    """Broker N is in rack rN and has two log dirs; broker 1 is the controller too."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.ports = {number: (ports.free_port(), ports.free_port()) for number in range(1, BROKERS + 1)}
        self.controller_port = ports.free_port()
        self.processes = {}

    @property
    def bootstrap(self):
        return f"localhost:{self.ports[1][0]}"

    @property
    def secure_bootstrap(self):
        return f"localhost:{self.ports[1][1]}"

    def start(self):
        self._make_certificate()
        for number in self.ports:
            self._write_settings(number)
            made = self._tool("kafka.tools.StorageTool", "format", "-t", "Zm9yZWlnbi1rYWZrYS0tLQ", "-c",
                              self.folder / f"{number}.properties")
            assert made.returncode == 0, made.stderr
        for number in self.ports:
            self._launch(number)
        eventually(lambda: self._all_serve(), 180, "three brokers serve")

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command_config(self, password=PASSWORD):
        """Properties as Kafka's own tools take them, for the secure listener."""
        path = self.folder / f"{password}.properties"
        path.write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
            "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n"
            f'    username="{USER}" password="{password}";\n'
            f"ssl.truststore.type=PEM\nssl.truststore.location={self.folder / 'broker.crt'}\n", encoding="utf-8")
        path.chmod(0o600)
        return path

    def reassign(self, *arguments):
        return self._admin("org.apache.kafka.tools.reassign.ReassignPartitionsCommand", "--command-config", *arguments)

    def elect_preferred(self, file):
        return self._admin("org.apache.kafka.tools.LeaderElectionCommand", "--admin.config", "--election-type", "preferred",
                           "--path-to-json-file", file)

    def _admin(self, tool, config_option, *arguments):
        return self._tool(tool, "--bootstrap-server", self.secure_bootstrap, config_option, self.command_config(),
                          *arguments)

    @staticmethod
    def _tool(main_class, *arguments):
        return kafka_jvm.tool(main_class, *arguments, heap_mib=96, timeout_s=300)

    def _make_certificate(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        key, certificate = self.folder / "broker.key", self.folder / "broker.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
                        "-out", certificate], check=True, capture_output=True)
        (self.folder / "broker.pem").write_text(key.read_text() + certificate.read_text())

    def _write_settings(self, number):
        plain, secure = self.ports[number]
        dirs = [self.folder / f"{number}-{name}" for name in ("a", "b")]
        listeners = f"PLAIN://127.0.0.1:{plain},SECURE://127.0.0.1:{secure}"
        if number == 1:
            listeners += f",CONTROLLER://127.0.0.1:{self.controller_port}"
        settings = {
            "process.roles": "broker,controller" if number == 1 else "broker",
            "node.id": number,
            "broker.rack": f"r{number}",
            "controller.quorum.voters": f"1@localhost:{self.controller_port}",
            "listeners": listeners,
            "advertised.listeners": f"PLAIN://localhost:{plain},SECURE://localhost:{secure}",
            "listener.security.protocol.map": "PLAIN:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAIN",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": ",".join(map(str, dirs)),
            "listener.name.secure.ssl.keystore.type": "PEM",
            "listener.name.secure.ssl.keystore.location": self.folder / "broker.pem",
            "listener.name.secure.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.secure.plain.sasl.jaas.config":
                f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
            "offsets.topic.replication.factor": 2,
            "offsets.topic.num.partitions": 2,
            "log.segment.bytes": 4 << 20,
            "log.cleaner.dedupe.buffer.size": 2 << 20,
            "num.io.threads": 2,
            "num.network.threads": 2,
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.folder / f"{number}.properties").write_text(text, encoding="utf-8")

    def _launch(self, number):
        archive = kafka_jvm.class_archive()
        shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
        with open(self.folder / f"{number}.log", "ab") as log:
            self.processes[number] = subprocess.Popen(
                [kafka_jvm.java(), "-Xmx160m", *kafka_jvm.FLAGS, *shared, "-cp", kafka_jvm.class_path(), "kafka.Kafka",
                 str(self.folder / f"{number}.properties")], stdout=log, stderr=log, preexec_fn=_die_with_the_test)

    def _all_serve(self):
        for number, process in self.processes.items():
            assert process.poll() is None, (self.folder / f"{number}.log").read_text()[-2000:]
        return all(ports.listens(port) for pair in self.ports.values() for port in pair)
