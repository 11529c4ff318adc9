"""Parts of the control plane are gone; tenants do not notice, and nothing that was acknowledged is lost."""

import time

import pytest
from harness import cli as exit_codes
from harness.clients import ConfluentClient
from harness.faults import stopped
from harness.stops import CONTROL_PLANE
from harness.tenants import fresh_name, wait_for_warm_cell
from harness.waiting import eventually, holds

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def cluster(tenant):
    return tenant.serverless()


@pytest.fixture(scope="module")
def client(cluster):
    return ConfluentClient(cluster.key())


def round_trip(cluster, client, topic):
    """Something goes in and comes out again."""
    text = fresh_name("record")
    client.produce(topic, [text], timeout_s=60)
    group = cluster.prefix + fresh_name("g")
    texts = client.consume(topic, group, 1_000_000, timeout_s=60, until=text)
    assert text in texts
    return True


def test_tenants_go_on_without_a_control_plane_and_a_dead_broker_comes_back(whole, cluster, client, data_plane):
    topic = cluster.topic(fresh_name("on"), "--partitions", "3")
    physical = cluster.describe()["physical_cluster"]
    with stopped(whole, *CONTROL_PLANE):
        assert round_trip(cluster, client, topic)
        victim = data_plane.brokers(physical)[0]["node_id"]
        old = data_plane.kill(physical, victim)
        # The two that are left go on at once, and the satellite alone brings the third back.
        assert round_trip(cluster, client, topic)
        eventually(lambda: data_plane.running(physical).get(victim) not in (None, old), 120, "the broker is started again")
        cell = data_plane.cell(physical)
        eventually(lambda: all(replicas == in_sync for replicas, in_sync in cell.replicas(topic).values()), 120,
                   "it is in sync again")
        assert round_trip(cluster, client, topic)
    assert cluster.describe()["state"] == "READY"


def test_a_satellite_that_is_killed_finds_its_brokers_again(whole, cluster, client, data_plane):
    topic = cluster.topic(fresh_name("found"))
    physical = cluster.describe()["physical_cluster"]
    before = data_plane.running(physical)
    whole.kill("satellite")
    assert round_trip(cluster, client, topic), "tenants need no satellite"
    whole.start("satellite")
    wait_for_warm_cell(whole)
    assert data_plane.running(physical) == before, "found again, not started anew"
    cluster.topic(fresh_name("after"))


def test_a_broker_dies_while_the_satellite_is_away(whole, cluster, data_plane):
    physical = cluster.describe()["physical_cluster"]
    whole.kill("satellite")
    victim = data_plane.brokers(physical)[-1]["node_id"]
    old = data_plane.kill(physical, victim)
    whole.start("satellite")
    eventually(lambda: data_plane.running(physical).get(victim) not in (None, old), 120, "the broker is started again")
    wait_for_warm_cell(whole)


def test_without_postgresql_the_api_says_unavailable_and_loses_nothing(whole, tenant):
    acknowledged = [tenant.serverless().name for _ in range(2)]
    whole.kill("postgres")
    began = time.monotonic()
    refused = tenant.cli.run("kafka", "create", fresh_name("no"), "--type", "serverless", "--timeout", "8s")
    assert refused.code == exit_codes.UNAVAILABLE, str(refused)
    assert time.monotonic() - began < 30
    whole.up()
    made = eventually(lambda: tenant.cli.run("kafka", "create", fresh_name("yes"), "--type", "serverless").code == 0, 120,
                      "creates work again")
    assert made
    names = {cluster["name"] for cluster in tenant.cli("kafka", "list")}
    assert set(acknowledged) <= names


def test_without_the_bus_creates_are_accepted_and_end_when_it_is_back(whole, tenant):
    whole.kill("bus-broker")
    operation = tenant.cli("kafka", "create", fresh_name("waits"), "--type", "serverless", "--no-wait")
    holds(lambda: not tenant.cli("operation", "describe", operation["name"])["done"], 5,
          "nothing can be ready without a word of the data plane")
    described = tenant.cli("kafka", "describe", operation["target"])
    assert described["state"] != "READY"
    whole.up()
    done = tenant.cli("operation", "wait", operation["name"], "--timeout", "3m", timeout_s=240)
    assert done["state"] == "DONE"


def test_a_bus_that_restarts_costs_nothing(whole, tenant):
    whole.restart("bus-broker")
    tenant.serverless().topic("fine")


def test_describe_tells_of_a_dead_broker(whole, cluster, data_plane, admin):
    """With its satellite alive the data plane's own word is there within seconds."""
    physical = cluster.describe()["physical_cluster"]
    data_plane.kill(physical, data_plane.brokers(physical)[1]["node_id"])

    def told():
        for one in admin("dataplane", "describe", "local")["physical_clusters"]:
            if one["id"] == physical and (one["state"] != "UP" or one["brokers_ready"] < one["brokers"]):
                return one
        return None

    eventually(told, 30, "describe says that a broker is missing")
    wait_for_warm_cell(whole)


def test_describe_tells_of_a_data_plane_that_is_out_of_reach(whole, admin):
    whole.pause("satellite")
    try:
        eventually(lambda: admin("dataplane", "describe", "local")["state"] == "UNREACHABLE", 60, "no word for 15 s")
    finally:
        whole.resume("satellite")
    eventually(lambda: admin("dataplane", "describe", "local")["state"] == "CONNECTED", 60, "its word is back")
