"""What an operator has for bad days: parked keys let go on, a lost admin key replaced."""

import subprocess
import time

import pytest
from harness import cli as exit_codes
from harness.cli import Cli
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


def provisioner(stack, verb, *flags):
    command = [stack.services.binaries / "services/provisioner/provisioner", *stack.services._provisioner_flags(), verb,
               *flags]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


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
    assert key in provisioner(impatient, "replay-parked", "--key", key)
    done = tenant.cli("operation", "wait", update["name"], "--timeout", "1m")
    assert done["state"] == "DONE"
    assert cluster.describe()["effective_limits"]["partitions"] == 44
    eventually(lambda: key not in parked(impatient), 30, "nothing is left of it")


def test_a_lost_admin_key_is_replaced(stack, tmp_path):
    """The old one ends, the new one works; without --rotate there is no second one."""
    kept = stack.services.admin_key_file.read_text()
    again = subprocess.run([*map(str, [stack.services.binaries / "services/provisioner/provisioner",
                                       *stack.services._provisioner_flags(), "bootstrap-admin", "--key-file",
                                       tmp_path / "second.key"])],
                           capture_output=True, text=True, check=False, timeout=120)
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
    provisioner(stack, "bootstrap-admin", "--rotate", "--key-file", stack.services.admin_key_file)
    assert stack.services.admin_key_file.read_text() != kept
    assert platform_cli(stack).run("dataplane", "list").code == exit_codes.OK
    refused = eventually(lambda: (ended := old.run("dataplane", "list")).code != exit_codes.OK and ended, 10,
                         "the old key ends")
    assert refused.code == exit_codes.NOT_ALLOWED, str(refused)
    platform_cli(stack)("org", "create", fresh_name("rotated"), "--secret-file", tmp_path / "rotated.key")
