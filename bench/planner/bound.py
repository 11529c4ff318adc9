"""The least data that any plan has to move to bring disks within a window of their share.

usage: bound.py MODEL [WINDOW]"""

import json
import sys
from collections import Counter

import cluster_model
import score
from cluster_model import DISK


def least_bytes(cluster, window):
    """MB. A broker above its share by more than the window sends what is over, one below by more than that receives
    what it lacks, and brokers that go send everything: the larger of the two sums. Racks, leaders, links and the size of
    single replicas are left out, so no plan can do with less, and some models need more."""
    load = {broker: amounts[DISK] for broker, amounts in cluster.loads().items()}
    total = sum(load.values())
    capacity = sum(cluster.capacity(broker, DISK) for broker in cluster.staying)
    out = sum(load[broker] for broker in cluster.gone)
    into = 0.0
    for broker in cluster.staying:
        share = total * cluster.capacity(broker, DISK) / capacity
        out += max(0.0, load[broker] - share * (1 + window))
        into += max(0.0, share * (1 - window) - load[broker])
    return max(out, into)


def racks_are_fixed(cluster):
    """Has every partition one replica in each rack that stays, and must keep it there? Then nothing ever changes racks but
    in exchange for as much, and each rack has to even out by itself."""
    return all(len(partition.replicas) == cluster.racks == len({cluster.rack[broker] for broker in partition.replicas})
               for partition in cluster.partitions)


def least_bytes_with_racks(cluster, window):
    """MB, at least `least_bytes`. Where racks are fixed, what is over in a rack has to arrive at others of the same rack and
    what lacks has to come from them, so the larger of the two sums counts for each rack by itself. The window is the one that
    racks leave: from the lowest level that they force to the highest."""
    least = least_bytes(cluster, window)
    if not racks_are_fixed(cluster):
        return least
    most_level, least_level = score.rack_floor(cluster)
    high, low = max(1.0, most_level) * (1 + window), min(1.0, least_level) * (1 - window)
    load = {broker: amounts[DISK] for broker, amounts in cluster.loads().items()}
    capacity = sum(cluster.capacity(broker, DISK) for broker in cluster.staying)
    out, into = Counter(), Counter()
    for broker, rack in cluster.rack.items():
        if broker in cluster.gone:
            out[rack] += load[broker]
            continue
        share = sum(load.values()) * cluster.capacity(broker, DISK) / capacity
        out[rack] += max(0.0, load[broker] - share * high)
        into[rack] += max(0.0, share * low - load[broker])
    return max(least, sum(max(out[rack], into[rack]) for rack in set(cluster.rack.values())))


def bytes_on_gone_brokers(cluster):
    """MB that have to leave whatever the window."""
    load = cluster.loads()
    return sum(load[broker][DISK] for broker in cluster.gone)


def main():
    cluster = cluster_model.Cluster(cluster_model.read(sys.argv[1]))
    window = float(sys.argv[2]) if len(sys.argv) > 2 else 0.03
    print(json.dumps({"model": cluster.name, "window": window, "bound_mb": round(least_bytes(cluster, window)),
                      "bound_with_racks_mb": round(least_bytes_with_racks(cluster, window)),
                      "forced_mb": round(bytes_on_gone_brokers(cluster))}))


if __name__ == "__main__":
    main()
