"""Draws cluster models. The same arguments give the same bytes.

usage: generator.py SIZE SCENARIO OUT.json.gz [--seed N] [--unequal] [--tight] [--dirs N]

Loads are uneven as real ones are: few topics have most of the traffic (a power law), partitions of a topic differ
exponentially, retention and fan-out belong to the topic. --unequal gives every third broker of a rack twice the disk and
links, --tight fills disks and links so far that the order of moves matters, --dirs puts N log dirs of unequal size and
unequal use on each broker."""

import argparse
import bisect
import gzip
import itertools
import json
import math
import random
from dataclasses import dataclass

REPLICATION = 3
DISK_MB, LINK_KBPS, CPU_PERCENT = 4e6, 625e3, 100.0


@dataclass(frozen=True)
class Size:
    brokers: int
    racks: int
    topics: int
    partitions: int
    gone: int = 1  # brokers that leave or are dead, in those scenarios
    disk_use: float = 0.5
    link_use: float = 0.17
    cpu_use: float = 0.35


SIZES = {
    "tiny": Size(6, 3, 8, 60, disk_use=0.35, link_use=0.1),
    "small": Size(6, 3, 40, 600, disk_use=0.35, link_use=0.1, cpu_use=0.25),
    "medium": Size(30, 3, 500, 10_000),
    "large": Size(100, 5, 2_500, 50_000, gone=2),
    "xl": Size(300, 6, 8_000, 200_000, gone=4),
    "sbc": Size(5, 3, 300, 30_000),
    "huge": Size(1_000, 10, 30_000, 1_000_000, gone=8),
}
SCENARIOS = ("skew", "add", "remove", "dead")


def partitions_per_topic(size, rng):
    """At least one each, lognormal, exactly size.partitions in all."""
    weights = [rng.lognormvariate(0, 1.2) for _ in range(size.topics)]
    spare, total = size.partitions - size.topics, sum(weights)
    counts = [1 + int(weight / total * spare) for weight in weights]
    for topic in rng.choices(range(size.topics), weights, k=size.partitions - sum(counts)):
        counts[topic] += 1
    return counts


def capped(values, size, copies):
    """No value above 4 % of what one broker has on average, so that a broker can be even at all."""
    roof = 0.04 * sum(values) * copies / size.brokers
    return [min(value, roof) for value in values]


def scaled(values, total):
    factor = total / sum(values)
    return [value * factor for value in values]


def draw_loads(size, counts, rng):
    """Per partition: disk MB, KB/s in, KB/s out of a leader, CPU % of a leader, CPU % of a follower."""
    popularity = [1 / rank ** 0.7 for rank in range(1, size.topics + 1)]
    rng.shuffle(popularity)
    traffic, disk, out_of = [], [], []
    for topic, count in enumerate(counts):
        retention = rng.lognormvariate(0, 0.8)
        readers = rng.choice((0, 0.5, 1, 1, 2, 3, 5))
        for _ in range(count):
            amount = popularity[topic] * rng.expovariate(1)
            traffic.append(amount)
            disk.append(amount * retention * rng.lognormvariate(0, 0.2))
            out_of.append(REPLICATION - 1 + readers * rng.lognormvariate(0, 0.1))
    traffic = scaled(capped(traffic, size, REPLICATION), size.link_use * LINK_KBPS * size.brokers / REPLICATION)
    disk = scaled(capped(disk, size, REPLICATION), size.disk_use * DISK_MB * size.brokers / REPLICATION)
    out = [amount * fan for amount, fan in zip(traffic, out_of)]
    leads = [(0.7 * i + 0.15 * o) * rng.lognormvariate(0, 0.2) for i, o in zip(traffic, out)]
    follows = [cpu * 0.15 * i / (0.7 * i + 0.15 * o) if i else 0.0 for cpu, i, o in zip(leads, traffic, out)]
    unit = size.cpu_use * CPU_PERCENT * size.brokers / (sum(leads) + (REPLICATION - 1) * sum(follows))
    return disk, traffic, out, [cpu * unit for cpu in leads], [cpu * unit for cpu in follows]


class SkewedPlacement:
    """Brokers have between half and one and a half of their share of replicas, leaders still less evenly, and 3 of a
    hundred partitions ignore racks."""

    def __init__(self, size, rng):
        self.rng = rng
        self.rack_members = [list(range(rack, size.brokers, size.racks)) for rack in range(size.racks)]
        weight = [0.0] * size.brokers
        for members in self.rack_members:
            ladder = [0.5 + place / max(1, len(members) - 1) for place in range(len(members))]
            rng.shuffle(ladder)
            for broker, step in zip(members, ladder):
                weight[broker] = step
        self.in_rack = [list(itertools.accumulate(weight[b] for b in members)) for members in self.rack_members]
        self.everywhere = list(itertools.accumulate(weight))
        self.leads = [0.4 + 1.2 * place / max(1, size.brokers - 1) for place in range(size.brokers)]
        rng.shuffle(self.leads)

    def _draw(self, members, heap):
        return members[bisect.bisect_left(heap, self.rng.random() * heap[-1])]

    def replicas(self, _topic, _number):
        rng = self.rng
        if rng.random() < 0.03:
            chosen = []
            while len(chosen) < REPLICATION:
                broker = self._draw(range(len(self.everywhere)), self.everywhere)
                if broker not in chosen:
                    chosen.append(broker)
        else:
            racks = rng.sample(range(len(self.rack_members)), REPLICATION)
            chosen = [self._draw(self.rack_members[rack], self.in_rack[rack]) for rack in racks]
        leader = max(range(REPLICATION), key=lambda i: math.log(self.leads[chosen[i]]) - math.log(rng.expovariate(1)))
        chosen[0], chosen[leader] = chosen[leader], chosen[0]
        return chosen


class RoundRobinPlacement:
    """As a cluster that was always assigned by Kafka: leaders go round, followers on the next brokers of other racks."""

    def __init__(self, size, rng):
        self.rng = rng
        self.size = size
        self.topic = None

    def replicas(self, topic, number):
        size = self.size
        if topic != self.topic:
            self.topic, self.start, self.jump = topic, self.rng.randrange(size.brokers), self.rng.randrange(size.brokers)
        leader = (self.start + number) % size.brokers
        chosen, racks = [leader], {leader % size.racks}
        jump = self.jump + number // size.brokers
        for step in range(size.brokers - 1):
            broker = (leader + 1 + (jump + step) % (size.brokers - 1)) % size.brokers
            if broker % size.racks not in racks:
                chosen.append(broker)
                racks.add(broker % size.racks)
                if len(chosen) == REPLICATION:
                    break
        return chosen


def brokers_of(size, scenario, options):
    states = ["ALIVE"] * size.brokers
    if scenario in ("remove", "dead"):
        for place in range(1, size.gone + 1):
            states[place * size.brokers // (size.gone + 1)] = "REMOVE" if scenario == "remove" else "DEAD"
    if scenario == "add":
        # The cluster of 5 grows to 8: one new broker in each rack, as everywhere.
        states += ["NEW"] * size.racks
    found = []
    for number, state in enumerate(states):
        rack = number % size.racks if state != "NEW" else number - size.brokers
        twice = 2 if options.unequal and (number // size.racks) % 3 == 0 else 1
        broker = {"id": number, "rack": f"r{rack}", "host": f"h{number}", "state": state, "alive": state != "DEAD",
                  "capacity": {"disk": DISK_MB * twice, "nwIn": LINK_KBPS * twice, "nwOut": LINK_KBPS * twice,
                               "cpu": CPU_PERCENT}}
        if options.dirs > 1:
            # 1 : 2 : 3 … of the broker's disk.
            whole = options.dirs * (options.dirs + 1) / 2
            broker["log_dirs"] = [{"path": f"/data/{place}", "capacity": DISK_MB * twice * (place + 1) / whole}
                                  for place in range(options.dirs)]
        found.append(broker)
    return found


def rows(size, scenario, options):
    """The partitions' rows as text: as objects a million of them would take gigabytes."""
    rng = random.Random(f"{scenario}/{options.seed}/loads")
    counts = partitions_per_topic(size, rng)
    disk, into, out, leads, follows = draw_loads(size, counts, rng)
    placing = random.Random(f"{scenario}/{options.seed}/placement")
    placement = (SkewedPlacement if scenario == "skew" else RoundRobinPlacement)(size, placing)
    dead = {broker["id"] for broker in brokers_of(size, scenario, options) if broker["state"] == "DEAD"}
    partition = 0
    for topic, count in enumerate(counts):
        for number in range(count):
            replicas = placement.replicas(topic, number)
            if replicas[0] in dead:
                leader = next(place for place, broker in enumerate(replicas) if broker not in dead)
                replicas[0], replicas[leader] = replicas[leader], replicas[0]
            d, i = f"{max(disk[partition], 0.01):.2f}", f"{max(into[partition], 0.001):.3f}"
            line = (f"[{topic},{number},{replicas},[{d},{i},{out[partition]:.3f},{leads[partition]:.6f}],"
                    f"[{d},{i},0,{follows[partition]:.6f}]")
            if options.dirs > 1:
                # The first dir has twice the replicas of any other, whatever its size.
                places = [max(0, placing.randrange(options.dirs + 1) - 1) for _ in replicas]
                line += f",{places}"
            yield line + "]"
            partition += 1


def name_of(size, scenario, options):
    extra = "".join(f"-{word}" for word in ("unequal", "tight") if getattr(options, word))
    return f"{size}-{scenario}{extra}{f'-{options.dirs}dirs' if options.dirs > 1 else ''}"


def write(size_name, scenario, path, options):
    size = SIZES[size_name]
    if options.tight:
        size = Size(size.brokers, size.racks, size.topics, size.partitions, size.gone, 0.7, 0.25, size.cpu_use)
    head = {"schema": "kbal-model/1", "name": name_of(size_name, scenario, options), "scenario": scenario,
            "seed": options.seed, "rf": REPLICATION, "resources": ["disk_mb", "nwIn_kbps", "nwOut_kbps", "cpu_pct"],
            "capacity_threshold": {"disk": 0.8, "nwIn": 0.8, "nwOut": 0.8, "cpu": 0.7},
            "brokers": brokers_of(size, scenario, options), "topics": [f"t{topic}" for topic in range(size.topics)]}
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as file:
        file.write((json.dumps(head, separators=(",", ":"))[:-1] + ',"partitions":[').encode())
        comma = ""
        for chunk in iter(lambda lines=rows(size, scenario, options): list(itertools.islice(lines, 10_000)), []):
            file.write((comma + ",\n".join(chunk).replace(" ", "")).encode())
            comma = ",\n"
        file.write(b"]}\n")


def add_options(parser):
    parser.add_argument("--seed", type=int, default=20_240)
    parser.add_argument("--unequal", action="store_true")
    parser.add_argument("--tight", action="store_true")
    parser.add_argument("--dirs", type=int, default=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("path")
    add_options(parser)
    options = parser.parse_args()
    write(options.size, options.scenario, options.path, options)


if __name__ == "__main__":
    main()
