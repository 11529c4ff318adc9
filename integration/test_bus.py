"""The bus: poison is set aside, forged words are dropped, and the topics alone give the state back."""

import subprocess
import time

import pytest
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
    provisioner(whole, "rebuild", name)
    assert provisioner(whole, "checksums", name) == provisioner(whole, "checksums", "provisioner")
    assert bus.ends() == ends, "a rebuild says nothing"
    whole.up()
    wait_for_warm_cell(whole)
    whole.postgres.sql(f"DROP DATABASE {name}")


def provisioner(stack, verb, database):
    """Runs a verb of the provisioner on a database; gives what it printed."""
    flags = [str(flag) for flag in stack.services._provisioner_flags()]
    at = flags.index("--database-url") + 1
    flags[at] = flags[at].rsplit("/", 1)[0] + "/" + database
    command = [str(stack.services.binaries / "services/provisioner/provisioner"), *flags, verb]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
