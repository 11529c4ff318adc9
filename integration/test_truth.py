"""Kill any process at any time, and the next describe tells the truth. Who dies, and when, comes from a seed."""

import os
import random
import time

import pytest
from harness import cli as exit_codes
from harness.clients import ConfluentClient
from harness.data_plane import pid_of
from harness.tenants import Cluster, fresh_name, wait_for_warm_cell
from harness.waiting import eventually

pytestmark = pytest.mark.faults

SERVICES = ("provisioner", "satellite", "bus-broker", "bus-controller", "postgres")
NODES = ("broker", "controller")
# Without them the API has nothing to say.
NO_ANSWER = ("provisioner", "postgres")


class Truth:
    """What has been acknowledged, and what is there."""

    def __init__(self, stack, tenant, data_plane, admin):
        self.stack = stack
        self.tenant = tenant
        self.data_plane = data_plane
        self.admin = admin
        self.physical = wait_for_warm_cell(stack)
        self.cluster = tenant.serverless()
        self.client = ConfluentClient(self.cluster.key())
        self.topic = self.cluster.topic("truth", "--partitions", "3")
        self.names = {one["name"] for one in tenant.cli("kafka", "list")}

    def kill(self, victim, chance):
        if victim in SERVICES:
            self.stack.kill(victim)
            return
        nodes = [node["node_id"] for node in self.data_plane.nodes(self.physical) if node["role"] == victim]
        self.data_plane.kill(self.physical, chance.choice(nodes))

    def told_while_it_is_away(self, victim):
        """The very next answer, with the process still dead."""
        ended = self.tenant.cli.run("kafka", "describe", self.cluster.name, "--timeout", "10s")
        if victim in NO_ANSWER:
            assert ended.code == exit_codes.UNAVAILABLE, str(ended)
        else:
            assert ended.code == exit_codes.OK, str(ended)
            assert self.cluster.describe()["state"] == "READY"
        # The cluster's brokers run, and it says that it is ready or nothing: it can be used.
        self.client.produce(self.topic, [victim], timeout_s=90)
        if victim == "satellite":
            eventually(lambda: self.admin("dataplane", "describe", "local")["state"] == "UNREACHABLE", 60,
                       "it says that it has no news")

    def told_afterwards(self):
        """Everything runs again: what is told is what is there."""
        self.stack.up()
        assert wait_for_warm_cell(self.stack) == self.physical, "the same cell"
        eventually(self._brokers_are_as_told, 120, "as many brokers are told as run")
        eventually(lambda: self.admin("dataplane", "describe", "local")["state"] == "CONNECTED", 60, "there is news")
        listed = {one["name"]: one for one in self.tenant.cli("kafka", "list")}
        assert set(listed) == self.names, "neither lost nor doubled"
        eventually(lambda: {one["state"] for one in self.tenant.cli("kafka", "list")} == {"READY"}, 60, "all are ready")
        there = self.data_plane.cell(self.physical).topics()
        for one in listed.values():
            prefix = one["topic_prefix"]
            told = {topic["kafka_name"] for topic in self.tenant.cli("topic", "list", "--cluster", one["name"])}
            assert told == {topic for topic in there if topic.startswith(prefix)}, one["name"]

    def _brokers_are_as_told(self):
        running = sum(pid_of(node) is not None for node in self.data_plane.brokers(self.physical))
        for one in self.admin("dataplane", "describe", "local")["physical_clusters"]:
            if one["id"] == self.physical:
                return one["brokers_ready"] == running == one["brokers"] and one["state"] == "UP"
        return False


def rounds(truth, seed, victims):
    chance = random.Random(seed)
    for number, victim in enumerate(victims):
        print(f"seed {seed}, round {number}: {victim}", flush=True)
        accepted = truth.tenant.cli("kafka", "create", fresh_name("killed"), "--type", "serverless", "--no-wait")
        # Anywhere within a create, which takes a few hundred ms.
        time.sleep(chance.uniform(0, 0.4))
        truth.kill(victim, chance)
        truth.told_while_it_is_away(victim)
        truth.stack.up()
        ended = truth.tenant.cli("operation", "wait", accepted["name"], "--timeout", "2m", timeout_s=150)
        assert ended["state"] == "DONE", ended
        truth.names.add(ended["response"]["name"])
        Cluster(truth.tenant.cli, ended["response"]).topic("made")
        truth.told_afterwards()


def test_each_process_dies_once(whole, tenant, data_plane, admin):
    seed = int(os.environ.get("SLUICE_TEST_SEED", "1"))
    victims = [*SERVICES, *NODES]
    random.Random(seed).shuffle(victims)
    rounds(Truth(whole, tenant, data_plane, admin), seed, victims)


@pytest.mark.full
def test_forty_deaths(whole, tenant, data_plane, admin):
    seed = int(os.environ.get("SLUICE_TEST_SEED") or random.randrange(1 << 30))
    chance = random.Random(seed)
    rounds(Truth(whole, tenant, data_plane, admin), seed, [chance.choice((*SERVICES, *NODES)) for _ in range(40)])
