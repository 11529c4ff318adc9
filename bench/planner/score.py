"""What a plan leads to, from the model and the plan's `partitions` alone; nothing of the planner's own is used.

usage: score.py MODEL [PLAN...]      without a plan: the model as it is"""

import json
import sys
from collections import Counter, defaultdict

import cluster_model
from cluster_model import DISK, RESOURCES


def end_state(cluster, plan):
    """key → replicas, leader first, and how many entries of the plan name no partition of the model."""
    replicas = {partition.key(): partition.replicas for partition in cluster.partitions}
    strangers = 0
    for entry in (plan or {}).get("partitions", []):
        key = cluster.key_of(entry)
        if key in replicas:
            replicas[key] = entry["replicas"]
        else:
            strangers += 1
    return replicas, strangers


def spread(values):
    """(max ÷ mean, min ÷ mean); a resource that nobody uses is even."""
    mean = sum(values) / len(values)
    return (round(max(values) / mean, 4), round(min(values) / mean, 4)) if mean > 0 else (1.0, 1.0)


def rack_floor(cluster):
    """(max ÷ mean, min ÷ mean) of disk that racks allow at best. A rack holds at most one replica of each partition, so
    at most 1/RF of all bytes: racks whose share of the capacity is larger are filled to that and the others share the
    rest. With no more racks than replicas each rack holds the same."""
    capacity = defaultdict(float)
    for broker in cluster.staying:
        capacity[cluster.rack[broker]] += cluster.capacity(broker, DISK)
    total = sum(capacity.values())
    wanted = {rack: amount / total for rack, amount in capacity.items()}
    replication = cluster.model.get("rf") or max(len(partition.replicas) for partition in cluster.partitions)
    roof = 1 / max(1, min(replication, len(wanted)))
    held, open_racks = {}, dict(wanted)
    left = 1.0
    while open_racks:
        level = left / sum(open_racks.values())
        full = [rack for rack, share in open_racks.items() if share * level > roof + 1e-12]
        if not full:
            held.update({rack: share * level for rack, share in open_racks.items()})
            break
        for rack in full:
            held[rack] = roof
            left -= roof
            del open_racks[rack]
    relative = [held[rack] / wanted[rack] for rack in wanted]
    return round(max(relative), 4), round(min(relative), 4)


def topic_excess(cluster, replicas):
    """Replicas of a topic on a broker beyond two more than the topic's mean, rounded up, summed over both."""
    totals, pairs = Counter(), Counter()
    for (topic, _), brokers in replicas.items():
        totals[topic] += len(brokers)
        for broker in brokers:
            if broker not in cluster.gone:
                pairs[topic, broker] += 1
    staying = len(cluster.staying)
    return sum(max(0, count - (-(-totals[topic] // staying) + 2)) for (topic, _), count in pairs.items())


def score(cluster, plan=None):
    replicas, strangers = end_state(cluster, plan)
    found = Counter(strangers=strangers)
    bytes_moved = bytes_forced = 0.0
    counts, leaders = Counter(), Counter()
    for partition in cluster.partitions:
        before, after = partition.replicas, replicas[partition.key()]
        added = set(after) - set(before)
        found["replica_moves"] += len(added)
        bytes_moved += len(added) * partition.leads[DISK]
        bytes_forced += sum(broker in cluster.gone for broker in before) * partition.leads[DISK]
        found["leader_changes"] += after[0] != before[0]
        found["replicas_changed"] += len(after) != len(before) or len(set(after)) != len(after)
        found["on_gone_brokers"] += sum(broker in cluster.gone for broker in after)
        found["rack_violations"] += len({cluster.rack[broker] for broker in after}) < min(len(after), cluster.racks)
        found["pinned_moved"] += partition.pinned and set(after) != set(before) and not cluster.gone & set(before)
        counts.update(after)
        leaders[after[0]] += 1
    load = cluster.loads(replicas)
    over = {name: sum(load[broker][resource] > cluster.limit(broker, resource) for broker in cluster.staying)
            for resource, name in enumerate(RESOURCES)}
    balance = {"replicas": spread([counts[broker] for broker in cluster.staying]),
               "leaders": spread([leaders[broker] for broker in cluster.staying])}
    for resource, name in enumerate(RESOURCES):
        balance[name] = spread([load[broker][resource] / cluster.capacity(broker, resource)
                                for broker in cluster.staying])
    return {"model": cluster.name, **found, "data_moved_mb": round(bytes_moved), "forced_mb": round(bytes_forced),
            "over_limit": over, "balance": balance, "rack_floor": rack_floor(cluster),
            "topic_spread_excess": topic_excess(cluster, replicas)}


def violations(scored):
    """What no end state may have."""
    return (sum(scored["over_limit"].values()) +
            sum(scored[name] for name in ("strangers", "replicas_changed", "on_gone_brokers", "rack_violations",
                                          "pinned_moved")))


def main():
    cluster = cluster_model.Cluster(cluster_model.read(sys.argv[1]))
    for path in [None, *sys.argv[2:]]:
        print(json.dumps({"plan": path, **score(cluster, cluster_model.read(path) if path else None)}))


if __name__ == "__main__":
    main()
