"""What an operator has for bad days: parked keys let go on, a lost admin key replaced; and what mends itself: a broker
that comes back knows all keys."""

import time

import pytest
from harness import cli as exit_codes
from harness import programs
from harness.cli import Cli
from harness.clients import ConfluentClient
from harness.tenants import fresh_name, platform_cli, wait_for_warm_cell
from harness.waiting import eventually, holds

pytestmark = pytest.mark.faults

# A status of this cluster cannot be saved: what a bug in a handler would be.
_BREAK = """
CREATE FUNCTION made_to_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'made to fail'; END $$;
CREATE TRIGGER made_to_fail BEFORE INSERT OR UPDATE ON aggregate FOR EACH ROW
    WHEN (NEW.kind = 10 AND NEW.uid LIKE '%{cluster}%') EXECUTE FUNCTION made_to_fail();
"""
_MEND = "DROP TRIGGER IF EXISTS made_to_fail ON aggregate; DROP FUNCTION IF EXISTS made_to_fail"


@pytest.fixture
def impatient(whole):
    """A failing key is parked after five tries within seconds, not two minutes."""
    whole.services.flags["provisioner"] = ["--parking-waits-s", "1,1,1,1"]
    whole.restart("provisioner")
    wait_for_warm_cell(whole)
    yield whole
    whole.services.flags["provisioner"] = []
    whole.postgres.sql(_MEND, database="provisioner")
    whole.stop("provisioner")


def parked(stack):
    """key → its state"""
    rows = stack.postgres.sql("SELECT key, state FROM bus_parked_key", database="provisioner")
    return dict(line.split("|") for line in rows.splitlines())


def test_a_parked_key_waits_alone_and_goes_on_when_it_is_let(impatient, tenant):
    cluster = tenant.serverless()
    impatient.postgres.sql(_BREAK.format(cluster=cluster.id), database="provisioner")
    update = tenant.cli("kafka", "update", cluster.name, "--partition-limit", "44", "--no-wait")
    key = eventually(lambda: next((key for key, state in parked(impatient).items()
                                   if key.endswith(cluster.id) and state == "PARKED"), None), 60, "its key is parked")
    # The others flow, those of the same cell too.
    began = time.monotonic()
    tenant.serverless()
    assert time.monotonic() - began < 30
    holds(lambda: not tenant.cli("operation", "describe", update["name"])["done"], 3, "what is parked is not done")

    impatient.postgres.sql(_MEND, database="provisioner")
    holds(lambda: parked(impatient).get(key) == "PARKED", 3, "it waits until it is let")
    assert key in programs.run(impatient, "provisioner", "replay-parked", "--key", key)
    done = tenant.cli("operation", "wait", update["name"], "--timeout", "1m")
    assert done["state"] == "DONE"
    assert cluster.describe()["effective_limits"]["partitions"] == 44
    eventually(lambda: key not in parked(impatient), 30, "nothing is left of it")


def test_a_lost_admin_key_is_replaced(stack, tmp_path):
    """The old one ends, the new one works; without --rotate there is no second one."""
    kept = stack.services.admin_key_file.read_text()
    again = programs.attempt(stack, "provisioner", "bootstrap-admin", "--key-file", tmp_path / "second.key")
    assert again.returncode != 0 and "ADMIN_EXISTS" in again.stdout + again.stderr
    assert not (tmp_path / "second.key").exists()

    # The old key in a context of its own.
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "admin.key").write_text(kept)
    (folder / "admin.key").chmod(0o600)
    config = folder / "config.yaml"
    config.write_text(stack.services.config_file.read_text())
    old = Cli(platform_cli(stack).binary, config)
    assert old.run("dataplane", "list").code == exit_codes.OK
    programs.run(stack, "provisioner", "bootstrap-admin", "--rotate", "--key-file", stack.services.admin_key_file)
    assert stack.services.admin_key_file.read_text() != kept
    assert platform_cli(stack).run("dataplane", "list").code == exit_codes.OK
    refused = eventually(lambda: (ended := old.run("dataplane", "list")).code != exit_codes.OK and ended, 10,
                         "the old key ends")
    assert refused.code == exit_codes.NOT_ALLOWED, str(refused)
    platform_cli(stack)("org", "create", fresh_name("rotated"), "--secret-file", tmp_path / "rotated.key")


def test_a_broker_that_comes_back_knows_the_keys_that_outlived_others(whole, tenant, data_plane):
    """It reads its metadata from the start, where most keys are removed again (docs/adr, a SCRAM user that is never
    removed). Without that user it refuses what stays in more than nine runs of ten."""
    cluster = tenant.serverless()
    cell = cluster.describe()["physical_cluster"]
    stays = [cluster.key()]
    for _ in range(16):
        cluster.cli("key", "delete", cluster.key().key_name, "--cluster", cluster.name, "--yes")
    stays.append(cluster.key())
    node_id = data_plane.brokers(cell)[0]["node_id"]
    server = stays[0].bootstrap_servers.split(",")[0]
    old = data_plane.kill(cell, node_id)
    eventually(lambda: data_plane.running(cell).get(node_id) not in (None, old), 120, "the broker is started again")
    for key in stays:
        eventually(lambda key=key: logs_in(key, server), 60, f"broker {node_id} listens")


def logs_in(key, server):
    """None while nobody listens there; a refusal is the end."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    refusals = []
    admin = AdminClient({**ConfluentClient(key).settings, "bootstrap.servers": server, "log_level": 0,
                         "error_cb": lambda error: error.name() == "_AUTHENTICATION" and refusals.append(str(error))})
    try:
        admin.list_topics(timeout=3)
        return True
    except KafkaException:
        admin.poll(0)
        # Not an AssertionError, which is waited out.
        if refusals:
            raise RuntimeError(f"{server} refuses a right key: {refusals[0]}") from None
        return None
