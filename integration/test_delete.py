"""Delete is marked first, done later, refused under protection, and leaves nothing."""

import pytest
from harness import cli as exit_codes
from harness.clients import ConfluentClient
from harness.tenants import fresh_name
from harness.waiting import eventually


def test_a_purged_serverless_cluster_leaves_nothing(tenant, data_plane):
    cluster = tenant.serverless()
    client = ConfluentClient(cluster.key())
    topic = cluster.topic("clicks", "--partitions", "2")
    client.produce(topic, ["x"])
    assert client.consume(topic, cluster.prefix + "readers", 1) == ["x"]
    client.create_topic(cluster.prefix + "own")
    cell = data_plane.cell(cluster.describe()["physical_cluster"])
    traces = cell.traces_of(cluster.id)
    assert len(traces) >= 5 and "quota" in traces, traces

    cluster.delete()
    assert cell.traces_of(cluster.id) == []
    assert not client.can_log_in(5)
    assert cluster.cli.run("kafka", "describe", cluster.name).code == exit_codes.NOT_FOUND


def test_a_purged_dedicated_cluster_leaves_neither_process_nor_folder(tenant, data_plane):
    cluster = tenant.dedicated("--brokers", "1", "--disk-mib", "1024")
    physical = cluster.describe()["physical_cluster"]
    running = data_plane.running(physical)
    assert len(running) == 2, "a broker and a controller"
    cluster.delete()
    assert physical not in data_plane.clusters()
    for pid in running.values():
        assert not _is_there(pid)


def test_undelete_brings_back_what_was_there(tenant):
    cluster = tenant.serverless()
    key = cluster.key()
    topic = cluster.topic("kept")
    ConfluentClient(key).produce(topic, ["kept"])
    deleted = cluster.cli("kafka", "delete", cluster.name, "--force", "--yes")
    assert deleted["delete_time"] and deleted["purge_time"]
    eventually(lambda: not ConfluentClient(key).can_log_in(3), 60, "its clients are shut out")
    assert cluster.name not in {one["name"] for one in cluster.cli("kafka", "list")}
    assert cluster.name in {one["name"] for one in cluster.cli("kafka", "list", "--show-deleted")}

    back = cluster.cli("kafka", "undelete", cluster.name)
    assert back["state"] == "READY" and back["id"] == cluster.id and not back["delete_time"]
    assert ConfluentClient(key).consume(topic, cluster.prefix + "readers", 1) == ["kept"]


def test_a_protected_cluster_is_not_deleted(tenant):
    cluster = tenant.serverless("--deletion-protection")
    refused = cluster.cli.run("kafka", "delete", cluster.name, "--force", "--purge-now", "--yes")
    assert refused.code == exit_codes.CONFLICT and refused.reason == "DELETION_PROTECTED", str(refused)
    cluster.cli("kafka", "update", cluster.name, "--no-deletion-protection")
    cluster.delete()


def test_a_cluster_with_topics_needs_force(tenant):
    cluster = tenant.serverless()
    cluster.topic("there")
    refused = cluster.cli.run("kafka", "delete", cluster.name, "--yes")
    assert refused.code == exit_codes.CONFLICT and refused.reason == "HAS_CHILDREN", str(refused)
    cluster.delete()


def test_a_name_can_be_used_again_and_the_id_is_new(tenant):
    name = fresh_name("again")
    first = tenant.serverless(name=name)
    first.delete()
    second = tenant.serverless(name=name)
    assert second.id != first.id


def test_an_environment_with_clusters_is_not_deleted(tenant):
    tenant.serverless()
    refused = tenant.cli.run("env", "delete", "default", "--yes")
    assert refused.code == exit_codes.CONFLICT and refused.reason == "HAS_CHILDREN", str(refused)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_at_the_end(tenant, data_plane):
    """Of all that this file made."""
    yield
    made = [cluster.id for cluster in tenant.clusters]
    tenant.clean_up()
    for physical in data_plane.clusters():
        cell = data_plane.cell(physical)
        left = [name for name in cell.topics() | cell.users() | cell.acl_principals()
                if name.split(".")[0] in made]
        assert left == []


def _is_there(pid):
    from pathlib import Path

    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
