"""What Sluice costs when nothing happens: one warm cell, no tenant, no client."""

import time

from live_stack import LiveStack
from processor_time import seconds_of, seconds_of_threads, seconds_with_children

# Long enough for the JVMs' compilers to be through with what a quiet broker runs.
SETTLE_S = 45
# With and without the satellite's looks in turn, so that a drift of the machine meets both. A look is each 7.5 s.
PAIRS = 3
WINDOW_S = 30
OWN = ("provisioner", "balancer-planner", "satellite", "caretaker")
AGENT_THREAD = "prometheus-http"


class Meters:
    """Processor seconds by part of the stack. The cell's nodes are children of the satellite and count for themselves."""

    def __init__(self, live):
        self.live = live
        self.nodes = list(live.nodes())

    def read(self):
        used = {name: seconds_of(pid) for name, pid in self.live.stack.status().items()}
        used["postgres"] = seconds_with_children(self.live.pid("postgres"))
        used["cell"] = sum(map(seconds_of, self.nodes))
        used["agents"] = sum(seconds_of_threads(pid, AGENT_THREAD) for pid in self.nodes)
        return used

    def window(self):
        """How much of a core, in percent, each part uses from now on for WINDOW_S."""
        before, began = self.read(), time.monotonic()
        time.sleep(WINDOW_S)
        after, took = self.read(), time.monotonic() - began
        return {name: (after[name] - before[name]) / took * 100 for name in after}


def watched_and_alone(live, meters):
    """Windows with the satellite looking at the cell and with the satellite paused, in turn."""
    watched, alone = [], []
    for _ in range(PAIRS):
        watched.append(meters.window())
        live.stack.pause("satellite")
        try:
            alone.append(meters.window())
        finally:
            live.stack.resume("satellite")
        time.sleep(5)  # what it could not do meanwhile belongs to neither
    return watched, alone


def means(windows):
    return {name: sum(window[name] for window in windows) / len(windows) for name in windows[0]}


def rounded(values):
    return [round(value, 2) for value in values]


def run(report):
    with LiveStack() as live:
        time.sleep(SETTLE_S)
        watched, alone = watched_and_alone(live, Meters(live))
        use = means(watched)
        agents = use.pop("agents")  # a part of the cell's
        report.line("idle", seconds=PAIRS * WINDOW_S, brokers=live.cell.brokers,
                    own_percent=round(sum(use[name] for name in OWN), 2),
                    scrapes_percent=round(use["cell"] - means(alone)["cell"], 2),
                    whole_stack_percent=round(sum(use.values()), 2),
                    percent_by_part={name: round(value, 2) for name, value in use.items()},
                    agent_threads_percent=round(agents, 2), cell_watched_percent=rounded(w["cell"] for w in watched),
                    cell_alone_percent=rounded(a["cell"] for a in alone))
