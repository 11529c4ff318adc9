"""PostgreSQL and the control-plane Kafka for real: what an identity may, kills, restarts, and that all state stays."""

import ssl
import subprocess
import time

import pytest

from stack import processes
from stack.assembly import Stack, binaries
from stack.failure import Failure

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not (binaries() / "tools/pki/pki").exists(), reason="//tools/pki is not built"),
]

TOPICS = "org.apache.kafka.tools.TopicCommand"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    made = Stack(tmp_path_factory.mktemp("stack") / "run", free_ports=True)
    try:
        made.up(until="bus-broker")
        yield made
    finally:
        made.destroy()


def confluent(stack, identity):
    stack.identities.ensure(identity)
    return {
        "bootstrap.servers": stack.bus.bootstrap,
        "security.protocol": "SSL",
        "ssl.ca.location": str(stack.identities.ca_file),
        "ssl.certificate.location": str(stack.identities.certificate(identity)),
        "ssl.key.location": str(stack.identities.key(identity)),
    }


def produce(settings, topic, value):
    """None, or the name of the error."""
    from confluent_kafka import Producer

    errors = []
    producer = Producer({**settings, "message.timeout.ms": 20000})
    producer.produce(topic, value, on_delivery=lambda error, _: errors.append(error and error.name()))
    producer.flush(30)
    return errors[0] if errors else "no answer"


def values(settings, topic):
    """All values of a topic of one partition."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer({**settings, "group.id": "unused", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    found = []
    try:
        while (message := consumer.poll(30)) is not None and not message.error():
            found.append(message.value())
    finally:
        consumer.close()
    return found


def create_topic(stack, identity, topic):
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient(confluent(stack, identity))  # it must outlive its futures
    future = admin.create_topics([NewTopic(topic, 1, 1)], request_timeout=30)[topic]
    try:
        future.result(timeout=60)
        return None
    except Exception as error:  # confluent_kafka gives the KafkaError as the only argument
        return error.args[0].name()


def test_who_has_no_acl_is_refused(stack):
    assert create_topic(stack, "sluice-provisioner", "sluice.dp.local.status.v1") is None
    assert produce(confluent(stack, "sluice-provisioner"), "sluice.dp.local.status.v1", b"x") is None
    stranger = confluent(stack, "satellite-local")
    assert produce(stranger, "sluice.dp.local.status.v1", b"x") == "TOPIC_AUTHORIZATION_FAILED"
    assert create_topic(stack, "satellite-local", "mine") == "TOPIC_AUTHORIZATION_FAILED"


def test_an_acl_opens_what_it_names_and_nothing_else(stack):
    assert create_topic(stack, "sluice-provisioner", "sluice.dp.one.status.v1") is None
    assert create_topic(stack, "sluice-provisioner", "sluice.dp.one-more.status.v1") is None
    done = stack.bus.admin_tool("org.apache.kafka.tools.AclCommand", "--add", "--allow-principal", "User:satellite-one",
                                "--operation", "Write", "--topic", "sluice.dp.one.", "--resource-pattern-type", "prefixed")
    if done.returncode != 0:  # its class moved between versions
        done = stack.bus.admin_tool("kafka.admin.AclCommand", "--add", "--allow-principal", "User:satellite-one",
                                    "--operation", "Write", "--topic", "sluice.dp.one.", "--resource-pattern-type",
                                    "prefixed")
    assert done.returncode == 0, done.stdout + done.stderr
    satellite = confluent(stack, "satellite-one")
    assert produce(satellite, "sluice.dp.one.status.v1", b"x") is None
    assert produce(satellite, "sluice.dp.one-more.status.v1", b"x") == "TOPIC_AUTHORIZATION_FAILED"


def test_no_certificate_and_a_foreign_one(stack, tmp_path):
    settings = confluent(stack, "satellite-local")
    bare = {key: value for key, value in settings.items() if "certificate" not in key and "key" not in key}
    assert not connects(bare)
    pki = stack.identities.binary
    for command in (["create-ca", "--cn", "other", "--days", "1", "--out", tmp_path / "ca"],
                    ["issue", "--ca", tmp_path / "ca", "--cn", "sluice-provisioner", "--days", "1", "--out", tmp_path / "id"]):
        subprocess.run([pki, *command], check=True)
    forged = {**settings, "ssl.certificate.location": str(tmp_path / "id.pem"), "ssl.key.location": str(tmp_path / "id.key")}
    assert not connects(forged)
    assert connects(settings)


def connects(settings):
    from confluent_kafka.admin import AdminClient

    try:
        AdminClient({**settings, "log_level": 0}).list_topics(timeout=10)
        return True
    except Exception:
        return False


def served(stack, port):
    """The certificate that a node shows now."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=20)


def test_certificates_are_renewed_while_running(stack):
    listening = [stack.bus.broker_port, stack.bus.controller_port]
    before, pids = [served(stack, port) for port in listening], stack.status()
    assert stack.renew() == []
    assert {"sluice-bus-broker", "sluice-bus-controller"} <= set(stack.renew(force=True))
    deadline = time.monotonic() + 60
    while any(served(stack, port) == old for port, old in zip(listening, before)):
        assert time.monotonic() < deadline, "a node still shows its old certificate"
        time.sleep(0.5)
    assert stack.status() == pids
    assert connects(confluent(stack, "sluice-provisioner"))


def test_a_service_reaches_its_own_database_alone(stack):
    assert stack.postgres.sql("SELECT current_user", "provisioner", "provisioner") == "provisioner"
    with pytest.raises(Failure, match="permission denied"):
        stack.postgres.sql("SELECT 1", "postgres", "provisioner")
    with pytest.raises(Failure, match="permission denied"):
        stack.postgres.sql("CREATE ROLE other", "provisioner", "provisioner")


def test_state_outlives_kills_and_a_full_stop(stack):
    settings = confluent(stack, "sluice-provisioner")
    assert create_topic(stack, "sluice-provisioner", "kept") is None
    assert produce(settings, "kept", b"one") is None
    stack.postgres.sql("CREATE TABLE kept AS SELECT 1 AS value", "provisioner", "provisioner")
    before = stack.status()
    stack.kill("bus-broker")
    stack.kill("postgres")
    assert stack.status()["bus-broker"] is None and stack.status()["postgres"] is None
    stack.up(until="bus-broker")
    after = stack.status()
    assert after["bus-controller"] == before["bus-controller"]  # found again, not doubled
    assert produce(settings, "kept", b"two") is None
    stack.down()
    assert not any(stack.status().values())
    stack.up(until="bus-broker")
    assert values(settings, "kept") == [b"one", b"two"]
    assert stack.postgres.sql("SELECT value FROM kept", "provisioner", "provisioner") == "1"


def test_a_paused_broker_answers_when_it_goes_on(stack):
    stack.pause("bus-broker")
    assert processes.find(stack.state, "bus-broker") is not None
    stack.resume("bus-broker")
    stack.up(until="bus-broker")
