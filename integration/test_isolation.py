"""Tenants on one cell cannot see one another, in Kafka and in the API."""

import pytest
from harness import cli as exit_codes
from harness.clients import ConfluentClient, Refused
from harness.tenants import fresh_name


@pytest.fixture(scope="module")
def theirs(tenant):
    """A cluster with a topic that holds something."""
    cluster = tenant.serverless()
    key = cluster.key()
    topic = cluster.topic("secrets")
    ConfluentClient(key).produce(topic, ["secret"])
    return cluster, key, topic


@pytest.fixture(scope="module")
def mine(other_tenant):
    cluster = other_tenant.serverless()
    return cluster, ConfluentClient(cluster.key())


def test_both_are_on_the_same_cell(theirs, mine):
    assert theirs[0].describe()["physical_cluster"] == mine[0].describe()["physical_cluster"]


def test_cannot_read(theirs, mine):
    cluster, client = mine
    with pytest.raises(Refused):
        client.consume(theirs[2], cluster.prefix + "thief", 1, timeout_s=30)


def test_cannot_read_by_their_group(theirs, mine):
    cluster, client = mine
    topic = cluster.topic(fresh_name("t"))
    with pytest.raises(Refused):
        client.consume(topic, theirs[0].prefix + "readers", 1, timeout_s=30)


def test_cannot_write(theirs, mine):
    with pytest.raises(Refused):
        mine[1].produce(theirs[2], ["forged"], timeout_s=20)


def test_cannot_list(theirs, mine):
    assert theirs[2] not in mine[1].topics()


def test_cannot_make_or_delete_theirs(theirs, mine):
    with pytest.raises(Refused):
        mine[1].create_topic(theirs[0].prefix + "planted")
    with pytest.raises(Refused):
        mine[1].delete_topic(theirs[2])
    assert theirs[2] in ConfluentClient(theirs[1]).topics()


def test_cannot_make_a_topic_outside_its_prefix(mine):
    for name in ("bare", mine[0].prefix.rstrip("."), mine[0].prefix.rstrip(".") + "x.y", "__consumer_offsets"):
        with pytest.raises(Refused):
            mine[1].create_topic(name)


def test_cannot_change_the_cell(mine):
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, ConfigResource, ResourcePatternType,
                                       ResourceType)

    admin = mine[1].admin()
    acl = AclBinding(ResourceType.TOPIC, "*", ResourcePatternType.LITERAL, "User:" + mine[0].id, "*", AclOperation.ALL,
                     AclPermissionType.ALLOW)
    with pytest.raises(KafkaException):
        admin.create_acls([acl], request_timeout=20)[acl].result(30)
    broker = ConfigResource(ConfigResource.Type.BROKER, "1", set_config={"log.retention.ms": "1"})
    with pytest.raises(KafkaException):
        admin.alter_configs([broker], request_timeout=20)[broker].result(30)


def test_a_foreign_name_looks_like_a_missing_one(theirs, other_tenant):
    full_name = theirs[0].describe()["resource_name"]
    missing = full_name.rsplit("/", 1)[0] + "/nothing"
    for verb in (("kafka", "describe"), ("kafka", "delete", "--yes"), ("kafka", "update", "--partition-limit", "5")):
        foreign = other_tenant.cli.run(*verb[:2], full_name, *verb[2:])
        absent = other_tenant.cli.run(*verb[:2], missing, *verb[2:])
        assert foreign.code == absent.code == exit_codes.NOT_FOUND, str(foreign)
        assert foreign.error["message"].replace(full_name, "") == absent.error["message"].replace(missing, "")
        assert foreign.reason == absent.reason


def test_a_foreign_list_shows_nothing(theirs, other_tenant, tenant):
    listed = other_tenant.cli.run("kafka", "list", "--org", tenant.organization)
    assert listed.code == exit_codes.NOT_FOUND, str(listed)
    ids = {cluster["id"] for cluster in other_tenant.cli("kafka", "list", "--all-environments")}
    assert theirs[0].id not in ids


def test_a_tenants_admin_is_no_platform_admin(other_tenant):
    for line in (("dataplane", "list"), ("org", "create", fresh_name("own"))):
        ended = other_tenant.cli.run(*line)
        assert ended.code in (exit_codes.NOT_ALLOWED, exit_codes.NOT_FOUND), str(ended)


def test_a_revoked_api_key_ends_within_a_second(other_tenant, tmp_path):
    import time

    from harness.cli import Cli

    cli = other_tenant.cli
    key = cli("apikey", "create", fresh_name("ci"), "--secret-file", tmp_path / "ci.key")
    cli("role", "bind", key["principal"], "--role", "viewer")
    config = tmp_path / "config.yaml"
    config.write_text(cli.config.read_text().replace("admin.key", "ci.key").replace(str(cli.config.parent), str(tmp_path)))
    viewer = Cli(cli.binary, config)
    assert viewer.run("kafka", "list").code == exit_codes.OK
    refused = viewer.run("kafka", "create", fresh_name("no"), "--type", "serverless")
    assert refused.code == exit_codes.NOT_ALLOWED, str(refused)
    cli("apikey", "delete", key["name"], "--yes")
    revoked = time.monotonic()
    while viewer.run("kafka", "list").code == exit_codes.OK:
        assert time.monotonic() - revoked < 1.5, "revoked, and still good"
    assert viewer.run("kafka", "list").code == exit_codes.NOT_ALLOWED
