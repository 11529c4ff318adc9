"""Tenants: an organization with an admin key and a context of its own, and what it makes."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from .cli import Cli
from .waiting import eventually


def fresh_name(word):
    """A name that no test before had."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


@dataclass
class Credentials:
    """What `sluice key create` printed, for clients."""

    bootstrap_servers: str
    username: str
    password: str
    ca_file: str
    prefix: str
    key_name: str

    @staticmethod
    def of(key):
        assert Path(key["ca_file"]).is_file(), "the printed CA file is not there"
        assert key["security_protocol"] == "SASL_SSL" and key["sasl_mechanism"] == "SCRAM-SHA-512"
        return Credentials(key["bootstrap_servers"], key["username"], key["password"], key["ca_file"],
                           key["topic_prefix"], key["name"])


def delete_whatever_it_does(cli, name):
    """Also in the middle of a change that a scenario has left behind when it failed."""
    delete = ("kafka", "delete", name, "--force", "--purge-now", "--yes")
    ended = cli.run(*delete, timeout_s=300)
    if ended.reason == "OPERATION_IN_PROGRESS":
        cli.run("operation", "cancel", ended.error["metadata"]["operation"])
        ended = cli.run(*delete, timeout_s=300)
    return ended


class Cluster:
    """One Kafka cluster of a tenant."""

    def __init__(self, cli, described):
        self.cli = cli
        self.name = described["name"]
        self.id = described["id"]
        self.prefix = described["topic_prefix"]
        self.described = described

    def describe(self):
        return self.cli("kafka", "describe", self.name)

    def key(self, *options):
        return Credentials.of(self.cli("key", "create", "--cluster", self.name, *options))

    def topic(self, name, *options):
        """Makes it; gives its name in Kafka."""
        return self.cli("topic", "create", name, "--cluster", self.name, *options)["kafka_name"]

    def topics(self):
        return {topic["name"]: topic for topic in self.cli("topic", "list", "--cluster", self.name)}

    def delete(self):
        ended = delete_whatever_it_does(self.cli, self.name)
        assert ended.code == 0, str(ended)


class Tenant:
    def __init__(self, cli, organization):
        self.cli = cli
        self.organization = organization
        self.clusters = []

    @staticmethod
    def make(stack, folder, name=None):
        """A new organization with an environment `default`, made by the platform's admin."""
        admin = platform_cli(stack)
        name = name or fresh_name("tenant")
        folder = Path(folder) / name
        folder.mkdir(parents=True)
        admin("org", "create", name, "--secret-file", folder / "admin.key")
        config = folder / "config.yaml"
        cli = Cli(admin.binary, config)
        cli("context", "add", name, "--endpoint", stack.services.api, "--balancer-endpoint", stack.services.balancer_api,
            "--ca-file", stack.identities.ca_file, "--key-file", folder / "admin.key", "--organization", name,
            "--environment", "default", "--use")
        cli("env", "create", "default")
        return Tenant(cli, name)

    def serverless(self, *options, name=None):
        return self._create(name or fresh_name("sl"), "serverless", *options)

    def dedicated(self, *options, name=None):
        return self._create(name or fresh_name("dd"), "dedicated", *options)

    def _create(self, name, kind, *options):
        described = self.cli("kafka", "create", name, "--type", kind, "--wait", *options, timeout_s=600)
        assert described["state"] == "READY"
        cluster = Cluster(self.cli, described)
        self.clusters.append(cluster)
        return cluster

    def clean_up(self):
        """Deletes what is left of its clusters, whatever state they are in."""
        for cluster in self.cli("kafka", "list", "--show-deleted"):
            if cluster["state"] != "DELETED":
                self.cli.run("kafka", "update", cluster["name"], "--no-deletion-protection")
                delete_whatever_it_does(self.cli, cluster["name"])


def platform_cli(stack):
    """The command with the key of the platform's admin."""
    return Cli(stack.services.binaries / "cli" / "sluice", stack.services.config_file)


def wait_for_warm_cell(stack, timeout_s=180):
    """Until the data plane has a shared cell that is up, and is heard of; gives its id."""
    admin = platform_cli(stack)

    def look():
        ended = admin.run("dataplane", "describe", "local")
        if ended.code != 0:
            return None
        data_plane = json.loads(ended.out)
        if data_plane["state"] != "CONNECTED":
            return None
        for cluster in data_plane["physical_clusters"]:
            if cluster["shared"] and cluster["state"] == "UP" and cluster["brokers_ready"] == cluster["brokers"]:
                return cluster["id"]
        return None

    return eventually(look, timeout_s, "a warm cell that is up")
