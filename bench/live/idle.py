"""What Sluice costs when nothing happens: one warm cell, no tenant, no client."""

import time

from live_stack import LiveStack
from processor_time import seconds_of, seconds_of_threads, seconds_with_children

# Long enough for the JVMs' compilers to be through with what a quiet broker runs.
SETTLE_S = 60
WINDOW_S = 60
# With and without the satellite's looks in turn, so that a drift of the machine meets both.
PAIRS = 3
PAIR_WINDOW_S = 30
AGENT_THREAD = "prometheus-http"


class Meters:
    """Processor seconds by part of the stack. The cell's nodes are children of the satellite and count for themselves."""

    def __init__(self, live):
        self.live = live
        self.nodes = list(live.nodes())

    def read(self):
        used = {name: seconds_of(pid) for name, pid in self.live.stack.status().items()}
        used["postgres"] = seconds_with_children(self.live.pid("postgres"))
        used["cell"] = self.cell()
        return used

    def cell(self):
        return sum(map(seconds_of, self.nodes))

    def agents(self):
        return sum(seconds_of_threads(pid, AGENT_THREAD) for pid in self.nodes)


def over(read, window_s):
    """How much of a core, in percent, by what `read` counts."""
    before, began = read(), time.monotonic()
    time.sleep(window_s)
    after, took = read(), time.monotonic() - began
    if not isinstance(after, dict):
        return (after - before) / took * 100
    return {name: (after[name] - before[name]) / took * 100 for name in after}


def watched_and_not(live, meters):
    """The cell's own use of a core with the satellite looking at it and with the satellite paused, in turn."""
    watched, alone = [], []
    for _ in range(PAIRS):
        watched.append(over(meters.cell, PAIR_WINDOW_S))
        live.stack.pause("satellite")
        try:
            alone.append(over(meters.cell, PAIR_WINDOW_S))
        finally:
            live.stack.resume("satellite")
        time.sleep(5)  # what it could not do meanwhile belongs to neither
    return watched, alone


def rounded(values):
    return [round(value, 2) for value in values]


def run(report):
    with LiveStack() as live:
        time.sleep(SETTLE_S)
        meters = Meters(live)
        use = over(meters.read, WINDOW_S)
        agents = over(meters.agents, WINDOW_S)
        watched, alone = watched_and_not(live, meters)
        own = use["provisioner"] + use["satellite"] + use["caretaker"]
        report.line("idle", seconds=WINDOW_S, brokers=live.cell.brokers, own_percent=round(own, 2),
                    scrapes_percent=round((sum(watched) - sum(alone)) / PAIRS, 2),
                    whole_stack_percent=round(sum(use.values()), 2),
                    percent_by_part={name: round(value, 2) for name, value in use.items()},
                    agent_threads_percent=round(agents, 2), cell_watched_percent=rounded(watched),
                    cell_alone_percent=rounded(alone))
