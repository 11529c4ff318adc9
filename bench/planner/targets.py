"""What a plan has to reach, and which of it a row misses."""

from dataclasses import dataclass, field

EVEN = ("replicas", "leaders", "disk", "nwIn", "nwOut")
WINDOW, WIDE = 0.03, 0.09
MOVES_OVER_PEER = 1.2
HOURS_OVER_BOUND = 1.2
# size or model → most target seconds, whole-plan seconds (CPU, one thread), MB
TIMES = {"large": (0.2, 0.5, None), "xl": (1.5, 3.0, 500), "sbc-add": (None, 0.2, None), "huge-add": (None, 20.0, 3000)}


@dataclass
class Row:
    """One model and what was measured on it."""

    name: str
    size: str
    scenario: str
    seed: int
    unequal: bool = False
    peer: dict = field(default_factory=dict)  # Cruise Control's on the model of this size and scenario; may be empty
    excess_before: int = 0  # topic_spread_excess of the model as it is
    narrow: dict = field(default_factory=dict)  # the default plan: score, steps, stats, bytes over bound
    wide: dict = field(default_factory=dict)  # with WIDE

    def label(self):
        return f"{self.name} #{self.seed}"


def balance_range(row):
    """What max ÷ mean and min ÷ mean have to be within: the window, around the level that racks force."""
    most, least = row.narrow["score"]["rack_floor"]
    return max(1.0, most) * (1 + WINDOW), min(1.0, least) * (1 - WINDOW)


def bytes_target(row, wide):
    if wide:
        return 1.08 if row.scenario in ("skew", "add") else None
    return 1.10


def _uneven(row):
    most, least = balance_range(row)
    # Brokers of unequal size are judged by their loads alone.
    judged = EVEN[2:] if row.unequal else EVEN
    for name in judged:
        high, low = row.narrow["score"]["balance"][name]
        if high > most + 5e-4 or low < least - 5e-4:
            yield f"{name} {low:.3f}–{high:.3f} (within {least:.2f}–{most:.2f})"


def _cost(row, plan, wide):
    name = "±9 %: " if wide else ""
    roof = bytes_target(row, wide)
    # Where racks force more than the plain bound says, that is what a plan is judged by.
    if roof and plan["bytes_over_bound_with_racks"] > roof + 5e-4:
        yield f"{name}bytes {plan['bytes_over_bound_with_racks']:.3f} × bound (≤ {roof})"
    if row.peer and plan["score"]["replica_moves"] > MOVES_OVER_PEER * row.peer["moves"]:
        yield f"{name}moves {plan['score']['replica_moves'] / row.peer['moves']:.2f} × Cruise Control's (≤ {MOVES_OVER_PEER})"
    steps = plan["steps"]
    if steps["hours"] > HOURS_OVER_BOUND * steps["hours_bound"] + 0.01:
        yield f"{name}hours {steps['hours'] / steps['hours_bound']:.2f} × bound (≤ {HOURS_OVER_BOUND})"
    if plan["violations_at_end"]:
        yield f"{name}violations at the end: {plan['violations_at_end']}"
    if steps["violations"]:
        yield f"{name}violations on the way: {steps['violations']}"


def _slow(row):
    for key in (row.size, f"{row.size}-{row.scenario}"):
        target, whole, memory = TIMES.get(key, (None, None, None))
        stats = row.narrow["stats"]
        if target and stats["target_cpu_seconds"] > target:
            yield f"target {stats['target_cpu_seconds']:.2f} s (≤ {target})"
        if whole and stats["plan_cpu_seconds"] > whole:
            yield f"plan {stats['plan_cpu_seconds']:.2f} s (≤ {whole})"
        if memory and stats["peak_rss_mb"] > memory:
            yield f"memory {stats['peak_rss_mb']:.0f} MB (≤ {memory})"


def missed(row):
    """What the row does not reach, as text for people."""
    found = [*_uneven(row), *_cost(row, row.narrow, False), *_slow(row)]
    if row.wide:
        found += _cost(row, row.wide, True)
    return found
