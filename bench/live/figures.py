"""What a benchmark prints: one JSON line a figure, with the machine that it was taken on."""

import json
import os
import platform


def quantile(values, share):
    """The value that `share` of all are not above, without interpolation; as bench/bus counts."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def quantiles(values):
    """p50, p99 and the longest, in milliseconds, of times in seconds."""
    return {"p50_ms": round(quantile(values, 0.5) * 1000, 1), "p99_ms": round(quantile(values, 0.99) * 1000, 1),
            "max_ms": round(max(values) * 1000, 1)}


def prefixed(prefix, figures):
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def machine(load_before):
    return {"cores": os.cpu_count(), "kernel": platform.release(), "load_average_1m_before": load_before}


class Report:
    """`load_before`: the machine's load before the benchmark began; afterwards it is the benchmark's own."""

    def __init__(self):
        self.load_before = os.getloadavg()[0]

    def line(self, bench, **figures):
        print(json.dumps({"bench": bench, **figures, "machine": machine(self.load_before)}), flush=True)
