"""kill -9 at every numbered step of create, update and delete: the operation ends, nothing is doubled or orphaned, and
describe tells the truth. The steps are read from the sources, so that a new one is tried without a line here."""

import json
import time
import uuid

import pytest
from harness.clients import ConfluentClient
from harness.faults import armed, declared, died, log_of
from harness.tenants import Cluster, fresh_name, wait_for_warm_cell
from harness.waiting import eventually

pytestmark = pytest.mark.faults

# Steps of a satellite's life that no create, update or delete comes by.
NOT_ON_THE_WAY = ("satellite.enrolment.", "satellite.node_stop.")
PROVISIONER_STEPS = [name for name in declared("provisioner", "services/provisioner") + declared("bus", "libs/bus")
                     if not name.startswith(("provisioner.register.", "provisioner.enrol.", "provisioner.cancel."))]
SATELLITE_STEPS = [name for name in declared("satellite", "services/satellite") if not name.startswith(NOT_ON_THE_WAY)]
# These are passed by brokers alone: with a DEDICATED cluster.
BROKER_STEPS = [name for name in SATELLITE_STEPS
                if name.startswith(("satellite.prepare.", "satellite.node_start.", "satellite.remove.", "satellite.physical.",
                                    "satellite.intake."))]


class Life:
    """Create, use, change and delete of one cluster, each step again and again until it is done: what a patient person
    with a script does while processes die."""

    def __init__(self, tenant, kind, *options):
        self.cli = tenant.cli
        self.name = fresh_name("life")
        self.kind = kind
        self.options = options

    def again(self, *arguments, timeout_s=240):
        """With one request id, so that a repeat has no second effect."""
        request = str(uuid.uuid4())
        deadline = time.monotonic() + timeout_s
        while True:
            ended = self.cli.run(*arguments, "--request-id", request, "--timeout", "60s")
            if ended.code == 0:
                return json.loads(ended.out)
            # 6: out of reach or slow; anything else is an answer, and it must be the right one.
            assert ended.code == 6, str(ended)
            assert time.monotonic() < deadline, str(ended)

    def create(self):
        made = self.again("kafka", "create", self.name, "--type", self.kind, *self.options)
        assert made["state"] == "READY"
        return Cluster(self.cli, made)

    def topic(self):
        return self.again("topic", "create", "clicks", "--cluster", self.name)["kafka_name"]

    def update(self):
        updated = self.again("kafka", "update", self.name, "--partition-limit", "77")
        assert updated["effective_limits"]["partitions"] == 77
        return updated

    def delete(self):
        self.again("kafka", "delete", self.name, "--force", "--purge-now", "--yes")


def live(life):
    """The whole life; gives the cluster's id and its physical cluster."""
    cluster = life.create()
    topic = life.topic()
    life.update()
    physical = cluster.describe()["physical_cluster"]
    client = ConfluentClient(cluster.key())
    client.produce(topic, ["one"])
    assert client.consume(topic, cluster.prefix + "g", 1) == ["one"]
    life.delete()
    return cluster.id, physical


def nothing_is_doubled_or_left(life, data_plane, cell, ids):
    """Neither in the API, nor on the cell, nor as a process."""
    listed = [one for one in life.cli("kafka", "list", "--show-deleted") if one["name"] == life.name]
    assert all(one["state"] in ("DELETING", "DELETED") for one in listed), listed
    for operation in life.cli("operation", "list"):
        if life.name in operation["target"]:
            assert operation["done"], f"an operation without end: {operation}"
    for one in ids:
        assert data_plane.cell(cell).traces_of(one) == []
    shared = {cell}
    eventually(lambda: set(data_plane.clusters()) <= shared, 120, "no folder of a physical cluster is left over")


@pytest.mark.parametrize("step", SATELLITE_STEPS)
def test_satellite_dies_during_the_life_of_a_serverless_cluster(whole, tenant, data_plane, step):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "serverless")
    ids, killed = interrupted_life(whole, "satellite", step, life)
    nothing_is_doubled_or_left(life, data_plane, cell, ids)
    # Steps of brokers alone are not passed here; they have a scenario of their own.
    assert killed or step in BROKER_STEPS, f"{step} was never passed; {log_of(whole, 'satellite')}"


@pytest.mark.parametrize("step", BROKER_STEPS)
def test_satellite_dies_during_the_life_of_a_dedicated_cluster(whole, tenant, data_plane, step):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "dedicated", "--brokers", "1", "--disk-mib", "512")
    ids, killed = interrupted_life(whole, "satellite", step, life)
    nothing_is_doubled_or_left(life, data_plane, cell, ids)
    assert killed, f"{step} was never passed; {log_of(whole, 'satellite')}"


@pytest.mark.parametrize("step", PROVISIONER_STEPS)
def test_provisioner_dies_during_the_life_of_a_serverless_cluster(whole, tenant, data_plane, step):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "serverless")
    ids, _ = interrupted_life(whole, "provisioner", step, life)
    nothing_is_doubled_or_left(life, data_plane, cell, ids)


@pytest.mark.parametrize("step", ["provisioner.create.2_placed", "provisioner.create.3_committed",
                                  "provisioner.commit.2_after", "provisioner.delete.3_committed"])
def test_provisioner_dies_during_the_life_of_a_dedicated_cluster(whole, tenant, data_plane, step):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "dedicated", "--brokers", "1", "--disk-mib", "512")
    ids, _ = interrupted_life(whole, "provisioner", step, life)
    nothing_is_doubled_or_left(life, data_plane, cell, ids)


def interrupted_life(stack, component, step, life):
    """The life while `component` dies once at `step` and is started again as soon as it is dead; gives the cluster's ids
    and whether it died."""
    import threading

    end = threading.Event()
    killed = threading.Event()

    def watcher():
        while not end.is_set():
            if died(stack, component):
                killed.set()
                # Unarmed from here on: a step that kills at each pass would never let it get by.
                stack.start(component)
                return
            end.wait(0.1)

    with armed(stack, component, f"{step}=kill@1"):
        thread = threading.Thread(target=watcher)
        thread.start()
        try:
            cluster_id, _ = live(life)
        finally:
            end.set()
            thread.join()
    return [cluster_id], killed.is_set()


def test_an_operation_that_was_accepted_survives_any_kill(whole, tenant):
    """All services at once, right after the answer."""
    operation = tenant.cli("kafka", "create", fresh_name("all"), "--type", "serverless", "--no-wait")
    for name in ("provisioner", "satellite", "bus-broker", "postgres"):
        whole.kill(name)
    whole.up()
    done = tenant.cli("operation", "wait", operation["name"], "--timeout", "4m", timeout_s=300)
    assert done["state"] == "DONE"
    listed = [one for one in tenant.cli("kafka", "list") if one["resource_name"] == operation["target"]]
    assert len(listed) == 1 and listed[0]["state"] == "READY"
