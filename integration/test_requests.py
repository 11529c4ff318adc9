"""What a request may say, and what it hears when it says something else."""

import uuid

import pytest
from harness import cli as exit_codes
from harness.tenants import fresh_name


@pytest.fixture(scope="module")
def cluster(tenant):
    return tenant.serverless()


@pytest.mark.parametrize("name", ["Capital", "under_score", "-dash", "dash-", "9digit", "x" * 64, "a.b", "ümlaut"])
def test_a_bad_name_is_named(tenant, name):
    ended = tenant.cli.run("kafka", "create", "--type", "serverless", "--no-wait", "--", name)
    assert ended.code == exit_codes.USAGE, str(ended)
    assert ended.error["field"] == "kafka_cluster_id" and ended.reason, str(ended)


def test_a_name_is_taken_once(tenant, cluster):
    ended = tenant.cli.run("kafka", "create", cluster.name, "--type", "serverless")
    assert ended.code == exit_codes.CONFLICT and ended.error["code"] == "ALREADY_EXISTS", str(ended)


def test_an_unknown_region(tenant):
    ended = tenant.cli.run("kafka", "create", fresh_name("x"), "--type", "serverless", "--region", "atlantis")
    assert ended.code == exit_codes.USAGE and ended.reason == "REGION_NOT_FOUND", str(ended)
    assert "region" in ended.error["field"]


def test_serverless_takes_no_brokers(tenant):
    ended = tenant.cli.run("kafka", "create", fresh_name("x"), "--type", "serverless", "--brokers", "3")
    assert ended.code == exit_codes.USAGE and "brokers" in ended.error["field"], str(ended)


def test_a_stale_etag(cluster):
    stale = cluster.describe()["etag"]
    cluster.cli("kafka", "update", cluster.name, "--label", "a=1")
    ended = cluster.cli.run("kafka", "update", cluster.name, "--display-name", "late", "--etag", stale)
    assert ended.code == exit_codes.CONFLICT and ended.reason == "ETAG_MISMATCH", str(ended)


def test_a_repeated_request_has_one_effect(tenant):
    name, request = fresh_name("once"), str(uuid.uuid4())
    line = ("kafka", "create", name, "--type", "serverless", "--request-id", request)
    first, second = tenant.cli(*line), tenant.cli(*line)
    assert first["id"] == second["id"]
    other = tenant.cli.run("kafka", "create", fresh_name("other"), "--type", "serverless", "--request-id", request)
    assert other.code == exit_codes.USAGE and other.reason == "REQUEST_ID_REUSED", str(other)


def test_a_secret_is_shown_once(cluster):
    line = ("key", "create", "once", "--cluster", cluster.name, "--request-id", str(uuid.uuid4()))
    assert cluster.cli(*line)["password"]
    again = cluster.cli.run(*line)
    assert again.code == exit_codes.CONFLICT and again.reason == "SECRET_SHOWN_ONCE", str(again)


def test_validate_only_gives_the_plan_and_changes_nothing(tenant):
    name = fresh_name("planned")
    plan = tenant.cli("kafka", "create", name, "--type", "serverless", "--validate-only")
    assert plan["data_plane"] == "local" and plan["physical_cluster"].startswith("pkc-")
    assert plan["placement_reasons"] and plan["steps"]
    assert tenant.cli.run("kafka", "describe", name).code == exit_codes.NOT_FOUND


def test_no_room_is_said_at_once(tenant):
    ended = tenant.cli.run("kafka", "create", fresh_name("huge"), "--type", "dedicated", "--brokers", "30")
    assert ended.code in (exit_codes.CONFLICT, exit_codes.OPERATION_FAILED) and ended.reason == "NO_CAPACITY", str(ended)


def test_an_operation_can_be_found_again(tenant):
    operation = tenant.cli("kafka", "create", fresh_name("found"), "--type", "serverless", "--no-wait")
    assert operation["verb"] == "create"
    done = tenant.cli("operation", "wait", operation["name"])
    assert done["state"] == "DONE" and done["response"]["state"] == "READY"
    assert operation["name"] in {one["name"] for one in tenant.cli("operation", "list")}


def test_watch_tells_of_a_create_and_resumes(tenant):
    import json
    import threading

    process = tenant.cli.start("watch", "--changes-only")
    lines, ready = [], threading.Event()
    name = fresh_name("watched")

    def read():
        for line in process.stdout:
            news = json.loads(line)
            lines.append(news)
            if news["resource"] == "kafka" and news["object"]["name"] == name and news["object"]["state"] == "READY":
                ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        tenant.serverless(name=name)
        assert ready.wait(30), f"no word of {name}: {[line['kind'] for line in lines]}"
    finally:
        process.terminate()
        assert process.wait(20) == 0
    token = next(news["resume_token"] for news in lines if news["kind"] != "SNAPSHOT")
    again = tenant.cli.start("watch", "--resume-token", token)
    try:
        seen = json.loads(again.stdout.readline())
        assert seen["kind"] in ("CHANGE", "HEARTBEAT")
    finally:
        again.terminate()
        again.wait(20)
        again.stdout.close()
