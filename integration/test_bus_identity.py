"""A satellite's identity opens its own data plane's topics, and no other's."""

import pytest
from harness.bus import Bus
from harness.data_plane import bus_identity
from harness.tenants import fresh_name


@pytest.fixture(scope="module")
def satellite_identity(stack):
    return Bus(stack).satellite_settings


@pytest.fixture(scope="module")
def other_data_plane(admin):
    """Registered, and its name begins as the first one's does."""
    name = fresh_name("local")
    admin("dataplane", "register", name, "--region", "elsewhere")
    yield name
    admin("dataplane", "delete", name, "--yes")


def produce_error(settings, topic):
    from confluent_kafka import Producer

    errors = []
    producer = Producer({**settings, "message.timeout.ms": 15000})
    producer.produce(topic, key=b"pkc-forged", value=b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(20)
    assert errors, "neither delivered nor refused"
    return errors[0].name() if errors[0] else None


def read_error(settings, topic):
    from confluent_kafka import Consumer

    consumer = Consumer({**settings, "group.id": "sluice.dp.local." + fresh_name("probe"), "enable.auto.commit": False,
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        for _ in range(20):
            message = consumer.poll(1.0)
            if message is not None:
                return message.error().name() if message.error() else None
        return "nothing came"
    finally:
        consumer.close()


def test_its_own_desired_documents_are_readable(satellite_identity):
    assert read_error(satellite_identity, "sluice.dp.local.desired.v1") is None


@pytest.mark.parametrize("kind", ["status", "load", "usage", "desired", "plans"])
def test_another_data_planes_topics_are_closed_for_writing(satellite_identity, other_data_plane, kind):
    assert produce_error(satellite_identity, f"sluice.dp.{other_data_plane}.{kind}.v1") == "TOPIC_AUTHORIZATION_FAILED"


@pytest.mark.parametrize("kind", ["desired", "plans", "status"])
def test_another_data_planes_topics_are_closed_for_reading(satellite_identity, other_data_plane, kind):
    topic = f"sluice.dp.{other_data_plane}.{kind}.v1"
    assert read_error(satellite_identity, topic) in ("TOPIC_AUTHORIZATION_FAILED", "UNKNOWN_TOPIC_OR_PART")


@pytest.mark.parametrize("topic", ["sluice.dp.local.desired.v1", "sluice.dp.local.plans.v1",
                                   "sluice.kafka-cluster.events.v1", "sluice.audit.events.v1"])
def test_what_is_not_its_own_to_say_is_closed_for_writing(satellite_identity, topic):
    assert produce_error(satellite_identity, topic) == "TOPIC_AUTHORIZATION_FAILED"


def test_nobody_gets_in_without_an_identity(stack):
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    ca_file = str(bus_identity(stack)[0])
    for settings in ({"security.protocol": "PLAINTEXT"}, {"security.protocol": "SSL", "ssl.ca.location": ca_file}):
        with pytest.raises(KafkaException):
            AdminClient({"bootstrap.servers": stack.bus.bootstrap, **settings}).list_topics(timeout=8)


def test_an_enrolment_token_is_good_once(stack, admin, other_data_plane):
    """The token of the first data plane's satellite is spent."""
    import subprocess

    token = stack.state.path("secrets", "enrolment-token")
    assert token.exists()
    elsewhere = stack.state.path("second-satellite")
    command = [str(word) for word in stack.services._satellite_command()]
    command[command.index("--state-dir") + 1] = str(elsewhere)
    command[command.index("--metrics-listen") + 1] = "127.0.0.1:0"
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "ENROLMENT_TOKEN" in done.stdout + done.stderr
    assert not (elsewhere / "identity" / "identity.json").exists()
