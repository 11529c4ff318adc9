"""The main job of `make run`: a cluster, a key and a topic, and 1,000 records through the endpoint that is printed.

What exists already is used again, so a second run takes seconds."""

import argparse
import socket
import sys
import time
import uuid
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from stack.assembly import ROOT, Stack  # noqa: E402
from stack.failure import Failure  # noqa: E402

CLUSTER = "orders"
KEY = "first-run"
TOPIC = "placed"
RECORDS = 1000
NOT_FOUND = 3


class Steps:
    """A line per step: what it was, how long it took."""

    def __init__(self):
        self.began = time.monotonic()

    def take(self, text, act):
        began = time.monotonic()
        result = act()
        print(f"{time.monotonic() - self.began:6.1f}s  {text:44} {time.monotonic() - began:6.2f} s", flush=True)
        return result


def existing(stack, *arguments):
    """What `describe` prints, or None when there is no such thing."""
    try:
        return stack.sluice(*arguments)
    except Failure as failure:
        if failure.code == NOT_FOUND:
            return None
        raise


def await_cell(stack, steps, timeout_s=240):
    """The warm shared cell: three real brokers, started by the satellite. Progress as it comes."""
    def wait():
        deadline, said = time.monotonic() + timeout_s, None
        while True:
            cells = stack.sluice("dataplane", "describe", "local").get("physical_clusters") or []
            if any(cell["shared"] and cell["state"] == "UP" for cell in cells):
                return
            now = ", ".join(f"{cell['id']} {cell['state']} {cell['brokers_ready']}/{cell['brokers']} brokers"
                            for cell in cells) or "no cell yet"
            if now != said:
                print(f"         {now}", flush=True)
                said = now
            if time.monotonic() > deadline:
                raise Failure(f"no shared cell was up after {timeout_s} s: {now}.",
                              "Look: ./sluice dataplane describe local, make status, .run/logs/satellite.log")
            time.sleep(0.5)

    steps.take("a warm cell of real brokers", wait)


def cluster_of(stack, steps):
    found = existing(stack, "kafka", "describe", CLUSTER)
    if found and found["state"] == "READY":
        print(f"        cluster {CLUSTER} is there: {found['id']}")
        return found
    if found:
        raise Failure(f"the cluster {CLUSTER} is {found['state']}, not READY.", f"Look: ./sluice kafka describe {CLUSTER}")
    return steps.take(f"SERVERLESS cluster {CLUSTER}", lambda: stack.sluice(
        "kafka", "create", CLUSTER, "--type", "serverless", timeout_s=300))


def key_of(stack, steps):
    """The key's settings. Its password is shown once, so it is kept beside the CLI's own key, 0600."""
    kept = stack.state.read_json("cli/first-run-key.json", None)
    if kept and existing(stack, "key", "describe", kept["name"], "--cluster", CLUSTER):
        return kept
    name = f"{KEY}-{uuid.uuid4().hex[:6]}"
    made = steps.take(f"key {name}", lambda: stack.sluice("key", "create", name, "--cluster", CLUSTER))
    stack.state.write_json("cli/first-run-key.json", made)
    stack.state.path("cli", "first-run-key.json").chmod(0o600)
    return made


def topic_of(stack, steps):
    topics = stack.sluice("topic", "list", "--cluster", CLUSTER)
    if not any(topic["name"] == TOPIC for topic in topics):
        steps.take(f"topic {TOPIC}", lambda: stack.sluice("topic", "create", TOPIC, "--cluster", CLUSTER,
                                                           "--partitions", "3"))


def await_brokers(cluster, steps, timeout_s=120):
    """After a stop the brokers come back while the last word about them is still the old one: ask them."""
    def answers(address):
        host, port = address.rsplit(":", 1)
        try:
            with socket.create_connection((host, int(port)), timeout=2):
                return True
        except OSError:
            return False

    def wait():
        deadline, addresses = time.monotonic() + timeout_s, cluster["bootstrap_servers"].split(",")
        while not all(map(answers, addresses)):
            if time.monotonic() > deadline:
                raise Failure(f"not all of {cluster['bootstrap_servers']} answered within {timeout_s} s.",
                              "Look: ./sluice dataplane describe local")
            time.sleep(0.2)

    steps.take("its brokers answer", wait)


def client_settings(cluster, key):
    return {
        "bootstrap.servers": cluster["bootstrap_servers"],
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": key["username"],
        "sasl.password": key["password"],
        "ssl.ca.location": cluster["ca_file"],
        "log_level": 2,  # a broker that is not there yet is tried again, and that is no news
    }


def produce(settings, topic, run):
    from confluent_kafka import Producer

    failures = []
    producer = Producer({**settings, "enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": 60000})
    for number in range(RECORDS):
        producer.produce(topic, key=str(number), value=f"{run} order {number}",
                         on_delivery=lambda error, _: failures.append(error) if error else None)
        producer.poll(0)
    if producer.flush(90) > 0 or failures:
        raise Failure(f"{len(failures)} of {RECORDS} records were refused: {failures[0] if failures else 'no answer'}")


def consume(settings, topic, group, run):
    """Reads until every record of this run was seen."""
    from confluent_kafka import Consumer

    consumer = Consumer({**settings, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    seen, deadline = set(), time.monotonic() + 120
    try:
        while len(seen) < RECORDS:
            if time.monotonic() > deadline:
                raise Failure(f"only {len(seen)} of {RECORDS} records came back within 120 s.")
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                if message.error().fatal() or not message.error().retriable():
                    raise Failure(f"the consumer was refused: {message.error()}")
                continue
            text = message.value().decode()
            if text.startswith(run):
                seen.add(text)
        consumer.commit(asynchronous=False)
    finally:
        consumer.close()


def what_next(stack, cluster, key, prefix):
    print(f"""
Any Kafka client can use it (SASL_SSL, SCRAM-SHA-512):
  bootstrap.servers  {cluster['bootstrap_servers']}
  sasl.username      {key['username']}
  sasl.password      in {stack.state.path('cli', 'first-run-key.json')}
  ssl.ca.location    {cluster['ca_file']}
  topics and groups  begin with {prefix or '(no prefix)'}

Try next:
  ./sluice kafka list                     what there is
  ./sluice kafka describe {CLUSTER}          what it waits for, and why
  ./sluice kafka create big --type dedicated --brokers 3
  ./sluice watch                          every change, live
  make status                             the processes and their ports
  make stop                               ends it; make run finds everything again""")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state-dir", default=ROOT / ".run", type=Path)
    stack = Stack(parser.parse_args().state_dir)
    steps = Steps()
    await_cell(stack, steps)
    cluster = cluster_of(stack, steps)
    key = key_of(stack, steps)
    await_brokers(cluster, steps)
    topic_of(stack, steps)
    prefix = cluster.get("topic_prefix", "")
    settings, run = client_settings(cluster, key), uuid.uuid4().hex
    steps.take(f"{RECORDS} records produced", lambda: produce(settings, prefix + TOPIC, run))
    group = cluster.get("group_prefix", prefix) + "first-run"
    steps.take(f"{RECORDS} records consumed", lambda: consume(settings, prefix + TOPIC, group, run))
    what_next(stack, cluster, key, prefix)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(failure.code)
