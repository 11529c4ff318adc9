"""Long absences of one part, with the same checks at every length: `make test` has them for at most a minute, `make test-all`
for the real time (the table of faults: relay 5 min, PostgreSQL 10 min, bus 30 min, control plane 10 min). Each scenario gives
back what it measured. At each, tenants write all the time."""

import re
import time

from . import metrics
from .bus import Bus
from .cli import UNAVAILABLE
from .replica import Replica
from .tenants import fresh_name, wait_for_warm_cell
from .traffic import Traffic
from .waiting import eventually, holds

CONTROL_PLANE = ("provisioner", "bus-broker", "bus-controller", "postgres")


def control_plane_away(stack, tenant, data_plane, seconds):
    """Row 17: tenants go on; meanwhile a broker dies, and another one while the satellite is dead too; the satellite alone
    brings both back."""
    cluster = tenant.serverless()
    physical = cluster.describe()["physical_cluster"]
    with Traffic(cluster) as traffic:
        for name in CONTROL_PLANE:
            stack.kill(name)
        began = time.monotonic()
        first, second = [node["node_id"] for node in data_plane.brokers(physical)][:2]
        healed = [_heals(data_plane, physical, traffic.topic, first, lambda: None)]
        stack.kill("satellite")
        healed.append(_heals(data_plane, physical, traffic.topic, second, lambda: stack.start("satellite")))
        _outlast(began + seconds, traffic)
        away = time.monotonic() - began
        back = _back(stack, lambda: cluster.describe()["state"] == "READY")
        made = _seconds(tenant.serverless)
        gap, written = traffic.longest_gap_s(), traffic.acknowledged
    return {"away_s": round(away), "broker_back_s": healed, "describe_true_s": back, "create_s": made,
            "records_acknowledged": written, "lost": 0, "longest_gap_s": round(gap, 1)}


def postgres_away(stack, tenant, data_plane, seconds):
    """Row 18: UNAVAILABLE at once, tenants go on, the provisioner lives, and nothing that was acknowledged is lost."""
    cluster = tenant.serverless()
    acknowledged = {cluster.name, tenant.serverless().name}
    with Traffic(cluster) as traffic:
        accepted = tenant.cli("kafka", "create", fresh_name("accepted"), "--type", "serverless", "--no-wait")
        provisioner = stack.status()["provisioner"]
        stack.kill("postgres")
        began = time.monotonic()
        refused, slowest = [], 0
        while time.monotonic() < began + seconds:
            name = fresh_name("refused")
            asked = time.monotonic()
            ended = tenant.cli.run("kafka", "create", name, "--type", "serverless", "--no-wait", "--timeout", "5s")
            slowest = max(slowest, time.monotonic() - asked)
            assert ended.code == UNAVAILABLE, str(ended)
            refused.append(name)
            holds(traffic.flows, min(2, max(0, began + seconds - time.monotonic())), "tenants need no PostgreSQL")
        away = time.monotonic() - began
        assert slowest < 30, f"an answer took {slowest:.0f} s"
        back = _back(stack, lambda: tenant.cli.run("kafka", "list").code == 0)
        made = eventually(lambda: _made(tenant), 120, "creates work again")
        assert stack.status()["provisioner"] == provisioner, "the provisioner did not outlive its database's absence"
    ended = tenant.cli("operation", "wait", accepted["name"], "--timeout", "2m", timeout_s=150)
    assert ended["state"] == "DONE", ended
    names = {one["name"] for one in tenant.cli("kafka", "list")}
    assert acknowledged | {ended["response"]["name"], made} <= names, "something that was acknowledged is lost"
    assert not names & set(refused), "something that was refused is there"
    return {"away_s": round(away), "refused": len(refused), "slowest_answer_s": round(slowest, 1), "list_again_s": back,
            "lost": 0, "longest_gap_s": round(traffic.longest_gap_s(), 1)}


def bus_away(stack, tenant, data_plane, seconds, rows_per_topic):
    """Row 19: accepted until the outbox is at its bound, UNAVAILABLE then; all of it goes out in order afterwards."""
    stack.services.flags["provisioner"] = ["--outbox-rows-per-topic", rows_per_topic]
    stack.restart("provisioner")
    wait_for_warm_cell(stack)
    cluster = tenant.serverless()
    bus = Bus(stack)
    ends = bus.ends()
    with Traffic(cluster) as traffic:
        for name in ("bus-broker", "bus-controller"):
            stack.kill(name)
        began = time.monotonic()
        accepted = [tenant.cli("kafka", "create", fresh_name("waits"), "--type", "serverless", "--no-wait")
                    for _ in range(3)]
        last = _rename_until_refused(cluster, rows_per_topic)
        filled = time.monotonic() - began
        most = 0
        while time.monotonic() < began + seconds:
            most = max(most, *_outbox(stack).values())
            refused = cluster.cli.run("kafka", "update", cluster.name, "--display-name", "too late", "--timeout", "5s")
            assert refused.code == UNAVAILABLE and refused.reason == "BUS_BACKLOG", str(refused)
            # What needs no message works on.
            assert cluster.describe()["display_name"] == f"name {last}"
            holds(traffic.flows, min(2, max(0, began + seconds - time.monotonic())), "tenants need no bus")
        away = time.monotonic() - began
        # A call writes a few rows at once, and one beside it may have been admitted meanwhile.
        assert most <= rows_per_topic + 20, f"{most} rows wait for one topic, {rows_per_topic} may"
        waiting = sum(_outbox(stack).values())
        back = _back(stack, lambda: sum(_outbox(stack).values()) == 0)
        ended = [tenant.cli("operation", "wait", one["name"], "--timeout", "3m", timeout_s=200) for one in accepted]
        assert [one["state"] for one in ended] == ["DONE"] * len(accepted), ended
    names, again = _in_order(bus, ends, cluster)
    assert names[-1] == last and names == sorted(names), "renames came out of their order"
    assert len(set(names)) >= last, f"{last} renames were accepted, {len(set(names))} were said"
    assert cluster.describe()["display_name"] == f"name {last}"
    stack.services.flags["provisioner"] = []
    return {"away_s": round(away), "outbox_bound": rows_per_topic, "bound_reached_s": round(filled), "most_rows": most,
            "rows_at_return": waiting, "drained_s": back, "renames_in_order": last, "sent_again": again, "creates_done": len(ended), "lost": 0,
            "longest_gap_s": round(traffic.longest_gap_s(), 1)}


def relay_paused(stack, tenant, data_plane, seconds):
    """Row 4: the relay's process stands still in the midst of work; another goes on; what it says when it wakes is never the
    last word."""
    bus = Bus(stack)
    ends = bus.ends()
    cluster = tenant.serverless()
    with Replica(stack) as replica:
        holder = eventually(replica.relay_holder, 60, "one relay")
        epoch = replica.relay_epochs()[holder]
        other = next(name for name in replica.ports() if name != holder)
        cli = tenant.cli if other == "provisioner" else replica.cli(tenant.cli)
        pid = stack.status()[holder]
        limit = _raise_limits(cli, cluster, 20, 5)
        stack.pause(holder)
        began = time.monotonic()
        try:
            taken = _seconds(lambda: eventually(lambda: replica_epoch(replica, other) > epoch, 60, "a successor"))
            while time.monotonic() < began + seconds:
                limit = _raise_limits(cli, cluster, limit, 1)
                holds(lambda: replica_epoch(replica, other) > epoch, min(5, max(0, began + seconds - time.monotonic())),
                      "the successor keeps the lease")
            away = time.monotonic() - began
        finally:
            stack.resume(holder)
        successor = replica_epoch(replica, other)
        limit = _raise_limits(cli, cluster, limit, 3)
        eventually(lambda: replica.relay_epochs()[holder] == 0, 60, "the woken one knows that it is not the relay")
        limit = _raise_limits(cli, cluster, limit, 3)
        assert replica_epoch(replica, other) == successor, "the lease went back to the one that woke"
        assert stack.status()[holder] == pid, "the woken one goes on"
        # What the woken one still sent is said again by the holder, within two of its looks.
        newest = eventually(lambda: _last_is_newest(bus, ends), 30, "the newest value of each key is its last one")
        for one in (tenant.cli, replica.cli(tenant.cli)):
            described = one("kafka", "describe", cluster.name)
            assert described["effective_limits"]["partitions"] == limit
            assert described["observed_generation"] == described["generation"]
    return {"away_s": round(away), "successor_after_s": taken, "updates": limit - 20, "keys_whose_last_is_newest": newest,
            "lost": 0}


def replica_epoch(replica, name):
    return int(metrics.total(replica.ports()[name], "sluice_bus_relay_epoch"))


def _seconds(work):
    began = time.monotonic()
    work()
    return round(time.monotonic() - began, 1)


def _outlast(until, traffic):
    holds(lambda: traffic.flows(), max(0, until - time.monotonic()), "tenants go on")


def _back(stack, there, timeout_s=180):
    """Everything is started again; seconds until `there`."""
    began = time.monotonic()
    stack.up()
    eventually(there, timeout_s, "it is back")
    return round(time.monotonic() - began, 1)


def _heals(data_plane, physical, topic, victim, then):
    """Kills a broker; seconds until its successor is in sync everywhere."""
    began = time.monotonic()
    old = data_plane.kill(physical, victim)
    then()
    eventually(lambda: data_plane.running(physical).get(victim) not in (None, old), 120, "the broker is started again")
    cell = data_plane.cell(physical)

    def in_sync():
        return all(replicas == in_sync for replicas, in_sync in cell.replicas(topic).values())

    # Right after a death the controller has not noticed yet: in sync for three seconds on end.
    eventually(lambda: _stays(in_sync, 3), 120, "it is in sync again")
    return round(time.monotonic() - began, 1)


def _stays(look, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not look():
            return False
        time.sleep(0.2)
    return True


def _made(tenant):
    name = fresh_name("after")
    return name if tenant.cli.run("kafka", "create", name, "--type", "serverless").code == 0 else None


def _outbox(stack):
    """topic → rows that wait for it."""
    rows = stack.postgres.sql("SELECT topic, count(*) FROM bus_outbox GROUP BY 1", database="provisioner")
    return {"": 0, **{topic: int(count) for topic, count in (line.split("|") for line in rows.splitlines())}}


def _rename_until_refused(cluster, at_most):
    """Renames until the outbox is full; gives the number of the last one that was accepted."""
    for number in range(1, 2 * at_most):
        ended = cluster.cli.run("kafka", "update", cluster.name, "--display-name", f"name {number}", "--timeout", "10s")
        if ended.code != 0:
            assert ended.code == UNAVAILABLE and ended.reason == "BUS_BACKLOG", str(ended)
            return number - 1
    raise AssertionError(f"{2 * at_most} renames, and the outbox has no bound")


def _in_order(bus, since, cluster):
    """The numbers in the cluster's names, in the order in which a reader takes them that never goes back; nothing may be
    missing, and the newest has to be the last. A record may come again: behind one that was not acknowledged in time all
    of its key are sent again (docs/adr, relay without transactions). Also gives how many came again."""
    generations, names, again = [], [], 0
    for message in bus.messages("sluice.kafka-cluster.events.v1", since):
        if (message.key() or b"").decode() != cluster.id:
            continue
        generation = int(dict(message.headers())["ce_generation"])
        back = generations and generation < generations[-1]
        assert not back or generation in generations, "an older event came after a newer one, for the first time"
        again += generation in generations
        generations.append(generation)
        number = re.search(rb"name (\d+)", message.value() or b"")
        if number and generation == max(generations):
            names.append(int(number[1]))
    assert generations[-1] == max(generations), "the last event is not the newest"
    missing = set(range(min(generations), max(generations) + 1)) - set(generations)
    assert not missing, f"never said: {sorted(missing)[:5]}"
    return names, again


def _raise_limits(cli, cluster, limit, times):
    """Updates that reach the data plane; each has to be in effect before the next."""
    for _ in range(times):
        limit += 1
        updated = cli("kafka", "update", cluster.name, "--partition-limit", limit)
        assert updated["effective_limits"]["partitions"] == limit
    return limit


def _last_is_newest(bus, since):
    """On the compacted topic of wishes, for the keys of which something was said since; gives their number. Older keys do not
    count: other scenarios say old values there themselves."""
    newest, last = {}, {}
    for message in bus.messages("sluice.dp.local.desired.v1", since):
        generation = int(dict(message.headers())["ce_generation"])
        newest[message.key()] = max(generation, newest.get(message.key(), 0))
        last[message.key()] = generation
    old = {key: (last[key], newest[key]) for key in last if last[key] != newest[key]}
    assert not old, f"an old value is the last one: {old}"
    return len(last)
