"""Kafka clients by the settings that were printed: librdkafka (confluent-kafka), kafka-python, and Java's own tools.

Each gives the same few verbs, so that a scenario runs with all of them. `topic` and `group` are names in Kafka, prefix
included; records are texts."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from stack import kafka_jvm  # noqa: E402


class Refused(Exception):
    """The broker's word that this may not be done; `str` is its code's name where the client tells it."""


class ConfluentClient:
    """librdkafka ≥ 2.6"""

    name = "confluent-kafka"

    def __init__(self, credentials, **settings):
        self.credentials = credentials
        self.settings = {
            "bootstrap.servers": credentials.bootstrap_servers,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": credentials.username,
            "sasl.password": credentials.password,
            "ssl.ca.location": credentials.ca_file,
            **settings,
        }

    def produce(self, topic, texts, timeout_s=60, **settings):
        from confluent_kafka import Producer

        errors = []
        producer = Producer({**self.settings, "enable.idempotence": True, "linger.ms": 5,
                             "message.timeout.ms": int(timeout_s * 1000), **settings})
        for text in texts:
            while True:
                try:
                    producer.produce(topic, value=text, on_delivery=lambda error, _: errors.append(error) if error else None)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        left = producer.flush(timeout_s + 10)
        if errors:
            raise Refused(errors[0].name())
        assert left == 0, f"{left} records are without an answer"

    def consume(self, topic, group, count, timeout_s=60, until=None):
        """At most `count` texts; ends early once it has seen the text `until`."""
        from confluent_kafka import Consumer

        consumer = Consumer({**self.settings, "group.id": group, "auto.offset.reset": "earliest",
                             "enable.auto.commit": False})
        consumer.subscribe([topic])
        texts, deadline = [], time.monotonic() + timeout_s
        try:
            while len(texts) < count and time.monotonic() < deadline:
                message = consumer.poll(1.0)
                if message is None:
                    continue
                if message.error():
                    if message.error().name() in _REFUSALS:
                        raise Refused(message.error().name())
                    continue
                texts.append(message.value().decode())
                if texts[-1] == until:
                    break
            if texts:
                consumer.commit(asynchronous=False)
        finally:
            consumer.close()
        return texts

    def admin(self):
        from confluent_kafka.admin import AdminClient

        return AdminClient(self.settings)

    def create_topic(self, topic, partitions=1, replicas=-1):
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import NewTopic

        # Held until the answer is there: with it goes the connection.
        admin = self.admin()
        future = admin.create_topics([NewTopic(topic, partitions, replicas)], request_timeout=30)[topic]
        try:
            future.result(40)
        except KafkaException as error:
            raise Refused(error.args[0].name()) from error

    def delete_topic(self, topic):
        from confluent_kafka import KafkaException

        # Held until the answer is there: with it goes the connection.
        admin = self.admin()
        future = admin.delete_topics([topic], request_timeout=30)[topic]
        try:
            future.result(40)
        except KafkaException as error:
            raise Refused(error.args[0].name()) from error

    def topics(self, timeout_s=20):
        """Names that this key can see."""
        return set(self.admin().list_topics(timeout=timeout_s).topics)

    def can_log_in(self, timeout_s=10):
        from confluent_kafka import KafkaException

        try:
            self.admin().list_topics(timeout=timeout_s)
            return True
        except KafkaException:
            return False


_REFUSALS = {"TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED",
             "SASL_AUTHENTICATION_FAILED", "UNKNOWN_TOPIC_OR_PART", "_AUTHENTICATION"}


class KafkaPythonClient:
    """kafka-python: a protocol implementation of its own."""

    name = "kafka-python"

    def __init__(self, credentials):
        self.credentials = credentials
        self.settings = {
            "bootstrap_servers": credentials.bootstrap_servers.split(","),
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": credentials.username,
            "sasl_plain_password": credentials.password,
            "ssl_cafile": credentials.ca_file,
        }

    def produce(self, topic, texts, timeout_s=60):
        from kafka import KafkaProducer

        with contextlib.closing(KafkaProducer(**self.settings, acks="all", max_block_ms=timeout_s * 1000)) as producer:
            for sent in [producer.send(topic, text.encode()) for text in texts]:
                sent.get(timeout=timeout_s)

    def consume(self, topic, group, count, timeout_s=60):
        from kafka import KafkaConsumer

        consumer = KafkaConsumer(topic, **self.settings, group_id=group, auto_offset_reset="earliest",
                                 enable_auto_commit=False)
        texts, deadline = [], time.monotonic() + timeout_s
        with contextlib.closing(consumer):
            while len(texts) < count and time.monotonic() < deadline:
                for records in consumer.poll(timeout_ms=1000).values():
                    texts += [record.value.decode() for record in records]
            consumer.commit()
        return texts


class JavaClient:
    """The console tools of Apache Kafka, with the properties that `-o java` prints."""

    name = "java"

    def __init__(self, credentials):
        self.credentials = credentials

    def properties(self):
        return "\n".join((
            f"bootstrap.servers={self.credentials.bootstrap_servers}",
            "security.protocol=SASL_SSL",
            "sasl.mechanism=SCRAM-SHA-512",
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="{self.credentials.username}" password="{self.credentials.password}";',
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={self.credentials.ca_file}",
        )) + "\n"

    def _run(self, main_class, *arguments, text="", timeout_s=90):
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "client.properties"
            config.write_text(self.properties())
            config.chmod(0o600)
            command = [kafka_jvm.java(), "-Xmx96m", *kafka_jvm.FLAGS, "-cp", kafka_jvm.class_path(), main_class,
                       "--bootstrap-server", self.credentials.bootstrap_servers, "--command-config", str(config),
                       *map(str, arguments)]
            return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=timeout_s,
                                  env={**os.environ, "LC_ALL": "C.UTF-8"})

    def produce(self, topic, texts, timeout_s=60):
        done = self._run("org.apache.kafka.tools.ConsoleProducer", "--topic", topic,
                         text="".join(text + "\n" for text in texts), timeout_s=timeout_s + 30)
        if done.returncode != 0 or "Exception" in done.stderr + done.stdout:
            raise Refused(done.stderr[-800:])

    def consume(self, topic, group, count, timeout_s=60):
        done = self._run("org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--group", group,
                         "--from-beginning", "--max-messages", count, "--timeout-ms", timeout_s * 1000,
                         timeout_s=timeout_s + 60)
        return done.stdout.splitlines()


ALL = (ConfluentClient, KafkaPythonClient, JavaClient)
