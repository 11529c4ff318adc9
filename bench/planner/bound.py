"""The least data that any plan has to move to bring disks within a window of their share.

usage: bound.py MODEL [WINDOW]"""

import json
import sys

import cluster_model
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


def bytes_on_gone_brokers(cluster):
    """MB that have to leave whatever the window."""
    load = cluster.loads()
    return sum(load[broker][DISK] for broker in cluster.gone)


def main():
    cluster = cluster_model.Cluster(cluster_model.read(sys.argv[1]))
    window = float(sys.argv[2]) if len(sys.argv) > 2 else 0.03
    print(json.dumps({"model": cluster.name, "window": window, "bound_mb": round(least_bytes(cluster, window)),
                      "forced_mb": round(bytes_on_gone_brokers(cluster))}))


if __name__ == "__main__":
    main()
