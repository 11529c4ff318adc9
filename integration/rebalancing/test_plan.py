"""`sluice plan --bootstrap` on a Kafka of three brokers that Sluice did not make, carried out by Kafka's own tools."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from harness.foreign_kafka import ForeignKafka
from harness.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "planner"))

import cluster_model  # noqa: E402
import score  # noqa: E402
import steps  # noqa: E402

PARTITIONS = 12
RECORD = b"x" * 1000


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    one = ForeignKafka(tmp_path_factory.mktemp("foreign-kafka"))
    try:
        one.start()
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="module")
def uneven(kafka):
    """Partitions of 1 to 12 MB, all on brokers 1 and 2."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    eventually(lambda: len(admin.list_topics(timeout=10).brokers) == 3, 120, "three brokers")
    topic = NewTopic("orders", num_partitions=PARTITIONS, replica_assignment=[[1 + p % 2, 2 - p % 2] for p in range(PARTITIONS)],
                     config={"min.insync.replicas": "1"})
    for created in admin.create_topics([topic]).values():
        created.result(60)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 20})
    for partition in range(PARTITIONS):
        for number in range(1000 * (partition + 1)):
            producer.produce("orders", RECORD, partition=partition)
            if number % 500 == 0:
                producer.poll(0)
    assert producer.flush(120) == 0
    return admin


class Traffic:
    """10 records of 1 KB a second or more to each partition while a plan is made."""

    def __init__(self, kafka):
        self.producer = Producer({"bootstrap.servers": kafka.bootstrap})
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.wait(0.1):
            for partition in range(PARTITIONS):
                self.producer.produce("orders", RECORD, partition=partition)
            self.producer.poll(0)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        assert self.producer.flush(60) == 0


def plan(kafka, folder, *options, config=None):
    binary = os.environ.get("SLUICE_BIN")
    sluice = Path(binary) / "cli" / "sluice" if binary else ROOT / "bazel-bin" / "cli" / "sluice"
    command = [sluice, "plan", "--bootstrap", kafka.secure_bootstrap, "--command-config", config or kafka.command_config(),
               "--network-mb", "50", "--disk-gib", "1", "--sample", "4s", "--out", folder / "plan.json", "--stats",
               folder / "stats.json", "--save-model", folder / "model.json.gz", "--batches", folder / "moves", "--explain",
               *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout, *(cluster_model.read(folder / name) for name in ("plan.json", "stats.json"))


def assignment(admin):
    topics = admin.list_topics(timeout=30).topics
    return {number: [partition.leader, *[b for b in partition.replicas if b != partition.leader]]
            for number, partition in topics["orders"].partitions.items()}


def test_a_plan_fills_the_empty_broker_and_kafkas_tools_carry_it_out(kafka, uneven, tmp_path):
    with Traffic(kafka):
        text, planned, stats = plan(kafka, tmp_path)
    model = cluster_model.read(tmp_path / "model.json.gz")
    cluster = cluster_model.Cluster(model)
    assert {broker["id"]: (broker["rack"], broker["state"]) for broker in model["brokers"]} == {
        1: ("r1", "ALIVE"), 2: ("r2", "ALIVE"), 3: ("r3", "NEW")}
    by_number = {partition.number: partition for partition in cluster.partitions}
    for number, partition in by_number.items():
        # What was written and what its batches add; the traffic of one sample besides.
        assert number + 1 <= partition.leads[cluster_model.DISK] <= (number + 1) * 1.2 + 3, partition.leads
        # 10 KB/s, less where the producer was late on a busy machine.
        assert 0 < partition.leads[cluster_model.IN] <= 40, partition.leads
    # The judges share no code with the planner.
    scored, taken = score.score(cluster, planned), steps.replay(cluster, planned)
    assert score.violations(scored) == 0 and taken["violations"] == 0, (scored, taken)
    assert stats["intermediate_violations"] == 0
    # A few partitions of whole megabytes, and rates as a busy machine had them: no finer than that.
    assert scored["balance"]["disk"][0] < 1.25 and scored["balance"]["disk"][1] > 0.75, scored
    assert "copy to 3" in text

    files = sorted((tmp_path / "moves").iterdir())
    assert len(files) == len(planned["batches"]) > 0
    for file in files:
        begun = kafka.reassign("--reassignment-json-file", file, "--throttle", 20_000_000, "--execute")
        assert begun.returncode == 0 and "Successfully started" in begun.stdout, begun.stdout + begun.stderr
        eventually(lambda file=file: is_complete(kafka, file), 180, f"{file.name} is carried out")
        elected = kafka.elect_preferred(file)
        assert elected.returncode == 0, elected.stdout + elected.stderr
    wanted = {entry["partition"]: entry["replicas"] for entry in planned["partitions"]}
    eventually(lambda: all(assignment(uneven)[number][0] == replicas[0] and
                           set(assignment(uneven)[number]) == set(replicas) for number, replicas in wanted.items()),
               60, "leaders and replicas are the plan's")
    # The whole plan is a file that Kafka's tool reads, too.
    assert is_complete(kafka, tmp_path / "plan.json")


def is_complete(kafka, file):
    seen = kafka.reassign("--reassignment-json-file", file, "--verify")
    assert seen.returncode == 0, seen.stderr
    return "still in progress" not in seen.stdout and "is completed" in seen.stdout


def test_a_second_plan_finds_nothing_to_copy(kafka, uneven, tmp_path):
    _, planned, stats = plan(kafka, tmp_path, "--window", "0.2", "--start-window", "0.3")
    assert stats["bytes_mb"] == 0, planned


def test_a_broker_that_is_gone_is_planned_around(kafka, uneven, tmp_path):
    kafka.processes[3].kill()
    kafka.processes[3].wait()

    def brokers():
        try:
            return uneven.list_topics(timeout=10).brokers
        except KafkaException as asked_the_dead_one:
            raise AssertionError from asked_the_dead_one

    eventually(lambda: 3 not in brokers(), 120, "broker 3 is fenced")
    text, planned, stats = plan(kafka, tmp_path, "--mode", "repair")
    assert "Broker 3 is not alive" in text
    moved = {entry["partition"]: entry["replicas"] for entry in planned["partitions"] if entry["topic"] == "orders"}
    held = [number for number, replicas in assignment(uneven).items() if 3 in replicas]
    assert held and set(held) <= set(moved)
    assert all(3 not in replicas for replicas in moved.values()), json.dumps(moved)
    assert stats["unresolved"] == 0


def test_a_wrong_password_is_said_by_name(kafka):
    with pytest.raises(AssertionError, match="KAFKA_SASL_AUTHENTICATION_FAILED"):
        plan(kafka, kafka.folder, config=kafka.command_config(password="wrong"))
