"""Limits hold for the logical cluster, however many keys, brokers and ways it has."""

import threading
import time

import pytest
from harness import cli as exit_codes
from harness import metrics
from harness.clients import ConfluentClient, Refused
from harness.tenants import fresh_name
from harness.waiting import eventually

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def cluster(tenant):
    return tenant.serverless("--ingress", "512KiB", "--partition-limit", "6")


class Flood:
    """As a context manager: writes with one key as fast as it may, as long as the block lasts."""

    def __init__(self, credentials, topic):
        from confluent_kafka import Producer

        self.topic = topic
        self.throttled = threading.Event()
        self._end = threading.Event()
        self._producer = Producer({**ConfluentClient(credentials).settings, "compression.type": "none", "linger.ms": 5,
                                   "batch.size": 64_000, "queue.buffering.max.kbytes": 1024, "throttle_cb": self._told})
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _told(self, event):
        if event.throttle_time > 0:
            self.throttled.set()

    def _write(self):
        while not self._end.is_set():
            try:
                self._producer.produce(self.topic, value=b"x" * 10_000)
            except BufferError:
                self._producer.poll(0.1)
            self._producer.poll(0)
        self._producer.purge()
        self._producer.flush(20)


def test_two_keys_share_one_produce_quota(cluster, data_plane):
    """Each key alone could fill the quota; together they stay within it. The brokers' own counters say how much came, over a
    time that both share: a busy machine makes that less, never more."""
    quota = 512 * 1024
    topic = cluster.topic("ingest", "--partitions", "3")
    ports = [node["ports"]["metrics"] for node in data_plane.brokers(cluster.describe()["physical_cluster"])]

    def bytes_in():
        return sum(metrics.total(port, "sluice_topic_bytes_in_total", topic=topic) for port in ports), time.monotonic()

    def rate(seconds):
        before, began = bytes_in()
        time.sleep(seconds)
        after, ended = bytes_in()
        return (after - before) / (ended - began)

    with Flood(cluster.key(), topic) as one, Flood(cluster.key(), topic) as other:
        for flood in (one, other):
            assert flood.throttled.wait(90), "a key that writes as fast as it can is never throttled"
        # Kafka lets what ten idle seconds have saved up through at once; after that the quota is all there is.
        eventually(lambda: rate(5) < 1.3 * quota, 90, "the burst is over")
        steady = rate(15)
    assert 0 < steady < 1.3 * quota, f"{steady / MIB:.2f} MiB/s through a quota of 0.5"


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
