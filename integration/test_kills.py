"""kill -9 at every numbered step of create, update and delete: the operation ends, nothing is doubled or orphaned, and
describe tells the truth. The steps are read from the sources, so that a new one is tried without a line here."""

import json

import pytest
from harness.clients import ConfluentClient
from harness.faults import Reaper, declared, log_of
from harness.patience import ask
from harness.tenants import Cluster, Credentials, fresh_name, wait_for_warm_cell
from harness.waiting import eventually

pytestmark = pytest.mark.faults


def without(steps, *beginnings):
    return [step for step in steps if not step.startswith(beginnings)]


def only(steps, *beginnings):
    return [step for step in steps if step.startswith(beginnings)]


# What no create, update or delete comes by: an enrolment, the stop of a node for a roll (adapters/local tries that), plans
# and shrinks (test_moves.py).
SATELLITE = without(declared("satellite", "services/satellite"), "satellite.enrolment.", "satellite.node_stop.",
                    "satellite.plans.", "satellite.moves.", "satellite.retire.")
# Passed by brokers alone: with a DEDICATED cluster.
BROKERS = only(SATELLITE, "satellite.prepare.", "satellite.node_start.", "satellite.remove.", "satellite.physical.3_")
TENANCY = without(SATELLITE, *BROKERS)
# What a cluster's life does not come by: data planes and their warm cells, cancels, poison.
PROVISIONER = without(declared("provisioner", "services/provisioner") + declared("bus", "libs/bus"),
                      "provisioner.register.", "provisioner.enrol.", "provisioner.cancel.", "provisioner.data_plane.",
                      "provisioner.cell.", "bus.inbox.after_set_aside")


class Life:
    """Create, use, change, delete, undelete and purge of one cluster. Each step is asked for again until there is an answer,
    as a script with patience does while processes die."""

    def __init__(self, tenant, kind, *options, purge=("--purge-now",)):
        self.cli = tenant.cli
        self.name = fresh_name("life")
        self.kind = kind
        self.options = options
        self.purge = purge

    def live(self):
        """The whole life; gives the cluster's id."""
        made = ask(self.cli, "kafka", "create", self.name, "--type", self.kind, *self.options)
        assert made["state"] == "READY"
        cluster = Cluster(self.cli, made)
        key = Credentials.of(ask(self.cli, "key", "create", "--cluster", self.name))
        topic = ask(self.cli, "topic", "create", "clicks", "--cluster", self.name)["kafka_name"]
        updated = ask(self.cli, "kafka", "update", self.name, "--partition-limit", "77")
        assert updated["effective_limits"]["partitions"] == 77
        client = ConfluentClient(key)
        client.produce(topic, ["one"])
        assert client.consume(topic, cluster.prefix + "g", 1) == ["one"]
        ask(self.cli, "kafka", "delete", self.name, "--force", "--yes")
        back = ask(self.cli, "kafka", "undelete", self.name)
        assert back["id"] == cluster.id
        ask(self.cli, "topic", "delete", "clicks", "--cluster", self.name, "--yes")
        ask(self.cli, "key", "delete", key.key_name, "--cluster", self.name, "--yes")
        ask(self.cli, "kafka", "delete", self.name, "--force", *self.purge, "--yes")
        eventually(self.is_purged, 120, "what was deleted is purged when its time has come")
        return cluster.id

    def is_purged(self):
        listed = self.cli.run("kafka", "list", "--show-deleted")
        return listed.code == 0 and self.name not in [one["name"] for one in json.loads(listed.out)]


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


@pytest.fixture
def purges_soon(whole):
    """What is deleted can be undeleted for so long only, and its purge comes by itself then."""
    flags = whole.services.flags["provisioner"]
    whole.services.flags["provisioner"] = [*flags, "--undelete-window-s", 20]
    yield whole
    whole.services.flags["provisioner"] = flags
    whole.restart("provisioner")


def test_provisioner_dies_at_each_step_of_a_serverless_life(purges_soon, tenant, data_plane):
    whole = purges_soon
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "serverless", purge=())
    fired, cluster_id = interrupted(whole, "provisioner", PROVISIONER, life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)
    all_were_passed(fired, PROVISIONER, whole, "provisioner")


def test_provisioner_dies_at_each_step_of_a_dedicated_life(purges_soon, tenant, data_plane):
    whole = purges_soon
    cell = wait_for_warm_cell(whole)
    life = Life(tenant, "dedicated", "--brokers", "1", "--disk-mib", "1024", purge=())
    fired, cluster_id = interrupted(whole, "provisioner", PROVISIONER, life)
    nothing_is_doubled_or_left(life, data_plane, cell, cluster_id)
    all_were_passed(fired, PROVISIONER, whole, "provisioner")


@pytest.mark.full
@pytest.mark.parametrize("kind, component, step",
                         [("serverless", "satellite", step) for step in TENANCY] +
                         [("dedicated", "satellite", step) for step in SATELLITE] +
                         [("serverless", "provisioner", step) for step in PROVISIONER])
def test_one_step_alone(purges_soon, tenant, data_plane, kind, component, step):
    """With a life of its own: a step may hide behind the death at another."""
    whole = purges_soon
    cell = wait_for_warm_cell(whole)
    purged_by_loop = step.startswith("provisioner.purge.")
    life = Life(tenant, kind, *(("--brokers", "1", "--disk-mib", "1024") if kind == "dedicated" else ()),
                purge=() if purged_by_loop else ("--purge-now",))
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
