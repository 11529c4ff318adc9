"""A DEDICATED cluster as its tenant and the balancer-planner see it."""

import contextlib

from .clients import ConfluentClient, KafkaPythonClient
from .rebalances import Placement
from .tenants import fresh_name
from .waiting import eventually

BALANCER = "balancer-planner"
MEGABYTE = 1_000_000
RECORD_BYTES = 10_000
# A sample comes each 15 s; a rate needs two.
SAMPLED_S = 120


@contextlib.contextmanager
def component_with(stack, component, *flags):
    """`component` runs with these while the block lasts, without them afterwards."""
    stack.services.flags[component] = list(flags)
    stack.restart(component)
    try:
        yield
    finally:
        stack.services.flags[component] = []
        stack.restart(component)


def quiet_balancer(stack, *flags):
    """A balancer that rests shortly after a rebalance, and evens nothing out by itself."""
    return component_with(stack, BALANCER, "--cool-down-s", "5", "--uneven-for-s", "86400", *flags)


class Balanced:
    """Its brokers, three by default, and what can be asked and seen of them."""

    def __init__(self, tenant, data_plane, brokers=3):
        self.tenant = tenant
        self.cluster = tenant.dedicated("--brokers", str(brokers), "--disk-mib", "1024", name=fresh_name("even"))
        self.id = self.cluster.describe()["physical_cluster"]
        self.placement = Placement(data_plane, self.id)
        self.client = ConfluentClient(self.cluster.key())
        # A broker without replicas beside others that have some counts as new, and is filled at once.
        self.everywhere = self.cluster.topic(fresh_name("even"), "--partitions", "12")
        eventually(self._is_heard_of, SAMPLED_S, "the balancer knows its load")

    def _is_heard_of(self):
        answer = self.tenant.cli.run("rebalance", "preview", self.cluster.name)
        assert answer.reason != "LOAD_UNKNOWN", str(answer)
        return True

    def rebalance(self, verb, *arguments, timeout_s=300):
        return self.tenant.cli("rebalance", verb, self.cluster.name, *arguments, timeout_s=timeout_s)

    def lopsided(self, *brokers, partitions=6):
        """A topic of 24 MB, all of it on two brokers, and known to the balancer."""
        first, second = brokers
        places = [[first, second] if number % 2 else [second, first] for number in range(partitions)]
        topic = self.placed(places, 24 * MEGABYTE)
        # Of its 48 MB with both copies 16 belong on the third; a sample from its middle shows less.
        eventually(lambda: self._planned_bytes() > 10 * MEGABYTE, SAMPLED_S, "a preview that moves the topic")
        return topic

    def placed(self, places, size, **config):
        """A topic of `size` bytes, each partition's replicas on the brokers that `places` says."""
        from confluent_kafka import Producer
        from kafka.admin import KafkaAdminClient, NewTopic

        topic = fresh_name("placed")
        admin = KafkaAdminClient(**KafkaPythonClient(self.client.credentials).settings)
        admin.create_topics([NewTopic(topic, -1, -1, replica_assignments=dict(enumerate(places)), topic_configs=config)])
        admin.close()
        producer = Producer({**self.client.settings, "linger.ms": 20, "message.timeout.ms": 120_000})
        for number in range(size // RECORD_BYTES):
            producer.produce(topic, bytes(RECORD_BYTES), partition=number % len(places))
            if number % 50 == 0:
                producer.poll(0.01)
        assert producer.flush(150) == 0
        return topic

    def _planned_bytes(self):
        return self.rebalance("preview")["plan"]["bytes"]

    def holds_replicas(self, broker):
        return sum(broker in replicas for replicas, _ in self.placement.partitions().values())

    def has_caught_up(self, broker):
        """Is it in sync with all that every broker has?"""
        return all(broker in in_sync for _, in_sync in self.placement.partitions(self.everywhere).values())

    def newest(self):
        listed = self.rebalance("list")
        return listed["rebalances"][0] if listed["rebalances"] else None

    def await_state(self, name, *states, timeout_s=240):
        def look():
            found = self.rebalance("describe", name)
            assert found["state"] in states, f"{found['state']}: {found['reason']} {found['message']}"
            return found

        return eventually(look, timeout_s, " or ".join(states))

    def begin(self, *arguments):
        """Starts one, again while what was written a moment ago still counts as what is received; gives it once it moves."""
        def look():
            found = self.newest()
            if found is None or found["state"] in ("FAILED", "DONE", "CANCELLED", "EXPIRED"):
                found = self.rebalance("start", *arguments)
            found = self.rebalance("describe", found["name"])
            return found["progress"]["moves_in_flight"] > 0 and found

        return eventually(look, 240, "it moves")

    def is_settled(self):
        assert self.tenant.cli.run("rebalance", "pause", self.cluster.name).reason == "NO_REBALANCE"
        return self.placement.nothing_is_left()
