"""Limits hold for the logical cluster, however many keys, brokers and ways it has."""

import threading
import time

import pytest
from harness import cli as exit_codes
from harness.clients import ConfluentClient, Refused
from harness.tenants import fresh_name
from harness.waiting import eventually

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def cluster(tenant):
    return tenant.serverless("--ingress", "512KiB", "--partition-limit", "6")


def test_two_keys_share_one_produce_quota(cluster):
    """Each key alone could fill the quota; together they must stay within it."""
    topic = cluster.topic("ingest", "--partitions", "3")
    clients = [ConfluentClient(cluster.key()) for _ in range(2)]
    for client in clients:
        client.produce(topic, ["warm"])
    record = "x" * 10_000
    count = 300  # 3 MB each, 6 MB together
    began = time.monotonic()
    threads = [threading.Thread(target=client.produce, args=(topic, [record] * count, 120),
                                kwargs={"batch.size": 64_000, "compression.type": "none"}) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    rate = 2 * count * len(record) / seconds
    # Kafka lets a burst of some windows through before it throttles; without a quota loopback takes a fraction of this.
    assert rate < 2.5 * 512 * 1024, f"{rate / MIB:.2f} MiB/s through a quota of 0.5"
    assert seconds > 4, f"6 MB in {seconds:.1f} s"


def test_the_partition_limit_holds_for_the_api_and_for_the_tenants_own_client(cluster):
    client = ConfluentClient(cluster.key())
    for name in list(cluster.topics()):
        cluster.cli("topic", "delete", name, "--cluster", cluster.name, "--yes")
    cluster.topic("half", "--partitions", "4")
    over = cluster.cli.run("topic", "create", "over", "--cluster", cluster.name, "--partitions", "3")
    assert over.code in (exit_codes.CONFLICT, exit_codes.OPERATION_FAILED), str(over)
    assert "PARTITION_LIMIT" in (over.reason or ""), str(over)

    client.create_topic(cluster.prefix + "own", partitions=2)  # six: the limit is reached

    def withdrawn():
        try:
            client.create_topic(cluster.prefix + fresh_name("more"), partitions=1)
        except Refused:
            return True
        return False

    eventually(withdrawn, 60, "the tenant's own client may not create any more")

    def told():
        conditions = cluster.describe()["conditions"]
        return [condition for condition in conditions
                if condition["type"] == "TopicCreation" and condition["status"] == "FALSE"]

    eventually(told, 60, "describe says that the right is withdrawn")
    for name in list(cluster.topics()):
        cluster.cli("topic", "delete", name, "--cluster", cluster.name, "--yes")

    def given_back():
        try:
            client.create_topic(cluster.prefix + fresh_name("again"), partitions=1)
        except Refused:
            return False
        return True

    eventually(given_back, 60, "the right comes back with the room")


def test_a_raised_limit_is_in_effect_when_the_update_returns(tenant):
    cluster = tenant.serverless("--partition-limit", "1")
    cluster.topic("one")
    assert cluster.cli.run("topic", "create", "two", "--cluster", cluster.name).code != exit_codes.OK
    updated = cluster.cli("kafka", "update", cluster.name, "--partition-limit", "10")
    assert updated["effective_limits"]["partitions"] == 10
    assert updated["observed_generation"] == updated["generation"]
    cluster.topic("two", "--partitions", "9")
