"""kill -9 at every numbered step of create, update and delete: the operation ends, nothing is doubled or orphaned, and
describe tells the truth. The steps are read from the sources, so that a new one is tried without a line here."""

import json
import time
import uuid

import pytest
from harness.clients import ConfluentClient
from harness.faults import Reaper, declared, log_of
from harness.tenants import Cluster, Credentials, fresh_name, wait_for_warm_cell
from harness.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.full]


def without(steps, *beginnings):
    return [step for step in steps if not step.startswith(beginnings)]


def only(steps, *beginnings):
    return [step for step in steps if step.startswith(beginnings)]


SATELLITE = without(declared("satellite", "services/satellite"), "satellite.enrolment.")
# Passed by brokers alone: with a DEDICATED cluster.
BROKERS = only(SATELLITE, "satellite.prepare.", "satellite.node_start.", "satellite.node_stop.", "satellite.remove.",
               "satellite.physical.3_")
TENANCY = without(SATELLITE, *BROKERS)
# What a cluster's life does not come by: data planes and their warm cells, cancels, poison.
PROVISIONER = without(declared("provisioner", "services/provisioner") + declared("bus", "libs/bus"),
                      "provisioner.register.", "provisioner.enrol.", "provisioner.cancel.", "provisioner.data_plane.",
                      "provisioner.cell.", "bus.inbox.after_set_aside")


class Life:
    """Create, use, change, delete, undelete and purge of one cluster. Each step is asked for again until there is an answer,
    as a script with patience does while processes die."""

    def __init__(self, tenant, kind, *options):
        self.cli = tenant.cli
        self.name = fresh_name("life")
        self.kind = kind
        self.options = options

    def again(self, *arguments, timeout_s=300):
        """With one request id, so that a repeat has no second effect."""
        request = str(uuid.uuid4())
        deadline = time.monotonic() + timeout_s
        while True:
            ended = self.cli.run(*arguments, "--request-id", request, "--timeout", "60s")
            if ended.code == 0:
                return json.loads(ended.out)
            if ended.reason == "SECRET_SHOWN_ONCE":
                # The answer was lost on its way: its key is of no use, another is made.
                request = str(uuid.uuid4())
                continue
            # 6: out of reach or slow. Anything else is an answer, and the wrong one.
            assert ended.code == 6, str(ended)
            assert time.monotonic() < deadline, str(ended)

    def live(self):
        """The whole life; gives the cluster's id."""
        made = self.again("kafka", "create", self.name, "--type", self.kind, *self.options)
        assert made["state"] == "READY"
        cluster = Cluster(self.cli, made)
        key = Credentials.of(self.again("key", "create", "--cluster", self.name))
        topic = self.again("topic", "create", "clicks", "--cluster", self.name)["kafka_name"]
        updated = self.again("kafka", "update", self.name, "--partition-limit", "77")
        assert updated["effective_limits"]["partitions"] == 77
        client = ConfluentClient(key)
        client.produce(topic, ["one"])
        assert client.consume(topic, cluster.prefix + "g", 1) == ["one"]
        self.again("kafka", "delete", self.name, "--force", "--yes")
        back = self.again("kafka", "undelete", self.name)
        assert back["id"] == cluster.id
        self.again("topic", "delete", "clicks", "--cluster", self.name, "--yes")
        self.again("key", "delete", key.key_name, "--cluster", self.name, "--yes")
        self.again("kafka", "delete", self.name, "--force", "--purge-now", "--yes")
        return cluster.id


def interrupted(stack, component, steps, life):
    """The life while `component` dies once at each of `steps`; gives the steps that were passed, and the cluster's id."""
    with Reaper(stack, component, steps) as reaper:
        cluster_id = life.live()
    return reaper.fired, cluster_id


def nothing_is_doubled_or_left(life, data_plane, cell, cluster_id):
    """Neither in the API, nor on the cell, nor as a process."""
    listed = [one for one in life.cli("kafka", "list", "--show-deleted") if one["name"] == life.name]
    assert all(one["state"] in ("DELETING", "DELETED") for one in listed), listed
    for operation in life.cli("operation", "list"):
        if operation["target"].endswith("/" + life.name):
            assert operation["done"], f"an operation without end: {operation}"
    assert data_plane.cell(cell).traces_of(cluster_id) == []
    eventually(lambda: data_plane.clusters() == [cell], 120, "no folder of a physical cluster is left over")


def all_were_passed(fired, steps, stack, component):
    missing = sorted(set(steps) - set(fired))
    assert not missing, f"never passed: {missing}; {log_of(stack, component)}"


def test_satellite_dies_at_each_step_of_a_serverless_life(whole, tenant, data_plane):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "serverless")
    fired, cluster_id = interrupted(whole, "satellite", TENANCY, life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)
    all_were_passed(fired, TENANCY, whole, "satellite")


def test_satellite_dies_at_each_step_of_a_dedicated_life(whole, tenant, data_plane):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "dedicated", "--brokers", "1", "--disk-mib", "1024")
    fired, cluster_id = interrupted(whole, "satellite", SATELLITE, life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)
    all_were_passed(fired, BROKERS, whole, "satellite")


def test_provisioner_dies_at_each_step_of_a_serverless_life(whole, tenant, data_plane):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "serverless")
    fired, cluster_id = interrupted(whole, "provisioner", PROVISIONER, life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)
    all_were_passed(fired, PROVISIONER, whole, "provisioner")


def test_provisioner_dies_at_each_step_of_a_dedicated_life(whole, tenant, data_plane):
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "dedicated", "--brokers", "1", "--disk-mib", "1024")
    fired, cluster_id = interrupted(whole, "provisioner", PROVISIONER, life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)
    all_were_passed(fired, PROVISIONER, whole, "provisioner")


@pytest.mark.full
@pytest.mark.parametrize("kind, component, step",
                         [("serverless", "satellite", step) for step in TENANCY] +
                         [("dedicated", "satellite", step) for step in SATELLITE] +
                         [("serverless", "provisioner", step) for step in PROVISIONER])
def test_one_step_alone(whole, tenant, data_plane, kind, component, step):
    """With a life of its own: a step may hide behind the death at another."""
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, kind, *(("--brokers", "1", "--disk-mib", "1024") if kind == "dedicated" else ()))
    _, cluster_id = interrupted(whole, component, [step], life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)


def test_an_operation_that_was_accepted_survives_the_death_of_all(whole, tenant):
    """All services at once, right after the answer."""
    operation = tenant.cli("kafka", "create", fresh_name("all"), "--type", "serverless", "--no-wait")
    for name in ("provisioner", "satellite", "bus-broker", "postgres"):
        whole.kill(name)
    whole.up()
    done = tenant.cli("operation", "wait", operation["name"], "--timeout", "4m", timeout_s=300)
    assert done["state"] == "DONE"
    listed = [one for one in tenant.cli("kafka", "list") if one["resource_name"] == operation["target"]]
    assert len(listed) == 1 and listed[0]["state"] == "READY"
