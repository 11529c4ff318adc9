"""Cluster models and plans as files: "kbal-model/1" and the plan beside it (docs/planner.md has both forms)."""

import gzip
import json

RESOURCES = ("disk", "nwIn", "nwOut", "cpu")
DISK, IN, OUT, CPU = range(4)
GONE = ("REMOVE", "DEAD")


def read(path):
    """Any JSON file, gzipped or not."""
    with open(path, "rb") as file:
        head = file.read(2)
    with (gzip.open(path, "rb") if head == b"\x1f\x8b" else open(path, "rb")) as file:
        return json.load(file)


class Partition:
    """One partition of a model. `dirs`: the log dir of each replica as an index, or None."""

    __slots__ = ("topic", "number", "pinned", "replicas", "leads", "follows", "dirs")

    def __init__(self, row):
        numbers = [item for item in row if not isinstance(item, list)]
        lists = [item for item in row if isinstance(item, list)]
        self.topic, self.number = numbers[0], numbers[1]
        self.pinned = len(numbers) > 2 and numbers[2] == 1
        self.replicas, self.leads, self.follows = lists[:3]
        self.dirs = lists[3] if len(lists) > 3 else None

    def key(self):
        return self.topic, self.number


class Cluster:
    """A model, looked at: who stays, which racks there are, what each broker may use."""

    def __init__(self, model):
        self.model = model
        self.name = model.get("name", "")
        self.brokers = {broker["id"]: broker for broker in model["brokers"]}
        self.rack = {number: broker.get("rack", f"broker {number}") for number, broker in self.brokers.items()}
        self.gone = {number for number, broker in self.brokers.items() if broker["state"] in GONE}
        self.dead = {number for number, broker in self.brokers.items() if broker["state"] == "DEAD"}
        self.staying = [number for number in self.brokers if number not in self.gone]
        self.racks = len({self.rack[number] for number in self.staying})
        names = [topic if isinstance(topic, str) else topic["name"] for topic in model["topics"]]
        self.topic_index = {name: index for index, name in enumerate(names)}
        self.partitions = [Partition(row) for row in model["partitions"]]
        share = model.get("capacity_threshold", {})
        self.share = [share.get(name, 0.7 if name == "cpu" else 0.8) for name in RESOURCES]

    def capacity(self, broker, resource):
        return self.brokers[broker]["capacity"][RESOURCES[resource]]

    def limit(self, broker, resource):
        return self.capacity(broker, resource) * self.share[resource]

    def log_dirs(self, broker):
        """[(path, MB)], empty for a broker whose disks count as one."""
        return [(one["path"], one["capacity"]) for one in self.brokers[broker].get("log_dirs", [])]

    def loads(self, replicas_of=None):
        """broker → [disk, in, out, cpu] with the replicas of the model, or those that `replicas_of` has by key."""
        load = {broker: [0.0] * 4 for broker in self.brokers}
        for partition in self.partitions:
            replicas = partition.replicas if replicas_of is None else replicas_of[partition.key()]
            for place, broker in enumerate(replicas):
                amounts = partition.follows if place else partition.leads
                row = load[broker]
                for resource in range(4):
                    row[resource] += amounts[resource]
        return load

    def key_of(self, entry):
        topic = entry["topic"]
        return (self.topic_index[topic] if isinstance(topic, str) else topic), entry["partition"]


def racks_used(cluster, brokers):
    return min(len({cluster.rack[broker] for broker in brokers}), cluster.racks)
