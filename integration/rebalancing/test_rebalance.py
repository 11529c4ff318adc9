"""The balancer-planner on a DEDICATED cluster of real brokers: what a tenant asks of it, and what it does by itself."""

import time

import pytest
from harness import programs
from harness.balanced import BALANCER, MEGABYTE, SAMPLED_S, Balanced, quiet_balancer
from harness.bus import Bus
from harness.faults import Reaper, declared
from harness.tenants import fresh_name
from harness.traffic import Traffic
from harness.waiting import eventually, holds

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def balanced(stack, tenant, data_plane):
    with quiet_balancer(stack):
        one = Balanced(tenant, data_plane)
        yield one
        one.cluster.delete()


def test_a_preview_says_what_would_move_and_changes_nothing(balanced, other_tenant):
    topic = balanced.lopsided(1, 2)
    before = balanced.placement.partitions()
    preview = balanced.rebalance("preview")
    assert preview["state"] == "PROPOSED" and preview["plan"]["moves"] > 0
    third = next(broker for broker in preview["brokers"] if broker["broker"] == 3)
    assert third["after"]["disk_bytes"] > third["before"]["disk_bytes"] + 2 * MEGABYTE, third
    assert any(move["topic"] == topic and 3 in move["replicas"] for move in preview["moves"]), preview["moves"]
    assert balanced.placement.partitions() == before
    assert balanced.newest() is None
    # Another tenant's cluster looks like a missing one, under every verb.
    full_name = balanced.cluster.described["resource_name"]
    for verb in ("preview", "start", "list", "describe", "watch", "cancel"):
        assert other_tenant.cli.run("rebalance", verb, full_name).reason == "RESOURCE_NOT_FOUND", verb


def test_it_waits_for_approval_and_is_carried_out_while_a_tenant_writes(stack, balanced):
    """The balancer is killed in the middle, and goes on where it was."""
    with Traffic(balanced.cluster) as traffic:
        started = balanced.rebalance("start", "--require-approval", "--throttle", "1MB")
        assert started["state"] == "PROPOSED" and started["proposed_by"].startswith("apiKeys/")
        again = balanced.tenant.cli.run("rebalance", "start", balanced.cluster.name)
        assert again.reason == "REBALANCE_OPEN", str(again)
        assert balanced.rebalance("approve")["state"] == "APPROVED"
        running = balanced.await_state(started["name"], "RUNNING")
        eventually(lambda: balanced.rebalance("describe")["progress"]["moves_in_flight"] > 0, 60, "it moves")
        stack.kill(BALANCER)
        time.sleep(1)  # the data plane works on without it
        stack.start(BALANCER)
        watched = balanced.tenant.cli.start("rebalance", "watch", balanced.cluster.name)
        out, err = watched.communicate(timeout=300)
        assert watched.returncode == 0, err
        assert '"RUNNING"' in out.splitlines()[0] and '"DONE"' in out.splitlines()[-1]
    assert not traffic.refused
    done = balanced.rebalance("describe", started["name"])
    assert done["state"] == "DONE" and done["progress"]["moves_done"] > 0, done
    assert done["progress"]["bytes_left"] == 0 and done["start_time"] == running["start_time"]
    assert balanced.holds_replicas(3) > 0
    assert balanced.is_settled()


def test_pause_begins_nothing_new_resume_goes_on_cancel_ends_it(balanced):
    balanced.lopsided(1, 2, partitions=12)
    with Traffic(balanced.cluster) as traffic:
        started = balanced.begin("--throttle", "500kB")
        assert balanced.rebalance("pause")["name"] == started["name"]

        def rests():
            found = balanced.rebalance("describe", started["name"])
            assert found["state"] == "PAUSED" and found["progress"]["moves_in_flight"] == 0, found["progress"]
            return found

        paused = eventually(rests, 120, "what moved has ended")
        assert paused["progress"]["moves_done"] > 0 and paused["progress"]["moves_left"] > 0, paused["progress"]
        eventually(balanced.placement.nothing_is_left, 60, "a pause leaves no throttle")
        holds(lambda: rests()["progress"]["moves_done"] == paused["progress"]["moves_done"], 3, "nothing new is begun")
        balanced.rebalance("resume")
        eventually(lambda: balanced.rebalance("describe", started["name"])["progress"]["moves_in_flight"] > 0, 120, "it moves")
        balanced.rebalance("cancel")
        cancelled = balanced.await_state(started["name"], "CANCELLED")
        assert cancelled["end_time"] and cancelled["progress"]["moves_in_flight"] == 0, cancelled["progress"]
        eventually(balanced.is_settled, 60, "a cancel leaves nothing")
        # What is left of it is planned anew, once a sample shows what it moved.
        again = eventually(lambda: balanced.rebalance("start"), SAMPLED_S, "it begins again")
        assert again["name"] != started["name"]
        balanced.await_state(again["name"], "DONE")
    assert not traffic.refused
    assert balanced.is_settled()


def test_killed_at_one_commit_after_the_other_it_goes_on_where_it_was(whole, balanced):
    balanced.lopsided(1, 2, partitions=12)
    # By name: what is listed also says what its brokers have now.
    before = {rebalance["name"] for rebalance in balanced.rebalance("list")["rebalances"]}

    def newest(states):
        found = balanced.newest()
        assert found and found["name"] not in before and found["state"] in states, found
        return found

    def begun():
        # Dead at this moment, or accepted and then dead: the list tells.
        # So slow that it outlasts the deaths: a data plane that is done while nobody listens leaves one commit to die of.
        balanced.tenant.cli.run("rebalance", "start", balanced.cluster.name, "--throttle", "500kB")
        return newest(("APPROVED", "RUNNING", "DONE"))

    steps = declared("balancer_planner", "services/balancer-planner")
    with Traffic(balanced.cluster) as traffic:
        with Reaper(whole, BALANCER, steps, times=2, hit=2) as reaper:
            started = eventually(begun, 180, "a rebalance")
            eventually(lambda: newest(("DONE",)), 240, "it is done")
        done = balanced.rebalance("describe", started["name"])
    assert sorted(reaper.fired) == sorted(steps * 2)
    assert done["state"] == "DONE" and done["progress"]["bytes_left"] == 0, done
    assert not traffic.refused
    assert balanced.is_settled()


def test_brokers_die_while_it_copies_and_it_ends_all_the_same(balanced, data_plane):
    """First the one that is copied to, then one that is copied from; their satellite starts them again."""
    balanced.lopsided(1, 2, partitions=12)
    with Traffic(balanced.cluster) as traffic:
        started = balanced.begin("--throttle", "500kB")
        for broker in (3, 1):
            killed = data_plane.kill(balanced.id, broker)
            eventually(lambda: data_plane.running(balanced.id).get(broker, killed) != killed, 60, "it runs again")
            eventually(lambda: balanced.has_caught_up(broker), 120, "it has caught up")
        done = balanced.await_state(started["name"], "DONE", timeout_s=300)
    assert done["progress"]["moves_done"] == done["plan"]["moves"] and done["progress"]["bytes_left"] == 0, done
    assert not traffic.refused
    assert balanced.is_settled()


def test_growing_fills_and_shrinking_drains_by_itself(balanced):
    with Traffic(balanced.cluster) as traffic:
        balanced.tenant.cli("kafka", "update", balanced.cluster.name, "--brokers", "5", timeout_s=300)
        filled = eventually(lambda: (found := balanced.newest())["mode"] == "FILL" and found, SAMPLED_S, "a FILL")
        assert filled["cause"] == "NEW_BROKER" and filled["approved_by"] == BALANCER
        balanced.await_state(filled["name"], "DONE", timeout_s=300)
        assert balanced.holds_replicas(4) > 0 and balanced.holds_replicas(5) > 0
        operation = balanced.tenant.cli("kafka", "update", balanced.cluster.name, "--brokers", "3", "--no-wait")
        emptied = eventually(lambda: (found := balanced.newest())["mode"] == "EMPTY" and found, SAMPLED_S, "an EMPTY")
        assert emptied["cause"] == "LEAVING_BROKER" and "leave" in emptied["reasons"][0]
        balanced.await_state(emptied["name"], "DONE", timeout_s=300)
        done = balanced.tenant.cli("operation", "wait", operation["name"], "--timeout", "4m", timeout_s=300)
        assert done["state"] == "DONE", done
    assert not traffic.refused
    assert {replica for replicas, _ in balanced.placement.partitions().values() for replica in replicas} == {1, 2, 3}
    assert balanced.is_settled()


def test_each_change_is_an_event_and_a_tombstone_ends_each_plan(stack, balanced):
    bus = Bus(stack)

    def generations(records):
        return [int(dict(record.headers())["ce_generation"]) for record in records]

    plans = [record for record in bus.messages("sluice.dp.local.plans.v1") if record.key() == balanced.id.encode()]
    assert plans[-1].value() is None
    assert generations(plans) == sorted(generations(plans))
    events = bus.messages("sluice.rebalance.events.v1")
    for rebalance in balanced.rebalance("list")["rebalances"]:
        versions = generations(event for event in events if event.key() == rebalance["name"].encode())
        # A relay that was killed may say its last again.
        assert sorted(set(versions)) == list(range(1, max(versions) + 1)), versions


def test_an_empty_database_and_the_events_give_the_same_rebalances(stack, balanced):
    def unsaid():
        return stack.postgres.sql("SELECT count(*) FROM bus_outbox", database="balancer") != "0"

    def stops_with_nothing_unsaid():
        """Between a look at its outbox and its stop it may have committed more: that comes out once it runs again."""
        eventually(lambda: not unsaid(), 60, "all that was committed is published")
        stack.stop(BALANCER)
        if not unsaid():
            return True
        stack.start(BALANCER)
        return False

    name = fresh_name("rebuilt").replace("-", "_")
    stack.postgres.sql(f"CREATE DATABASE {name} OWNER balancer")
    try:
        eventually(stops_with_nothing_unsaid, 120, "it stops with all that it committed published")
        rebuilt = programs.run(stack, BALANCER, "rebuild", database=name)
        lived = programs.run(stack, BALANCER, "checksums")
    finally:
        stack.start(BALANCER)
        stack.postgres.sql(f"DROP DATABASE {name}")
    assert int(lived.split()[1]) > 3
    assert rebuilt == lived
