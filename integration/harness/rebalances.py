"""Plans said on the bus as the balancer-planner says them, what the satellite answers, and what Kafka shows of it."""

import time

from .bus import Bus
from .data_plane import Cell
from .messages import message
from .waiting import eventually

PLAN = message("sluice/balancer_planner/v1/plan.proto", "sluice.balancer_planner.v1.PlanDocument")
STATUS = message("sluice/satellite/v1/status.proto", "sluice.satellite.v1.StatusDocument")
PLANS_TOPIC = "sluice.dp.local.plans.v1"
STATUS_TOPIC = "sluice.dp.local.status.v1"


class Plans:
    """For one physical cluster."""

    def __init__(self, stack, cluster):
        self.bus = Bus(stack)
        self.cluster = cluster
        self.plan = None
        self._consumer = None
        self._last = None

    def say(self, batches, throttle=0, rebalance=None, cluster_generation=None):
        """A new rebalance: batches of (topic, partition, before, after, bytes)."""
        plan = PLAN(key=self.cluster, data_plane="local", rebalance=rebalance or f"reb-{time.time_ns():x}", wish="RUN",
                    throttle_bytes_per_second=throttle, batches_total=len(batches),
                    physical_cluster_generation=cluster_generation or self.status().observed_generation)
        plan.expire_time.FromSeconds(int(time.time()) + 600)
        for batch in batches:
            moves = plan.batches.add().moves
            for topic, partition, before, after, size in batch:
                moves.add(topic=topic, partition=partition, replicas_before=before, replicas=after, bytes=size,
                          reason="for a scenario")
        self.plan = plan
        self._say()

    def wish(self, wish):
        """RUN, PAUSE or CANCEL of the plan that was said."""
        self.plan.wish = PLAN.Wish.Value(wish)
        self._say()

    def forget(self):
        """The tombstone that follows a rebalance's end."""
        headers = self.bus.headers("/sluice/balancer-planner", "sluice.balancer_planner.v1.PlanDocument")
        self.bus.say(PLANS_TOPIC, self.cluster, None, headers=headers)
        eventually(lambda: not self.status().physical_cluster.HasField("rebalance"), 60, "the plan is forgotten")

    def _say(self):
        self.plan.generation = time.time_ns()
        self.plan.time.GetCurrentTime()
        headers = self.bus.headers("/sluice/balancer-planner", "sluice.balancer_planner.v1.PlanDocument")
        headers = [(name, str(self.plan.generation) if name == "ce_generation" else value) for name, value in headers]
        self.bus.say(PLANS_TOPIC, self.cluster, self.plan.SerializeToString(), headers=headers)

    def status(self):
        """The satellite's last word on the cluster."""
        def look():
            self._read()
            return self._last

        # The first look may end before the consumer has reached its brokers.
        return eventually(look, 60, f"something is said of {self.cluster}")

    def rebalance(self):
        """What it says of this plan as it was said last; None while it speaks of an older one."""
        status = self.status().physical_cluster.rebalance
        return status if status.observed_generation == self.plan.generation else None

    def await_state(self, *states, timeout_s=240):
        """Until the plan is in one of these states; gives what is said of it."""
        def look():
            found = self.rebalance()
            assert found is not None, f"not heard of; {self.status()}"
            assert self._name(found) in states, f"{found}"
            return found

        return eventually(look, timeout_s, " or ".join(states))

    def begin(self, batches, throttle=0):
        """Says it, again while what was written a moment ago still counts as what is received; gives what is said of it
        once something moves."""
        self.say(batches, throttle)

        def look():
            found = self.rebalance()
            if found is not None and found.reason == "THROTTLE_TOO_LOW":
                self.say(batches, throttle)
            assert found is not None and found.moves_in_flight > 0, f"nothing moves: {found}"
            return found

        return eventually(look, 180, "something moves")

    def await_moving(self):
        """Until something moves for this plan as it was said last."""
        return eventually(lambda: (found := self.rebalance()) is not None and found.moves_in_flight > 0 and found, 180,
                          "something moves")

    @staticmethod
    def _name(status):
        return status.DESCRIPTOR.enum_types_by_name["State"].values_by_number[status.state].name

    def _read(self):
        from confluent_kafka import Consumer, TopicPartition

        if self._consumer is None:
            partitions = self.bus.topics()[STATUS_TOPIC]
            self._consumer = Consumer({**self.bus.settings, "group.id": "sluice.test.moves", "enable.auto.commit": False,
                                       "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20})
            self._consumer.assign([TopicPartition(STATUS_TOPIC, number, 0) for number in partitions])
        for record in self._consumer.consume(1000, timeout=0.5):
            if record.error() is None and record.key() == self.cluster.encode() and record.value():
                document = STATUS.FromString(record.value())
                if self._last is None or (document.satellite_epoch, document.sequence) > \
                        (self._last.satellite_epoch, self._last.sequence):
                    self._last = document

    def close(self):
        if self._consumer is not None:
            self._consumer.close()


class Placement:
    """Where a cell's replicas are, and what is left of moves, by Kafka's own word."""

    def __init__(self, data_plane, cluster):
        self.data_plane = data_plane
        self.cluster = cluster

    def cell(self):
        """Anew each time: brokers come and go."""
        return Cell(self.data_plane, self.cluster)

    def partitions(self, *topics):
        """(topic, partition) → (replicas with the leader first, in sync), of all topics or these."""
        found = {}
        for name, topic in self.cell()._admin().list_topics(timeout=30).topics.items():
            if topics and name not in topics:
                continue
            for number, one in topic.partitions.items():
                replicas = [one.leader, *[broker for broker in one.replicas if broker != one.leader]]
                found[name, number] = replicas, sorted(one.isrs)
        return found

    def throttles(self):
        """All that is throttled, as text."""
        from confluent_kafka.admin import ConfigResource, ConfigSource

        cell = self.cell()
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in cell.topics()]
        resources += [ConfigResource(ConfigResource.Type.BROKER, str(node["node_id"]))
                      for node in self.data_plane.brokers(self.cluster)]
        ours = (ConfigSource.DYNAMIC_TOPIC_CONFIG.value, ConfigSource.DYNAMIC_BROKER_CONFIG.value)
        found = []
        for resource in resources:
            # Each broker is asked for its own.
            entries = cell._admin().describe_configs([resource], request_timeout=20)[resource].result(30)
            found += [f"{resource.name}: {name}={entry.value}" for name, entry in entries.items()
                      if "throttled" in name and entry.source in ours and entry.value]
        return found

    def moving(self):
        """Partitions that Kafka moves now."""
        from kafka.admin import KafkaAdminClient

        settings = self.cell().settings
        admin = KafkaAdminClient(bootstrap_servers=settings["bootstrap.servers"].split(","), security_protocol="SSL",
                                 ssl_cafile=settings["ssl.ca.location"], ssl_certfile=settings["ssl.certificate.location"],
                                 ssl_keyfile=settings["ssl.key.location"])
        try:
            return admin.list_partition_reassignments()
        finally:
            admin.close()

    def nothing_is_left(self):
        """No throttle, no move, all in sync."""
        assert self.moving() in ({}, []), self.moving()
        assert self.throttles() == []
        behind = {name: found for name, found in self.partitions().items() if sorted(found[0]) != found[1]}
        assert not behind, behind
        return True
