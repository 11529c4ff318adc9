"""Carries a plan out on paper, batch by batch, and counts what may not happen at any moment of it.

usage: steps.py MODEL PLAN      exit code 1 when anything is counted

All of a batch runs at once, the next begins when it has ended. Meanwhile a broker that receives copies has their bytes
besides all that it had, and as much network in as the throttle lets through; the leader of a partition that is copied
sends as much. A broker that is over a limit already may not get worse. With several log dirs each has a limit of its own;
"any" goes where Kafka puts it, into the dir with the fewest replicas."""

import json
import sys
from collections import Counter

import cluster_model
from cluster_model import DISK, IN, OUT, racks_used

COUNTED = ("over_during", "over_after", "dir_over", "rack", "dead_leader", "gone_receives", "twice", "fewer", "end_differs")
ROUNDING = 1e-6


class Paper:
    def __init__(self, cluster, throttle_kbps):
        self.cluster = cluster
        self.throttle_kbps = throttle_kbps
        self.partitions = {partition.key(): partition for partition in cluster.partitions}
        self.replicas = {key: partition.replicas for key, partition in self.partitions.items()}
        self.load = cluster.loads()
        self.found = Counter({name: 0 for name in COUNTED})
        self.hours = 0.0
        self.written, self.sent = Counter(), Counter()
        self.dirs = LogDirs(cluster)

    def carry_out(self, batch):
        during = {}
        received, sent = Counter(), Counter()
        changes = {}
        for entry in batch:
            key = self.cluster.key_of(entry)
            partition, old, new = self.partitions[key], self.replicas[key], entry["replicas"]
            self.found["twice"] += key in changes
            changes[key] = new
            self.look_at(old, new)
            for broker in set(new) - set(old):
                received[broker] += partition.leads[DISK]
                sent[old[0]] += partition.leads[DISK]
            self.found["dir_over"] += self.dirs.place(partition, old, entry)
        # A copy within a broker takes its time at the throttle too, but no link.
        written = received + self.dirs.within_mb
        for broker in received | sent:
            row = during[broker] = list(self.load[broker])
            row[DISK] += received[broker]
            row[IN] += self.throttle_kbps if broker in received else 0
            row[OUT] += self.throttle_kbps if broker in sent else 0
        touched = self.apply(changes, before := {})
        self.dirs.end_of_batch()
        for broker in touched | set(during):
            self.look_at_load(broker, before.get(broker, self.load[broker]), during.get(broker), self.load[broker])
        self.hours += max([*written.values(), *sent.values(), 0]) * 1000 / self.throttle_kbps / 3600
        self.written.update(written)
        self.sent.update(sent)

    def look_at(self, old, new):
        """A partition's change by itself."""
        alive = [sum(broker not in self.cluster.dead for broker in brokers) for brokers in (old, new)]
        self.found["fewer"] += alive[1] < alive[0] or len(set(new)) != len(new)
        self.found["dead_leader"] += new[0] in self.cluster.dead
        kept = [broker for broker in old if broker not in self.cluster.gone]
        self.found["rack"] += racks_used(self.cluster, new) < racks_used(self.cluster, kept)
        self.found["gone_receives"] += any(
            broker in self.cluster.gone or self.cluster.brokers[broker].get("excluded") for broker in set(new) - set(old))

    def apply(self, changes, before):
        """Puts the new replicas in the place of the old; `before` gets the loads that brokers had."""
        for key, new in changes.items():
            partition = self.partitions[key]
            for brokers, sign in ((self.replicas[key], -1), (new, 1)):
                for place, broker in enumerate(brokers):
                    row = self.load[broker]
                    before.setdefault(broker, list(row))
                    for resource, amount in enumerate(partition.follows if place else partition.leads):
                        row[resource] += sign * amount
            self.replicas[key] = new
        return set(before)

    def look_at_load(self, broker, before, during, after):
        for resource in range(4):
            roof = max(self.cluster.limit(broker, resource), before[resource]) + ROUNDING
            self.found["over_during"] += during is not None and during[resource] > roof
            self.found["over_after"] += after[resource] > roof

    def compare_end(self, plan):
        wanted = {key: partition.replicas for key, partition in self.partitions.items()}
        wanted.update({self.cluster.key_of(entry): entry["replicas"] for entry in plan.get("partitions", [])})
        self.found["end_differs"] = sum(self.replicas.get(key) != replicas for key, replicas in wanted.items())


class LogDirs:
    """The bytes of each log dir of the brokers that have several. Old copies go when their batch has ended."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.several = {broker: cluster.log_dirs(broker) for broker in cluster.brokers if len(cluster.log_dirs(broker)) > 1}
        self.used = {broker: [0.0] * len(dirs) for broker, dirs in self.several.items()}
        self.count = {broker: [0] * len(dirs) for broker, dirs in self.several.items()}
        self.place_of = {}
        self.leaving = []
        self.before = {}  # of the dirs that the batch fills, as it began
        self.within_mb = Counter()  # by broker, in this batch
        self.moved_within, self.moved_within_mb = 0, 0.0
        if self.several:
            for partition in cluster.partitions:
                for index, broker in enumerate(partition.replicas):
                    if broker in self.several:
                        self._put(partition, broker, partition.dirs[index] if partition.dirs else 0)

    def _put(self, partition, broker, place):
        self.used[broker][place] += partition.leads[DISK]
        self.count[broker][place] += 1
        self.place_of[partition.key(), broker] = place

    def place(self, partition, old, entry):
        """Both copies exist until the batch ends. How many dirs the entry fills beyond their limit."""
        over = 0
        for index, broker in enumerate(entry["replicas"] if self.several else ()):
            if broker not in self.several:
                continue
            wish = entry.get("log_dirs", ["any"] * len(entry["replicas"]))[index]
            held = self.place_of.get((partition.key(), broker))
            paths = [path for path, _ in self.several[broker]]
            if wish == "any":
                if held is not None:
                    continue
                place = min(range(len(paths)), key=self.count[broker].__getitem__)
            else:
                place = paths.index(wish)
                if place == held:
                    continue
            if held is not None:
                self.leaving.append((partition, broker, held))
                self.moved_within += 1
                self.moved_within_mb += partition.leads[DISK]
                self.within_mb[broker] += partition.leads[DISK]
            roof = max(self.several[broker][place][1] * self.cluster.share[DISK], self.before.setdefault(
                (broker, place), self.used[broker][place]))
            self._put(partition, broker, place)
            over += self.used[broker][place] > roof + ROUNDING
        for broker in set(old) - set(entry["replicas"]):
            if broker in self.several:
                self.leaving.append((partition, broker, self.place_of.pop((partition.key(), broker))))
        return over

    def end_of_batch(self):
        for partition, broker, place in self.leaving:
            self.used[broker][place] -= partition.leads[DISK]
            self.count[broker][place] -= 1
        self.leaving.clear()
        self.before.clear()
        self.within_mb.clear()

    def spread(self):
        """max ÷ mean of the dirs' use over their share, the worst broker's; 1.0 without several dirs."""
        worst = 1.0
        for broker, dirs in self.several.items():
            mean = sum(self.used[broker]) / sum(capacity for _, capacity in dirs)
            if broker not in self.cluster.gone and mean > 0:
                worst = max(worst, max(used / capacity for used, (_, capacity) in zip(self.used[broker], dirs)) / mean)
        return round(worst, 4)


def replay(cluster, plan):
    throttle_kbps = plan.get("throttle_kbps") or 50_000
    paper = Paper(cluster, throttle_kbps)
    dirs_before = paper.dirs.spread()
    for batch in plan.get("batches", []):
        paper.carry_out(batch)
    paper.compare_end(plan)
    busiest = max([*paper.written.values(), *paper.sent.values(), 0])
    return {"batches": len(plan.get("batches", [])), "violations": sum(paper.found.values()), **paper.found,
            "hours": round(paper.hours, 2), "hours_bound": round(busiest * 1000 / throttle_kbps / 3600, 2),
            "moved_within": paper.dirs.moved_within, "moved_within_mb": round(paper.dirs.moved_within_mb),
            "dir_spread": [dirs_before, paper.dirs.spread()]}


def main():
    cluster = cluster_model.Cluster(cluster_model.read(sys.argv[1]))
    result = replay(cluster, cluster_model.read(sys.argv[2]))
    print(json.dumps(result))
    return 1 if result["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
