"""Rebalance plans on a DEDICATED cluster of real brokers, while a tenant writes and reads. The plans are the test's own:
what the balancer-planner would say."""

import pytest
from harness.faults import Reaper, declared
from harness.rebalances import Placement, Plans
from harness.tenants import fresh_name
from harness.traffic import Traffic
from harness.waiting import eventually, holds

pytestmark = pytest.mark.faults

PARTITIONS = 6
MEGABYTE = 1_000_000
STEPS = [step for step in declared("satellite", "services/satellite/app")
         if step.startswith(("satellite.plans.", "satellite.moves."))]
RETIRE = [step for step in declared("satellite", "services/satellite/app/physical") if step.startswith("satellite.retire.")]


class Moved:
    """A DEDICATED cluster that began with three brokers, and one topic with a few megabytes in each partition."""

    def __init__(self, stack, tenant, data_plane):
        self.stack = stack
        self.tenant = tenant
        self.cluster = tenant.dedicated("--brokers", "3", "--disk-mib", "1024", name=fresh_name("moved"))
        self.id = next(one for one in data_plane.clusters() if one not in shared(stack))
        self.data_plane = data_plane
        self.plans = Plans(stack, self.id)
        self.placement = Placement(data_plane, self.id)
        self.topic = self.cluster.topic(fresh_name("big"), "--partitions", str(PARTITIONS))
        self._fill()

    def _fill(self):
        from confluent_kafka import Producer
        from harness.clients import ConfluentClient

        producer = Producer({**ConfluentClient(self.cluster.key()).settings, "linger.ms": 20})
        for number in range(4 * PARTITIONS * 100):
            producer.produce(self.topic, bytes(10_000), partition=number % PARTITIONS)
            if number % 50 == 0:
                producer.poll(0.01)
        assert producer.flush(120) == 0

    def resize(self, brokers):
        """Gives the operation; it is not waited for."""
        return self.tenant.cli("kafka", "update", self.cluster.name, "--brokers", str(brokers), "--no-wait")

    def await_done(self, operation):
        done = self.tenant.cli("operation", "wait", operation["name"], "--timeout", "4m", timeout_s=300)
        assert done["state"] == "DONE", done

    def is_settled_with(self, brokers):
        def look():
            found = self.cluster.describe()
            return (found["state"], found["brokers"]) == ("READY", brokers) and \
                not self.plans.status().physical_cluster.leaving_brokers
        return eventually(look, 60, f"ready with {brokers} brokers")

    def onto(self, *brokers, per_batch=3):
        """Batches that take the big topic's partitions to these brokers, the leader to the first."""
        moves = []
        for (topic, number), (before, _) in sorted(self.placement.partitions(self.topic).items()):
            first = brokers[number % len(brokers)]
            after = [first, *[broker for broker in before if broker != first][:2]]
            if after != before:
                moves.append((topic, number, before, after, 4 * MEGABYTE))
        return [moves[at:at + per_batch] for at in range(0, len(moves), per_batch)]

    def elsewhere(self):
        """Batches of one copy each: the leader's replica goes to a broker that has none."""
        moves = []
        for (topic, number), (before, _) in sorted(self.placement.partitions(self.topic).items()):
            free = [broker for broker in (1, 2, 3, 4, 5) if broker not in before]
            moves.append((topic, number, before, [free[number % len(free)], *before[1:]], 4 * MEGABYTE))
        return [[move] for move in moves]

    def off(self, *leaving):
        """One batch that takes everything off these brokers."""
        moves = []
        held = {broker: 0 for broker in (1, 2, 3)}
        for (topic, number), (before, _) in sorted(self.placement.partitions().items()):
            after = [broker for broker in before if broker not in leaving]
            while len(after) < len(before):
                free = min((broker for broker in held if broker not in after), key=held.get)
                after.append(free)
                held[free] += 1
            if after != before:
                moves.append((topic, number, before, after, MEGABYTE))
        return [moves]

    def throttled(self):
        return eventually(self.placement.throttles, 60, "a throttle while it moves")

    def is_as_planned(self, batches):
        found = self.placement.partitions()
        for batch in batches:
            for topic, number, _, after, _ in batch:
                replicas, in_sync = found[topic, number]
                assert replicas[0] == after[0] and sorted(replicas) == sorted(after) == in_sync, (number, replicas, after)
        return True


def shared(stack):
    from harness.tenants import wait_for_warm_cell

    return [wait_for_warm_cell(stack)]


@pytest.fixture(scope="module")
def moved(stack, tenant, data_plane):
    """The test says the plans: a balancer that runs beside it would say others."""
    balancer = "balancer-planner" if "balancer-planner" in stack.components else None
    if balancer:
        stack.stop(balancer)
    one = Moved(stack, tenant, data_plane)
    yield one
    one.plans.close()
    one.cluster.delete()
    if balancer:
        stack.start(balancer)


def test_brokers_that_are_added_are_filled_whoever_dies_meanwhile(whole, moved):
    """kill -9 of the satellite in the middle, then of a broker that copies; nothing that was acknowledged is lost."""
    moved.await_done(moved.resize(5))
    with Traffic(moved.cluster) as traffic:
        batches = moved.onto(4, 5)
        # Kafka lets ten seconds' worth through before it slows down.
        moved.plans.begin(batches, throttle=400_000)
        assert any("follower.replication.throttled.rate=400000" in line for line in moved.throttled())
        whole.kill("satellite")
        holds(moved.placement.throttles, 1, "what moves is throttled on")
        whole.start("satellite")
        moved.data_plane.kill(moved.id, 4)
        done = moved.plans.await_state("DONE")
    assert done.moves_done == PARTITIONS and done.moves_skipped == 0, done
    assert done.bytes_done == PARTITIONS * 4 * MEGABYTE and done.bytes_left == 0
    assert moved.is_as_planned(batches)
    assert done.throttle_bytes_per_second == 0
    assert moved.placement.nothing_is_left()
    assert not traffic.refused
    moved.plans.forget()


def test_pause_lets_it_end_resume_goes_on_cancel_puts_back(whole, moved):
    before = moved.placement.partitions(moved.topic)
    with Traffic(moved.cluster):
        moved.plans.begin(moved.elsewhere(), throttle=200_000)
        moved.plans.wish("PAUSE")
        paused = eventually(lambda: (found := moved.plans.await_state("PAUSED")).moves_in_flight == 0 and found, 60,
                            "what moved has ended")
        assert paused.moves_done >= 1
        eventually(moved.placement.nothing_is_left, 30, "a pause leaves no throttle")
        holds(lambda: moved.plans.await_state("PAUSED").moves_done == paused.moves_done, 3, "nothing new is begun")
        moved.plans.wish("RUN")
        moved.plans.await_moving()
        moved.plans.wish("CANCEL")
        cancelled = moved.plans.await_state("CANCELLED")
        eventually(moved.placement.nothing_is_left, 30, "a cancel leaves nothing")
    after = moved.placement.partitions(moved.topic)
    changed = [name for name in before if sorted(before[name][0]) != sorted(after[name][0])]
    assert len(changed) == cancelled.moves_done < PARTITIONS, (changed, cancelled)
    moved.plans.forget()


def test_a_throttle_below_what_is_written_is_refused_with_what_it_needs(moved):
    with Traffic(moved.cluster, every_s=0.02) as traffic:
        eventually(lambda: traffic.acknowledged > 50, 60, "the tenant writes")
        where = moved.placement.partitions(traffic.topic)
        batch = [(topic, number, before, [*[b for b in (1, 2, 3, 4, 5) if b not in before], *before][:len(before)], 1000)
                 for (topic, number), (before, _) in where.items()]

        def refused():
            # A sample of the time before anything was written lets the copies begin: they are put back, and it is said again.
            moved.plans.say([batch], throttle=50)
            status = moved.plans.await_state("REFUSED", "RUNNING", "DONE", timeout_s=60)
            if status.state != status.REFUSED:
                moved.plans.wish("CANCEL")
                moved.plans.await_state("CANCELLED", "DONE", timeout_s=60)
            assert status.reason == "THROTTLE_TOO_LOW" and status.state == status.REFUSED, status
            return status

        status = eventually(refused, 180, "it is refused")
        assert "would never catch up; it needs more than" in status.message, status.message
        assert moved.placement.nothing_is_left()
    moved.plans.forget()


def test_what_was_made_for_another_generation_is_refused(moved):
    moved.plans.say(moved.onto(1, 2, 3), cluster_generation=1)
    assert moved.plans.await_state("REFUSED").reason == "STALE_GENERATION"
    assert moved.placement.nothing_is_left()
    moved.plans.forget()


def test_a_shrink_that_is_cancelled_keeps_its_brokers(moved):
    operation = moved.resize(3)
    eventually(lambda: list(moved.plans.status().physical_cluster.leaving_brokers) == [4, 5], 60, "two are to go")
    busy = moved.tenant.cli.run("kafka", "delete", moved.cluster.name, "--force", "--yes")
    assert busy.reason == "OPERATION_IN_PROGRESS", str(busy)
    moved.tenant.cli("operation", "cancel", operation["name"])
    assert moved.tenant.cli("operation", "describe", operation["name"])["state"] == "CANCELLED"
    moved.is_settled_with(5)
    # They take replicas again.
    topic = moved.cluster.topic(fresh_name("again"), "--partitions", "10")
    assert {4, 5} < {broker for replicas, _ in moved.placement.partitions(topic).values() for broker in replicas}


def test_what_its_data_plane_has_no_room_for_is_refused_and_it_stays_as_it_was(moved):
    at_once = moved.tenant.cli.run("kafka", "update", moved.cluster.name, "--brokers", "30")
    assert at_once.reason == "NO_CAPACITY", str(at_once)
    # Only the satellite knows its disk.
    ended = moved.tenant.cli.run("kafka", "update", moved.cluster.name, "--disk-mib", str(16 << 20), timeout_s=120)
    assert ended.reason == "NO_CAPACITY" and "it stays at 5 brokers of 1024 MiB" in str(ended), str(ended)
    moved.is_settled_with(5)


def test_a_shrink_drains_checks_unregisters_and_only_then_stops(whole, moved):
    """5 → 3 while a tenant writes; the satellite dies at each step of it."""
    operation = moved.resize(3)
    waiting = eventually(lambda: "DRAINING" in (found := moved.tenant.cli("operation", "describe", operation["name"]))
                         ["status_message"] and found, 60, "the operation tells what it waits for")
    assert "replicas left" in waiting["status_message"]
    status = moved.plans.status().physical_cluster
    assert list(status.leaving_brokers) == [4, 5]
    assert set(moved.data_plane.running(moved.id)) == {1, 2, 3, 4, 5, 1001}, "they stay until they are empty"
    assert str(moved.data_plane.brokers(moved.id)[4]["ports"]["client"]) not in status.bootstrap_servers
    # New partitions do not come to those that go.
    late = moved.cluster.topic(fresh_name("late"), "--partitions", "6")
    assert not {4, 5} & {broker for replicas, _ in moved.placement.partitions(late).values() for broker in replicas}
    with Traffic(moved.cluster):
        with Reaper(whole, "satellite", STEPS + RETIRE) as reaper:
            moved.plans.say(moved.off(4, 5))
            moved.plans.await_state("DONE")
            moved.plans.forget()
            moved.await_done(operation)
        assert set(reaper.fired) >= set(RETIRE), reaper.fired
    assert set(moved.data_plane.running(moved.id)) == {1, 2, 3, 1001}
    assert [node["node_id"] for node in moved.data_plane.brokers(moved.id)] == [1, 2, 3]
    assert sorted(moved.placement.cell()._admin().list_topics(timeout=30).brokers) == [1, 2, 3]
    assert moved.placement.nothing_is_left()
    described = moved.cluster.describe()
    assert described["state"] == "READY"
    assert not list(moved.plans.status().physical_cluster.leaving_brokers)


@pytest.mark.full
def test_what_shrank_grows_again_with_the_same_numbers(moved):
    moved.await_done(moved.resize(4))
    batches = moved.onto(4)
    moved.plans.say(batches)
    moved.plans.await_state("DONE")
    assert moved.is_as_planned(batches), "a broker of the same number is not cordoned any more"
    assert moved.placement.nothing_is_left()
    moved.plans.forget()


def test_below_the_replicas_of_its_topics_it_does_not_shrink(moved):
    ended = moved.tenant.cli.run("kafka", "update", moved.cluster.name, "--brokers", "1")
    assert ended.reason == "SHRINK_TOO_FAR", str(ended)
