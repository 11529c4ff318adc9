"""Row 26, where it is about certificates: they end and are renewed while everything runs, and nobody notices. Lifetimes are
scaled so that each certificate's end is crossed; a certificate is renewed when two thirds of its life are over."""

import json
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from harness import metrics
from harness.bus import Bus
from harness.data_plane import bus_identity
from harness.tenants import wait_for_warm_cell
from harness.traffic import Traffic
from harness.waiting import eventually
from stack.identities import IDENTITY_LIFETIME

pytestmark = pytest.mark.faults

# A certificate is good from a minute before it is made: of 45 s it is renewed after 10.
LIFETIME_S = 45
PROVISIONER = "sluice-provisioner"


def facts(stack, certificate):
    """What tools/pki says of a certificate, by its first words."""
    tool = stack.services.binaries / "tools/pki/pki"
    text = subprocess.run([tool, "inspect", certificate], capture_output=True, text=True, check=True).stdout
    return {line[:12].strip(): line[13:] for line in text.splitlines()}


def short_lived(stack, name):
    """Gives it a new certificate that ends soon; when, by the monotonic clock."""
    stack.identities.lifetime = timedelta(seconds=LIFETIME_S)
    stack.identities.ensure(name, force=True)
    return time.monotonic() + LIFETIME_S


def ends_within(stack, certificate, seconds):
    ends = datetime.fromisoformat(facts(stack, certificate)["not after"])
    return ends - datetime.now(timezone.utc) <= timedelta(seconds=seconds)


def passes(moment):
    eventually(lambda: time.monotonic() > moment, LIFETIME_S + 60, "the first certificate has ended")


@pytest.fixture
def settled(whole):
    """Afterwards the services have their long-lived certificates again."""
    yield whole
    whole.services.flags["provisioner"] = []
    whole.identities.lifetime = IDENTITY_LIFETIME
    whole.identities.ensure(PROVISIONER, force=True)
    whole.stop("provisioner")


def test_the_provisioners_certificate_ends_and_it_goes_on(settled, tenant):
    """On the API and on the bus: librdkafka reads its certificate once, so each of its clients has to be made anew."""
    stack = settled
    end = short_lived(stack, PROVISIONER)
    stack.restart("provisioner")
    wait_for_warm_cell(stack)
    pid = stack.status()["provisioner"]
    assert ends_within(stack, stack.identities.certificate(PROVISIONER), LIFETIME_S), "it runs with the short one"
    cluster = tenant.serverless()
    with Traffic(cluster, every_s=0.5) as traffic:
        watch = tenant.cli.start("watch", "--changes-only")
        try:
            stack.identities.lifetime = IDENTITY_LIFETIME
            assert stack.identities.ensure(PROVISIONER, force=True), "renewed, as the stack's caretaker does it"
            passes(end)
            # All connections are new ones from here on: with the old certificate none would come about.
            stack.restart("bus-broker")
            wait_for_warm_cell(stack)
            made = tenant.serverless()
            made.topic("after")
            assert traffic.flows()
            heard = set()
            for line in watch.stdout:
                news = json.loads(line)
                if news["resource"] == "kafka":
                    heard.add(news["object"]["name"])
                if made.name in heard:
                    break
        finally:
            watch.terminate()
            watch.wait(20)
            watch.stdout.close()
    assert stack.status()["provisioner"] == pid, "it was not started again for that"


def test_the_satellites_certificate_ends_and_it_goes_on(settled, tenant, data_plane):
    stack = settled
    stack.services.flags["provisioner"] = ["--satellite-certificate-lifetime-s", LIFETIME_S]
    stack.restart("provisioner")
    # Enrolled anew, with a new token: its certificate before this one lasts a day.
    stack.stop("satellite")
    (data_plane.folder / "identity" / "identity.json").unlink()
    stack.start("satellite")
    eventually((data_plane.folder / "identity" / "identity.json").exists, 60, "it is enrolled again")
    end = time.monotonic() + LIFETIME_S
    wait_for_warm_cell(stack)
    pid = stack.status()["satellite"]
    first = facts(stack, bus_identity(stack)[1])["serial"]
    assert ends_within(stack, bus_identity(stack)[1], LIFETIME_S), "it runs with a short one"
    cluster = tenant.serverless()
    with Traffic(cluster, every_s=0.5):
        eventually(lambda: facts(stack, bus_identity(stack)[1])["serial"] != first, 60, "it is renewed")
        passes(end)
        stack.restart("bus-broker")
        wait_for_warm_cell(stack)
        tenant.serverless().topic("after")
        cluster.cli("kafka", "update", cluster.name, "--partition-limit", "33")
    assert stack.status()["satellite"] == pid, "it was not started again for that"
    left = metrics.total(stack.ports["satellite-metrics"], "sluice_satellite_identity_expires_timestamp_seconds")
    assert left > time.time(), "it says when its certificate ends"


def test_all_of_the_control_plane_is_renewed_at_once(whole, tenant):
    """As the caretaker does it every 60 days, bus brokers included; everything before stays connected or connects again."""
    cluster = tenant.serverless()
    pids = whole.status()
    with Traffic(cluster, every_s=0.5):
        assert {"sluice-bus-broker", "sluice-bus-controller", PROVISIONER} <= set(whole.renew(force=True))
        tenant.serverless().topic("after")
        assert Bus(whole).topics()
    assert whole.status() == pids
