"""Ten minutes of several tenants' lives while processes die at random: nothing is lost, nothing is orphaned, and Sluice's own
processes do not grow. All chances come from a seed, which is printed."""

import os
import random
import threading
import time
from pathlib import Path

import pytest
from harness.clients import ConfluentClient
from harness.patience import ask
from harness.results import write_down
from harness.tenants import Cluster, Credentials, Tenant, fresh_name, wait_for_warm_cell
from harness.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.full]

TENANTS = 4
# First everything may die; then only brokers, so that the services' own growth can be seen.
SOAK_S = int(os.environ.get("SLUICE_TEST_SOAK_S", "600"))
WITH_KILLS_S, UNDISTURBED_S = SOAK_S / 2, SOAK_S / 2
KILLED = ("provisioner", "satellite", "bus-broker", "bus-controller", "postgres")
# What a service may have grown by at the end of the undisturbed part, against its first minute.
MEMORY_FACTOR, MEMORY_MIB, DESCRIPTORS = 1.25, 16, 40


class Life:
    """One tenant's: makes, uses and deletes, on a thread of its own."""

    def __init__(self, tenant, seed):
        self.tenant = tenant
        self.chance = random.Random(seed)
        self.clusters = {}  # name → (cluster, client, topic → acknowledged texts)
        self.deleted = []  # ids
        self.steps = 0
        self.error = None

    def live(self, end):
        try:
            while not end.is_set():
                self.chance.choice((self.create, self.use, self.use, self.use, self.topic, self.delete))()
                self.steps += 1
        except BaseException as error:  # the test's own thread raises it
            self.error = error

    def create(self):
        if len(self.clusters) >= 4:
            return
        made = ask(self.tenant.cli, "kafka", "create", fresh_name("soak"), "--type", "serverless")
        key = Credentials.of(ask(self.tenant.cli, "key", "create", "--cluster", made["name"]))
        self.clusters[made["name"]] = (Cluster(self.tenant.cli, made), ConfluentClient(key), {})

    def topic(self):
        if self.clusters:
            cluster, _, topics = self.clusters[self.chance.choice(sorted(self.clusters))]
            if len(topics) < 5:
                made = ask(self.tenant.cli, "topic", "create", fresh_name("t"), "--cluster", cluster.name)
                topics[made["kafka_name"]] = []

    def use(self):
        if not self.clusters:
            return
        _, client, topics = self.clusters[self.chance.choice(sorted(self.clusters))]
        if topics:
            topic = self.chance.choice(sorted(topics))
            texts = [fresh_name("record") for _ in range(self.chance.randint(1, 50))]
            client.produce(topic, texts, timeout_s=120)
            topics[topic] += texts

    def delete(self):
        if len(self.clusters) < 2:
            return
        name = self.chance.choice(sorted(self.clusters))
        cluster, _, _ = self.clusters.pop(name)
        ask(self.tenant.cli, "kafka", "delete", name, "--force", "--purge-now", "--yes")
        self.deleted.append(cluster.id)

    def nothing_is_lost(self):
        """Gives the number of records that were read again."""
        assert {one["name"] for one in self.tenant.cli("kafka", "list")} == set(self.clusters)
        read = 0
        for cluster, client, topics in self.clusters.values():
            assert cluster.describe()["state"] == "READY"
            assert {topic["kafka_name"] for topic in cluster.topics().values()} == set(topics)
            for topic, texts in topics.items():
                if not texts:
                    continue
                found = client.consume(topic, cluster.prefix + fresh_name("all"), len(texts), timeout_s=90)
                assert sorted(found) == sorted(texts), f"{len(texts)} were acknowledged, {len(found)} are there"
                read += len(texts)
        for operation in self.tenant.cli("operation", "list"):
            assert operation["done"], f"an operation without end: {operation}"
        return read


class Sizes:
    """Memory and file descriptors of the services, by their pids."""

    def __init__(self, stack):
        self.stack = stack

    def now(self):
        return {name: self._of(self.stack.status()[name]) for name in ("provisioner", "satellite")}

    @staticmethod
    def _of(pid):
        status = Path(f"/proc/{pid}/status").read_text()
        resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return {"pid": pid, "memory_mib": round(resident / 1024, 1), "descriptors": len(os.listdir(f"/proc/{pid}/fd"))}


def kills(stack, data_plane, physical, chance, until, may_die):
    """One death each 15 to 30 s; gives how many of each."""
    died = {}
    while time.monotonic() < until:
        time.sleep(min(chance.uniform(15, 30), max(0, until - time.monotonic())))
        victim = chance.choice(may_die)
        died[victim] = died.get(victim, 0) + 1
        if victim == "broker":
            running = [node["node_id"] for node in data_plane.brokers(physical)
                       if node["node_id"] in data_plane.running(physical)]
            # One at a time: two of three dead brokers are more than replication covers.
            if len(running) == len(data_plane.brokers(physical)):
                data_plane.kill(physical, chance.choice(running))
        else:
            stack.kill(victim)
            time.sleep(chance.uniform(0, 5))
            stack.up()
    return died


def nothing_is_orphaned(data_plane, cell, lives):
    there = data_plane.cell(cell)
    gone = {one for life in lives for one in life.deleted}
    kept = {cluster.id for life in lives for cluster, _, _ in life.clusters.values()}
    left = {name.split(".")[0] for name in there.topics() | there.users() | there.acl_principals() | there.groups()}
    assert not left & gone, f"left of deleted clusters: {left & gone}"
    quotas = there.quotas()
    assert not [one for one in gone if one in quotas]
    strangers = {name for name in left if name.startswith("lkc-")} - kept
    assert not strangers, f"nobody's: {strangers}"
    assert data_plane.clusters() == [cell]
    return True


def has_not_grown(before, after):
    for name, first in before.items():
        last = after[name]
        assert last["pid"] == first["pid"], f"{name} ended by itself"
        assert last["memory_mib"] <= MEMORY_FACTOR * first["memory_mib"] + MEMORY_MIB, (name, first, last)
        assert last["descriptors"] <= first["descriptors"] + DESCRIPTORS, (name, first, last)


def test_ten_minutes_of_lives_and_deaths(whole, contexts, data_plane):
    seed = int(os.environ.get("SLUICE_TEST_SEED") or random.randrange(1 << 30))
    print(f"SLUICE_TEST_SEED={seed}", flush=True)
    chance = random.Random(seed)
    cell = wait_for_warm_cell(whole)
    lives = [Life(Tenant.make(whole, contexts), chance.random()) for _ in range(TENANTS)]
    end = threading.Event()
    threads = [threading.Thread(target=life.live, args=(end,)) for life in lives]
    for thread in threads:
        thread.start()
    try:
        began = time.monotonic()
        died = kills(whole, data_plane, cell, chance, began + WITH_KILLS_S, (*KILLED, "broker"))
        wait_for_warm_cell(whole)
        undisturbed = time.monotonic()
        kills(whole, data_plane, cell, chance, undisturbed + 60, ("broker",))
        before = Sizes(whole).now()
        kills(whole, data_plane, cell, chance, undisturbed + UNDISTURBED_S, ("broker",))
        after = Sizes(whole).now()
    finally:
        end.set()
        for thread in threads:
            thread.join()
    for life in lives:
        if life.error is not None:
            raise life.error
    wait_for_warm_cell(whole)
    read = sum(life.nothing_is_lost() for life in lives)
    eventually(lambda: nothing_is_orphaned(data_plane, cell, lives), 90, "nothing is left of what was deleted")
    write_down("soak", seconds=SOAK_S, seed=seed, tenants=TENANTS, steps=sum(life.steps for life in lives), deaths=died,
               records=read, lost=0, deleted_clusters=sum(len(life.deleted) for life in lives), before=before, after=after)
    has_not_grown(before, after)
    for life in lives:
        life.tenant.clean_up()
