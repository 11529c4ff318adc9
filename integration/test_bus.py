"""The bus: poison is set aside, forged words are dropped, and the topics alone give the state back."""

import time

import pytest
from harness import metrics, programs
from harness.bus import Bus
from harness.tenants import fresh_name, wait_for_warm_cell
from harness.waiting import eventually

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def bus(stack):
    return Bus(stack)


def test_poison_stops_nobody(bus, stack, tenant):
    before = bus.rejected()
    for key in (b"pkc-poison", b"data-plane"):  # without a key Kafka itself refuses it, for the topic is compacted
        bus.say("sluice.dp.local.status.v1", key, b"\xff\xff no document", as_satellite=True)
    eventually(lambda: bus.rejected() > before, 60, "it is set aside and counted")
    began = time.monotonic()
    tenant.serverless()
    assert time.monotonic() - began < 30


def test_a_status_in_another_data_planes_name_is_dropped(bus, tenant, admin):
    """The satellite of `local` may write to its own topic; what it says of another data plane there counts nothing."""
    cluster = tenant.serverless()
    header = bus.headers(source="/sluice/dp/elsewhere/satellite", type_name="sluice.satellite.v1.StatusDocument")
    before = bus.rejected()
    bus.say("sluice.dp.local.status.v1", b"data-plane", b"", as_satellite=True, headers=header)
    eventually(lambda: bus.rejected() > before, 60, "it is dropped and counted")
    assert cluster.describe()["state"] == "READY"
    assert admin("dataplane", "describe", "local")["state"] == "CONNECTED"


def field(number, text):
    """A text in Protobuf's wire format."""
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def test_a_word_about_another_data_plane_is_dropped_and_audited(bus, tenant):
    """The source is the satellite's own; the document inside says that it is another data plane's."""
    forged = fresh_name("pkc")
    value = field(1, forged) + field(2, "elsewhere")
    header = bus.headers(source="/sluice/dp/local/satellite", type_name="sluice.satellite.v1.StatusDocument")
    bus.say("sluice.dp.local.status.v1", forged.encode(), value, as_satellite=True, headers=header)

    def audited():
        target = f"dataPlanes/elsewhere/{forged}".encode()
        return [message for message in bus.messages("sluice.audit.events.v1")
                if target in message.value() and b"DATA_PLANE_MISMATCH" in message.value()]

    assert len(eventually(audited, 60, "the refusal is audited")) == 1
    assert tenant.serverless().describe()["state"] == "READY"


def test_an_old_wish_and_a_repeated_one_change_nothing_and_are_audited(bus, stack, tenant):
    """Said by the provisioner itself, as a relay does that wakes after its successor has gone on."""
    topic = "sluice.dp.local.desired.v1"
    cluster = tenant.serverless("--partition-limit", "5")
    key = f"{cluster.describe()['physical_cluster']}/{cluster.id}".encode()
    old = next(message for message in bus.messages(topic) if message.key() == key)
    cluster.cli("kafka", "update", cluster.name, "--partition-limit", "50")
    cluster.topic("kept", "--partitions", "20")
    newest = [message for message in bus.messages(topic) if message.key() == key][-1]
    before = cluster.describe()

    def dropped():
        return metrics.total(stack.ports["satellite-metrics"], "sluice_bus_reader_dropped_total", topic=topic,
                             reason="STALE_GENERATION")

    so_far = dropped()
    for message in (old, newest, old):
        bus.say(topic, key, message.value(), headers=message.headers())
    eventually(lambda: dropped() >= so_far + 3, 60, "all three are dropped")
    assert {**cluster.describe(), "etag": ""} == {**before, "etag": ""}, "nothing has changed"
    cluster.topic("more", "--partitions", "20")
    log = stack.log("satellite").read_text(errors="replace")
    audits = [line for line in log.splitlines() if '"an old document was dropped"' in line and key.decode() in line]
    assert len(audits) == 3 and all('"audit":true' in line for line in audits), audits


def test_an_empty_database_and_the_topics_give_the_same_state(whole, bus, tenant):
    cluster = tenant.serverless()
    cluster.key()
    cluster.topic("there")
    tenant.serverless().delete()
    # Nobody says anything new while the two are compared.
    whole.stop("satellite")
    eventually(lambda: whole.postgres.sql("SELECT count(*) FROM bus_outbox", database="provisioner") == "0", 60,
               "all that was committed is published")
    whole.stop("provisioner")
    name = fresh_name("rebuilt").replace("-", "_")
    whole.postgres.sql(f"CREATE DATABASE {name} OWNER provisioner")
    ends = bus.ends()
    programs.run(whole, "provisioner", "rebuild", database=name)
    lived = programs.run(whole, "provisioner", "checksums")
    assert programs.run(whole, "provisioner", "checksums", database=name) == lived
    assert bus.ends() == ends, "a rebuild says nothing"
    whole.up()
    wait_for_warm_cell(whole)
    whole.postgres.sql(f"DROP DATABASE {name}")
