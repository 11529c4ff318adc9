"""A tenant that writes all the time, whatever happens meanwhile."""

import threading
import time

from .clients import ConfluentClient
from .tenants import fresh_name

PARTITIONS = 3


class Traffic:
    """As a context manager: numbered records into a new topic, one each `every_s`. At the end of the block all that was
    acknowledged has to be there, each once."""

    def __init__(self, cluster, every_s=0.1):
        self.cluster = cluster
        self.client = ConfluentClient(cluster.key())
        self.topic = cluster.topic(fresh_name("traffic"), "--partitions", str(PARTITIONS))
        self.every_s = every_s
        self.refused = []
        self._acknowledged = {}  # text → when
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write, name="traffic")
        self._began = None

    def __enter__(self):
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._end.set()
        self._thread.join()
        if kind is None:
            self._check()

    @property
    def acknowledged(self):
        return len(self._acknowledged)

    def longest_gap_s(self):
        """The longest time without an acknowledgement."""
        times = sorted([self._began, *list(self._acknowledged.values())])
        return max(after - before for before, after in zip(times, times[1:]))

    def flows(self, within_s=60):
        """Was something acknowledged lately?"""
        return time.monotonic() - max([self._began, *list(self._acknowledged.values())]) < within_s

    def _write(self):
        from confluent_kafka import Producer

        producer = Producer({**self.client.settings, "enable.idempotence": True, "linger.ms": 0,
                             "message.timeout.ms": 120_000})
        number = 0
        while not self._end.wait(self.every_s):
            producer.produce(self.topic, value=f"record {number}", on_delivery=self._on_delivery)
            producer.poll(0)
            number += 1
        producer.flush(130)

    def _on_delivery(self, error, message):
        if error is not None:
            self.refused.append(error.name())
        else:
            self._acknowledged[message.value().decode()] = time.monotonic()

    def _check(self):
        assert not self.refused, f"{len(self.refused)} records were refused: {self.refused[:3]}"
        wanted = set(self._acknowledged)
        places = self._read_all(wanted)
        missing = wanted - set(places)
        assert not missing, f"acknowledged and lost: {sorted(missing)[:5]}"
        twice = {text: found for text, found in places.items() if len(found) > 1}
        assert not twice, f"there more than once: {dict(list(twice.items())[:3])}"

    def _read_all(self, wanted, timeout_s=120):
        """Text → (partition, offset) of each record that has it: the log as it lies, up to its present end. Not by a group:
        one that is rebalanced, as when its coordinator dies, gives records out again."""
        from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

        consumer = Consumer({**self.client.settings, "group.id": self.cluster.prefix + fresh_name("all"),
                             "enable.auto.commit": False, "enable.partition.eof": True})
        consumer.assign([TopicPartition(self.topic, partition, OFFSET_BEGINNING) for partition in range(PARTITIONS)])
        places, at_end, deadline = {}, set(), time.monotonic() + timeout_s
        try:
            # A new leader may show its log's end a moment later: then its EOF comes again.
            while not (wanted <= set(places) and len(at_end) == PARTITIONS) and time.monotonic() < deadline:
                message = consumer.poll(1.0)
                if message is None:
                    continue
                if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                    at_end.add(message.partition())
                elif not message.error():
                    at_end.discard(message.partition())
                    places.setdefault(message.value().decode(), []).append((message.partition(), message.offset()))
        finally:
            consumer.close()
        return places
