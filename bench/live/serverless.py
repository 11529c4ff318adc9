"""How long a tenant waits: a SERVERLESS cluster, a key and a topic on a warm cell, then the first record of a client."""

import time
import uuid

from confluent_kafka import Producer

from api_client import CLUSTERS
from figures import prefixed, quantiles
from live_stack import ENVIRONMENT, LiveStack

ROUNDS = 120
# Not counted: the first of each call opens connections and compiles, on all sides.
WARM_UP_ROUNDS = 10
TOPIC = "placed"
STEPS = ("cluster", "key", "topic", "first_record")


class Round:
    """One tenant's way, one call after the other, each waited for; `times`: seconds of each step."""

    def __init__(self, api, name):
        self.api = api
        self.name = name
        self.times = {}

    def run(self):
        for step in STEPS:
            began = time.monotonic()
            getattr(self, step)()
            self.times[step] = time.monotonic() - began
        return self.times

    def cluster(self):
        self.made = self.api.done(self.api.create_cluster(ENVIRONMENT, self.name, type="SERVERLESS"))

    def key(self):
        self.credentials = self.api.call(CLUSTERS, "CreateKafkaKey", parent=self.made.name, key={},
                                         request_id=str(uuid.uuid4()))
        self.api.done(self.credentials.operation)

    def topic(self):
        self.api.done(self.api.call(CLUSTERS, "CreateTopic", parent=self.made.name, topic_id=TOPIC,
                                    topic={"partitions": 1}, request_id=str(uuid.uuid4())))

    def first_record(self):
        """A producer with the printed settings and librdkafka's defaults, from its making to the acknowledgement."""
        outcomes = []
        producer = Producer({
            "bootstrap.servers": self.made.bootstrap_servers,
            "security.protocol": self.made.security_protocol,
            "sasl.mechanism": self.made.sasl_mechanism,
            "sasl.username": self.credentials.key.username,
            "sasl.password": self.credentials.password,
            "ssl.ca.pem": self.made.ca_certificate_pem,
        })
        producer.produce(self.made.prefix + TOPIC, value=b"first", on_delivery=lambda error, _: outcomes.append(error))
        producer.flush(30)
        # By text: a KafkaError cannot be compared with None.
        if [str(outcome) for outcome in outcomes] != ["None"]:
            raise RuntimeError(f"the first record of {self.name} was not acknowledged: {outcomes}")


def run(report):
    with LiveStack() as live:
        times = [Round(live.api, f"bench-{number}").run() for number in range(WARM_UP_ROUNDS + ROUNDS)][WARM_UP_ROUNDS:]
        of_step = {step: [one[step] for one in times] for step in STEPS}
        usable = [sum(one.values()) - one["first_record"] for one in times]
        shares = {name: value for step in STEPS[:3] for name, value in prefixed(step, quantiles(of_step[step])).items()}
        report.line("serverless_usable", client="one gRPC channel", rounds=ROUNDS, brokers=live.cell.brokers,
                    **quantiles(usable), **shares)
        report.line("serverless_first_record", client="confluent-kafka", rounds=ROUNDS, brokers=live.cell.brokers,
                    **quantiles([sum(one.values()) for one in times]),
                    **prefixed("own_share", quantiles(of_step["first_record"])))
