"""The planner beside Cruise Control, on models of this folder's own generator.

usage: table.py --sluice BINARY [CASE...]

CASE: a size, a size and scenario (medium-skew), either with -unequal, -tight or -3dirs, or the path of a model file; all
when none is given. Every plan is judged by score.py, steps.py and bound.py, which share no code with the planner. Times
are CPU seconds of the one thread that plans, as Cruise Control's are; they and the memory are the command's own figures."""

import argparse
import gc
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

import bound
import cluster_model
import generator
import score
import steps
import targets

HERE = Path(__file__).resolve().parent
SEEDS = (20_240, 7, 4_711)
# Every one of these with one seed, those of SEVERAL_SEEDS with all.
SIZES_OF_ALL_SCENARIOS = ("small", "medium", "large", "xl")
SEVERAL_SEEDS = ("small", "medium", "large")
VARIANTS = ("medium-skew-unequal", "medium-add-unequal", "medium-skew-tight", "medium-remove-tight", "medium-skew-3dirs",
            "large-skew-unequal", "large-skew-tight")
SINGLE = ("sbc-add", "huge-add")


class Case:
    """One model to measure: drawn here, or a file from elsewhere."""

    def __init__(self, words, seed, path=None):
        self.size, self.scenario, *extras = words.split("-")
        self.words, self.seed, self.path = words, seed, path
        self.options = Namespace(seed=seed, unequal="unequal" in extras, tight="tight" in extras,
                                 dirs=max([1, *(int(extra[:-4]) for extra in extras if extra.endswith("dirs"))]))

    def model(self, folder):
        """The file, drawn when it is not there yet; its name holds what it was drawn by."""
        if self.path:
            return self.path
        drawn_by = f"{hash_of(HERE / 'generator.py')}-{self.words}-{self.seed}.json.gz"
        path = folder / drawn_by
        if not path.exists():
            unfinished = folder / f".{os.getpid()}-{drawn_by}"
            generator.write(self.size, self.scenario, unfinished, self.options)
            unfinished.rename(path)
        return path


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def all_cases():
    for size in SIZES_OF_ALL_SCENARIOS:
        for seed in SEEDS if size in SEVERAL_SEEDS else SEEDS[:1]:
            yield from (Case(f"{size}-{scenario}", seed) for scenario in generator.SCENARIOS)
    yield from (Case(words, seed) for words in VARIANTS for seed in SEEDS[:2])
    yield from (Case(words, SEEDS[0]) for words in SINGLE)


def chosen_cases(names, seeds):
    if not names:
        return list(all_cases())
    found = []
    for name in names:
        if Path(name).exists():
            model = cluster_model.read(name)
            found.append(Case(model["name"], model.get("seed", 0), Path(name)))
            continue
        size, *rest = name.split("-")
        if size not in generator.SIZES or (rest and rest[0] not in generator.SCENARIOS):
            sys.exit(f"no case is called {name}: a size is one of {', '.join(generator.SIZES)}, "
                     f"a scenario one of {', '.join(generator.SCENARIOS)}")
        words = [name] if rest else [f"{size}-{scenario}" for scenario in generator.SCENARIOS]
        found += [Case(word, seed) for word in words for seed in seeds]
    return found


def over(moved_mb, least_mb):
    return moved_mb / least_mb if least_mb >= 1 else (1.0 if not moved_mb else 99.0)


def measure_plan(sluice, path, cluster, window, folder):
    plan_file, stats_file = folder / "plan.json", folder / "stats.json"
    command = [sluice, "plan", str(path), "--out", str(plan_file), "--stats", str(stats_file), "--window", str(window)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    plan, stats = cluster_model.read(plan_file), cluster_model.read(stats_file)
    scored = score.score(cluster, plan)
    least, least_with_racks = bound.least_bytes(cluster, window), bound.least_bytes_with_racks(cluster, window)
    return {"score": scored, "steps": steps.replay(cluster, plan), "stats": stats,
            "violations_at_end": score.violations(scored),
            "bytes_over_bound": over(scored["data_moved_mb"], least),
            "bytes_over_bound_with_racks": over(scored["data_moved_mb"], least_with_racks)}


def measure(sluice, case, peers, models, scratch):
    path = case.model(models)
    cluster = cluster_model.Cluster(cluster_model.read(path))
    plain = not (case.options.unequal or case.options.tight or case.options.dirs > 1)
    row = targets.Row(case.words, case.size, case.scenario, case.seed, case.options.unequal,
                      peers.get(f"{case.size}-{case.scenario}", {}) if plain else {})
    row.excess_before = score.score(cluster)["topic_spread_excess"]
    row.narrow = measure_plan(sluice, path, cluster, targets.WINDOW, scratch)
    if case.size != "huge":
        row.wide = measure_plan(sluice, path, cluster, targets.WIDE, scratch)
    return row


BALANCE_HEAD = (f"{'even: min–max ÷ mean, ±3 %':28} " + " ".join(f"{name:>11}" for name in targets.EVEN) +
                f" {'cpu':>11} | Cruise Control's max: leaders disk in out")
COST_HEAD = (f"{'cost':28} {'bytes÷bound':>11} {'+ racks':>7} {'at ±9 %':>8} {'peer':>5} | {'moves':>7} {'±9 %':>7} {'peer':>6} | "
             f"{'leaders':>7} {'batches':>7} {'topic excess':>13} {'hours÷bound':>11} {'wrong end/way':>13} | "
             f"{'target s':>8} {'plan s':>7} {'peer s':>6} {'MB':>5}")


def balance_line(row):
    balance = row.narrow["score"]["balance"]
    cells = " ".join(f"{balance[name][1]:.3f}–{balance[name][0]:.3f}" for name in (*targets.EVEN, "cpu"))
    peer = " ".join(f"{row.peer[name]:.2f}" for name in ("leaders", "disk", "nwIn", "nwOut")) if row.peer else ""
    floor = row.narrow["score"]["rack_floor"]
    forced = f" (racks force {floor[1]}–{floor[0]})" if floor[0] > 1.001 else ""
    dirs = row.narrow["steps"]["dir_spread"]
    several = f" (log dirs: max ÷ mean {dirs[0]} → {dirs[1]})" if dirs[0] > 1 else ""
    return f"{row.label():28} {cells} | {peer}{forced}{several}"


def ratio(value):
    return "" if value is None else f"{value:.3f}"


def cost_line(row):
    narrow, wide = row.narrow, row.wide
    taken = narrow["steps"]
    wrong = f"{narrow['violations_at_end'] + (wide['violations_at_end'] if wide else 0)}/"
    wrong += f"{taken['violations'] + (wide['steps']['violations'] if wide else 0)}"
    hours = taken["hours"] / taken["hours_bound"] if taken["hours_bound"] else 1.0
    excess = f"{row.excess_before} → {narrow['score']['topic_spread_excess']}"
    peer_bytes = f"{row.peer['moved_tb'] / row.peer['bound_tb']:.2f}" if row.peer else ""
    stats = narrow["stats"]
    return (f"{row.label():28} {ratio(narrow['bytes_over_bound']):>11} "
            f"{ratio(narrow['bytes_over_bound_with_racks']):>7} {ratio(wide['bytes_over_bound'] if wide else None):>8} "
            f"{peer_bytes:>5} | {narrow['score']['replica_moves']:>7} "
            f"{wide['score']['replica_moves'] if wide else '':>7} {row.peer.get('moves', ''):>6} | "
            f"{narrow['score']['leader_changes']:>7} {taken['batches']:>7} {excess:>13} {hours:>11.2f} {wrong:>13} | "
            f"{stats['target_cpu_seconds']:>8.3f} {stats['plan_cpu_seconds']:>7.3f} {row.peer.get('seconds', ''):>6} "
            f"{stats['peak_rss_mb']:>5.0f}")


def print_tables(rows):
    print(f"\n{BALANCE_HEAD}")
    for row in rows:
        print(balance_line(row))
    print(f"\n{COST_HEAD}")
    for row in rows:
        print(cost_line(row))
    misses = [(row.label(), targets.missed(row)) for row in rows]
    print(f"\n{sum(not found for _, found in misses)} of {len(rows)} models reach all that docs/benchmarks.md asks of them.")
    for label, found in misses:
        if found:
            print(f"  {label}: {'; '.join(found)}")


def json_line(row):
    return json.dumps({"bench": "planner", "model": row.name, "seed": row.seed, "peer": row.peer,
                       "window_0.03": row.narrow, "window_0.09": row.wide, "missed": targets.missed(row)})


def peers():
    data = cluster_model.read(HERE / "cruise_control.json")
    return {name: dict(zip(data["columns"], figures)) for name, figures in data["models"].items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--sluice", required=True, help="the built command")
    parser.add_argument("--seeds", default=str(SEEDS[0]), help="for CASEs, by commas")
    parser.add_argument("--models", default=str(Path(os.environ.get("SLUICE_CACHE", Path.home() / ".cache" / "sluice")) / "bench"),
                        help="where drawn models are kept")
    parser.add_argument("--json", help="write a JSON line for each model here")
    options = parser.parse_args()
    models = Path(options.models)
    models.mkdir(parents=True, exist_ok=True)
    known = peers()
    rows = []
    with tempfile.TemporaryDirectory(prefix="sluice-planner-bench-") as scratch:
        for case in chosen_cases(options.cases, [int(seed) for seed in options.seeds.split(",")]):
            print(f"  {case.words} #{case.seed} …", file=sys.stderr, flush=True)
            rows.append(measure(options.sluice, case, known, models, Path(scratch)))
            gc.collect()
            if options.json:
                with open(options.json, "a", encoding="utf-8") as lines:
                    lines.write(json_line(rows[-1]) + "\n")
    print_tables(rows)


if __name__ == "__main__":
    main()
