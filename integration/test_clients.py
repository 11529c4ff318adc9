"""What is printed works as it stands in any Kafka client."""

import pytest
from harness.clients import ALL, ConfluentClient
from harness.tenants import Cluster, Credentials, fresh_name


@pytest.fixture(scope="module")
def serverless(tenant):
    return tenant.serverless()


@pytest.fixture(scope="module")
def dedicated(tenant):
    cluster = tenant.dedicated("--brokers", "1", "--disk-mib", "1024")
    yield cluster
    cluster.delete()


@pytest.mark.parametrize("make_client", ALL, ids=lambda client: client.name)
def test_serverless_is_produced_to_and_consumed_from(serverless, make_client):
    client = make_client(serverless.key())
    topic = serverless.topic(fresh_name("clicks"), "--partitions", "3")
    assert topic.startswith(serverless.prefix)
    texts = {f"click {number}" for number in range(50)}
    client.produce(topic, sorted(texts))
    assert set(client.consume(topic, serverless.prefix + "readers", len(texts))) == texts


@pytest.mark.parametrize("make_client", ALL, ids=lambda client: client.name)
def test_dedicated_is_produced_to_and_consumed_from(dedicated, make_client):
    assert dedicated.prefix == ""
    client = make_client(dedicated.key())
    topic = dedicated.topic(fresh_name("clicks"))
    client.produce(topic, ["one", "two"])
    assert set(client.consume(topic, "readers", 2)) == {"one", "two"}


def test_create_prints_all_that_a_client_needs(serverless):
    printed = serverless.described
    assert printed["id"].startswith("lkc-") and printed["state"] == "READY"
    assert printed["topic_prefix"] == printed["group_prefix"] == printed["transactional_id_prefix"] == printed["id"] + "."
    assert printed["replication_factor"] == 3 and printed["min_insync_replicas"] == 2
    assert printed["security_protocol"] == "SASL_SSL" and printed["sasl_mechanism"] == "SCRAM-SHA-512"


def test_a_transaction_behind_the_prefix(serverless):
    from confluent_kafka import Producer

    client = ConfluentClient(serverless.key())
    topic = serverless.topic(fresh_name("paid"))
    producer = Producer({**client.settings, "transactional.id": serverless.prefix + "till"})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(topic, value="paid")
    producer.commit_transaction(60)
    assert client.consume(topic, serverless.prefix + "paid", 1) == ["paid"]


def test_topics_of_a_tenants_own_client_are_listed(serverless):
    from harness.waiting import eventually

    client = ConfluentClient(serverless.key())
    name = fresh_name("own")
    client.create_topic(serverless.prefix + name, partitions=2)
    topic = eventually(lambda: serverless.topics().get(name), 60, "the API lists the tenant's own topic")
    assert topic["partitions"] == 2 and topic["replication_factor"] == 3


def test_settings_files_are_ready_to_use(serverless, tmp_path):
    """`-o java` is given to Java's own tool, and `-o librdkafka` to librdkafka, unread."""
    import os
    import subprocess

    from harness.clients import kafka_jvm

    cli = serverless.cli

    def settings(form):
        done = subprocess.run([cli.binary, "key", "create", "--cluster", serverless.name, "-o", form],
                              env=cli.environment(), capture_output=True, text=True, check=True, timeout=120)
        return done.stdout

    config = tmp_path / "client.properties"
    config.write_text(settings("java"))
    done = subprocess.run([kafka_jvm.java(), "-Xmx96m", *kafka_jvm.FLAGS, "-cp", kafka_jvm.class_path(),
                           "org.apache.kafka.tools.TopicCommand", "--bootstrap-server",
                           serverless.described["bootstrap_servers"], "--command-config", str(config), "--list"],
                          capture_output=True, text=True, check=False, timeout=120, env=os.environ)
    assert done.returncode == 0, done.stderr
    pairs = dict(line.split("=", 1) for line in settings("librdkafka").splitlines())
    from confluent_kafka.admin import AdminClient

    assert AdminClient(pairs).list_topics(timeout=20).brokers


def test_a_key_logs_in_on_every_broker_when_its_create_returns(serverless):
    for _ in range(5):
        key = serverless.key()
        for server in key.bootstrap_servers.split(","):
            alone = Credentials(server, key.username, key.password, key.ca_file, key.prefix, key.key_name)
            assert ConfluentClient(alone).can_log_in(), f"{key.username} on {server}"


def test_a_deleted_key_is_shut_out_and_the_others_are_not(serverless):
    from harness.waiting import eventually

    gone, stays = serverless.key(), serverless.key()
    serverless.cli("key", "delete", gone.key_name, "--cluster", serverless.name, "--yes")
    eventually(lambda: not ConfluentClient(gone).can_log_in(3), 60, "the deleted key is refused")
    assert ConfluentClient(stays).can_log_in()


def test_describe_by_full_name_is_the_same(serverless):
    short = serverless.describe()
    full = Cluster(serverless.cli, short).cli("kafka", "describe", short["resource_name"])
    assert full["id"] == short["id"]
