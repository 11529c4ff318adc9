"""A DEDICATED cluster of three brokers, from the call to READY, beside the same Kafka started by hand, in turn."""

import json
import statistics
import subprocess
import sys
import time

from live_stack import ENVIRONMENT, ROOT, LiveStack

ROUNDS = 5
BROKERS = 3
BY_HAND = ROOT / "tools" / "kafka_by_hand" / "kafka_by_hand"


class Pair:
    """One create through the API, then the same by hand; both beside the idle stack with its warm cell."""

    def __init__(self, live, number):
        self.live = live
        self.name = f"big-{number}"
        self.template = live.folder / f"template-{number}"

    def run(self):
        began = time.monotonic()
        made = self.live.api.done(self.live.api.create_cluster(ENVIRONMENT, self.name, type="DEDICATED", brokers=BROKERS))
        took = time.monotonic() - began
        folder = self.live.stack.state.path("satellite", "clusters", made.physical_cluster)
        self._by_hand("keep", folder, self.template)
        self.live.api.done(self.live.api.delete_cluster(made.name))
        return took, json.loads(self._by_hand("start", self.template))

    def _by_hand(self, *arguments):
        done = subprocess.run([sys.executable, BY_HAND, *map(str, arguments)], capture_output=True, text=True,
                              check=False, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"kafka_by_hand {arguments[0]}: {done.stderr.strip()}")
        return done.stdout


def run(report):
    with LiveStack() as live:
        pairs = [Pair(live, number).run() for number in range(ROUNDS)]
        create_s = statistics.median(took for took, _ in pairs)
        by_hand_s = statistics.median(hand["start_to_ready_ms"] for _, hand in pairs) / 1000
        format_s = statistics.median(hand["format_ms"] for _, hand in pairs) / 1000
        report.line("dedicated", brokers=BROKERS, rounds=ROUNDS, create_to_ready_s=round(create_s, 2),
                    by_hand_s=round(by_hand_s, 2), by_hand_format_s=round(format_s, 2),
                    ratio=round(create_s / by_hand_s, 2),
                    all_create_s=[round(took, 2) for took, _ in pairs],
                    all_by_hand_s=[round(hand["start_to_ready_ms"] / 1000, 2) for _, hand in pairs])
