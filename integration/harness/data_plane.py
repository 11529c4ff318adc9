"""The data plane from the inside: the satellite's folder, its nodes, and its admin identity on the cells. For checks
that a tenant cannot make (is anything left?), and for faults. Scenarios change nothing through it."""

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from stack import kafka_jvm


def bus_identity(stack):
    """(CA, certificate, key): the files by which the satellite is known on the bus now."""
    folder = stack.state.path("satellite", "identity")
    current = folder / str(json.loads((folder / "identity.json").read_text())["issue"])
    return current / "ca.pem", current / "certificate.pem", current / "private_key.pem"


class DataPlane:
    def __init__(self, stack):
        self.folder = stack.state.path("satellite")

    def clusters(self):
        """Ids of the physical clusters that have a folder."""
        folder = self.folder / "clusters"
        return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("pkc-")) if folder.exists() else []

    def nodes(self, cluster):
        """node.json of each node of the cluster."""
        records = [json.loads(file.read_text()) for file in (self.folder / "clusters" / cluster).glob("*/node.json")]
        return sorted(records, key=lambda record: record["node_id"])

    def brokers(self, cluster):
        return [node for node in self.nodes(cluster) if node["role"] == "broker"]

    def running(self, cluster):
        """node id → pid of those whose process is there."""
        return {node["node_id"]: pid for node in self.nodes(cluster) if (pid := pid_of(node)) is not None}

    def kill(self, cluster, node_id):
        """kill -9 of one node; gives the pid it had."""
        pid = self.running(cluster)[node_id]
        os.kill(pid, signal.SIGKILL)
        return pid

    def cell(self, cluster):
        return Cell(self, cluster)


def pid_of(node):
    """The pid of the node's process, or None when it does not run any more (or the pid is another's by now)."""
    process = node.get("process")
    if not process:
        return None
    try:
        stat = Path(f"/proc/{process['pid']}/stat").read_text()
    except OSError:
        return None
    words = stat.rsplit(")", 1)[1].split()
    return process["pid"] if int(words[19]) == process["start_ticks"] and words[0] != "Z" else None


class Cell:
    """One physical cluster as its super user sees it."""

    def __init__(self, data_plane, cluster):
        identity = data_plane.folder / "data-plane-ca"
        ports = [node["ports"]["internal"] for node in data_plane.brokers(cluster)]
        self.bootstrap = ",".join(f"localhost:{port}" for port in ports)
        self.settings = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SSL",
            "ssl.ca.location": str(identity / "ca.pem"),
            # Key and certificate in one file.
            "ssl.certificate.location": str(identity / "satellite.pem"),
            "ssl.key.location": str(identity / "satellite.pem"),
        }

        self._client = None

    def _admin(self):
        """One client, held for as long as the cell: with it goes the connection, and what was asked on it."""
        from confluent_kafka.admin import AdminClient

        self._client = self._client or AdminClient(self.settings)
        return self._client

    def topics(self):
        return set(self._admin().list_topics(timeout=30).topics)

    def replicas(self, topic):
        """partition → (replicas, in sync)"""
        found = self._admin().list_topics(topic, timeout=30).topics[topic]
        return {number: (set(partition.replicas), set(partition.isrs)) for number, partition in found.partitions.items()}

    def acl_principals(self):
        from confluent_kafka.admin import (AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType,
                                           ResourceType)

        everything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY,
                                      AclPermissionType.ANY)
        bindings = self._admin().describe_acls(everything, request_timeout=30).result(40)
        return {binding.principal.removeprefix("User:") for binding in bindings}

    def users(self):
        """User names with a SCRAM record."""
        found = self._admin().describe_user_scram_credentials(request_timeout=30).result(40)
        return set(found)

    def groups(self):
        listed = self._admin().list_consumer_groups(request_timeout=30).result(40)
        return {group.group_id for group in listed.valid}

    def quotas(self):
        """What Kafka's own tool says of the quotas of users, as text."""
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "admin.properties"
            config.write_text("security.protocol=SSL\nssl.truststore.type=PEM\nssl.keystore.type=PEM\n"
                              f"ssl.truststore.location={self.settings['ssl.ca.location']}\n"
                              f"ssl.keystore.location={self.settings['ssl.key.location']}\n")
            command = [kafka_jvm.java(), "-Xmx96m", *kafka_jvm.FLAGS, "-cp", kafka_jvm.class_path(),
                       "kafka.admin.ConfigCommand", "--bootstrap-server", self.bootstrap, "--command-config", str(config),
                       "--describe", "--entity-type", "users"]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            return done.stdout

    def traces_of(self, logical_cluster):
        """All that this cell has of a logical cluster; empty when nothing is left."""
        prefix = logical_cluster + "."
        traces = [f"topic {name}" for name in self.topics() if name.startswith(prefix)]
        traces += [f"ACL of {name}" for name in self.acl_principals() if name == logical_cluster]
        traces += [f"user {name}" for name in self.users() if name.startswith(prefix)]
        traces += [f"group {name}" for name in self.groups() if name.startswith(prefix)]
        if logical_cluster in self.quotas():
            traces.append("quota")
        return traces
