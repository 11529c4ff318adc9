"""The control-plane Kafka, looked at and spoken to with the services' own identities."""

import time
import uuid

from .data_plane import bus_identity


class Bus:
    def __init__(self, stack):
        self.stack = stack
        pki = stack.identities
        self.settings = self._settings(pki.ca_file, pki.certificate("sluice-provisioner"), pki.key("sluice-provisioner"))
        self.satellite_settings = self._settings(*bus_identity(stack))

    def _settings(self, ca_file, certificate, key):
        return {
            "bootstrap.servers": self.stack.bus.bootstrap,
            "security.protocol": "SSL",
            "ssl.ca.location": str(ca_file),
            "ssl.certificate.location": str(certificate),
            "ssl.key.location": str(key),
        }

    def topics(self):
        """name → its partitions, of all topics of ours."""
        from confluent_kafka.admin import AdminClient

        found = AdminClient(self.settings).list_topics(timeout=30).topics
        return {name: sorted(topic.partitions) for name, topic in found.items() if name.startswith("sluice.")}

    def ends(self):
        """(topic, partition) → end offset."""
        from confluent_kafka import Consumer, TopicPartition

        consumer = Consumer({**self.settings, "group.id": "sluice.test." + uuid.uuid4().hex})
        try:
            return {(topic, partition): consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)[1]
                    for topic, partitions in self.topics().items() for partition in partitions}
        finally:
            consumer.close()

    def records(self):
        """(topic, value) of all records that are there now; a tombstone's value is empty."""
        return [(message.topic(), message.value() or b"") for topic in self.topics() for message in self.messages(topic)]

    def messages(self, topic, since=None, timeout_s=120):
        """All records that are there now, from the offsets `since` on ((topic, partition) → offset), those of a partition in
        their order."""
        from confluent_kafka import Consumer, TopicPartition

        since = since or {}
        assert topic in self.topics(), f"there is no topic {topic}"
        waiting = {place: end for place, end in self.ends().items()
                   if place[0] == topic and end > since.get(place, 0)}
        consumer = Consumer({**self.settings, "group.id": "sluice.test." + uuid.uuid4().hex, "enable.auto.commit": False,
                             "auto.offset.reset": "earliest", "enable.partition.eof": True})
        consumer.assign([TopicPartition(*place, since.get(place, 0)) for place in waiting])
        found, deadline = [], time.monotonic() + timeout_s
        try:
            while waiting:
                assert time.monotonic() < deadline, f"not read to the end: {waiting}"
                message = consumer.poll(1.0)
                if message is None:
                    continue
                place = (message.topic(), message.partition())
                if message.error() is None:
                    found.append(message)
                    if message.offset() + 1 >= waiting.get(place, 0):
                        waiting.pop(place, None)
                else:
                    # The end, also of one whose last records were compacted away.
                    waiting.pop(place, None)
        finally:
            consumer.close()
        return found

    def headers(self, source, type_name):
        """CloudEvents headers of a record that is new."""
        return [("ce_id", str(uuid.uuid4())), ("ce_source", source), ("ce_type", type_name), ("ce_specversion", "1.0"),
                ("ce_time", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())), ("ce_generation", str(time.time_ns())),
                ("content-type", "application/protobuf")]

    def say(self, topic, key, value, as_satellite=False, headers=None):
        """Puts one record on a topic."""
        from confluent_kafka import Producer

        errors = []
        # Keys to the partitions to which Java's clients and the relay send them.
        producer = Producer({**(self.satellite_settings if as_satellite else self.settings), "message.timeout.ms": 20000,
                             "partitioner": "murmur2_random"})
        producer.produce(topic, key=key, value=value, headers=headers, on_delivery=lambda error, _: errors.append(error))
        producer.flush(30)
        # By text: a KafkaError cannot be compared with None.
        outcome = [str(error) for error in errors]
        assert outcome == ["None"], outcome

    def rejected(self):
        """Records that consumers of the provisioner have set aside for good."""
        return int(self.stack.postgres.sql("SELECT count(*) FROM bus_rejected_record", database="provisioner"))
