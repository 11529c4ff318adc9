"""The judges by hand-made models, whose figures two other scorers gave as well; then the planner before these judges."""

import copy
import json
import os
import subprocess
import tempfile
import unittest
from argparse import Namespace
from pathlib import Path

import bound
import cluster_model
import generator
import score
import steps
import table
import targets

DATA = Path(__file__).resolve().parent / "testdata"
SLUICE = os.environ["SLUICE"]


def load(name):
    return cluster_model.read(DATA / name)


class FourBrokers(unittest.TestCase):
    """Two brokers even in size, a new one of half the disk, a dead one."""

    def setUp(self):
        self.model = load("four_brokers.json")
        self.plan = load("plan.json")

    def judge(self, **limits):
        for name, value in limits.items():
            self.model["capacity_threshold"][name] = value
        return steps.replay(cluster_model.Cluster(self.model), self.plan)

    def test_scores_the_model_as_it_is(self):
        scored = score.score(cluster_model.Cluster(self.model))
        self.assertEqual((scored["rack_violations"], scored["on_gone_brokers"], scored["forced_mb"]), (1, 1, 100))
        self.assertEqual(scored["balance"], {
            "replicas": (1.6667, 0.3333), "leaders": (1.8, 0.0), "disk": (1.4545, 0.5455), "nwIn": (1.575, 0.225),
            "nwOut": (2.2857, 0.0), "cpu": (1.9394, 0.0606)})
        self.assertEqual(scored["rack_floor"], (1.25, 0.8333))

    def test_scores_the_end_of_a_plan(self):
        scored = score.score(cluster_model.Cluster(self.model), self.plan)
        self.assertEqual((scored["replica_moves"], scored["leader_changes"], scored["data_moved_mb"]), (3, 1, 450))
        self.assertEqual(scored["balance"]["disk"], (1.2308, 0.6923))
        self.assertEqual(scored["balance"]["leaders"], (1.8, 0.6))
        self.assertEqual(score.violations(scored), 0)

    def test_knows_the_least_bytes(self):
        self.assertEqual(round(bound.least_bytes(cluster_model.Cluster(self.model), 0.03)), 241)

    def test_knows_what_racks_force(self):
        # 160, 70, 70 MB on the brokers of rack a and 140, 140, 20 on those of b, where 80 to 120 are even: 40 + 40 have to
        # leave and 20 + 60 to come, but what b lacks cannot come from a.
        one = self.model["brokers"][0]
        self.model["brokers"] = [{**one, "id": number, "rack": "a" if number < 4 else "b"} for number in range(1, 7)]
        rows = [((1, 4), 120), ((1, 5), 40), ((2, 5), 70), ((3, 5), 30), ((3, 4), 20), ((3, 6), 20)]
        self.model["partitions"] = [[0, number, list(brokers), [disk, 1, 1, 1], [disk, 1, 0, 1]]
                                    for number, (brokers, disk) in enumerate(rows)]
        cluster = cluster_model.Cluster(self.model)
        self.assertAlmostEqual(bound.least_bytes(cluster, 0.2), 80)
        self.assertAlmostEqual(bound.least_bytes_with_racks(cluster, 0.2), 100)
        self.model["partitions"][0][2] = [1, 2]  # breaks the rack rule: its repair may bring bytes from rack to rack
        broken = cluster_model.Cluster(self.model)
        self.assertEqual(bound.least_bytes_with_racks(broken, 0.2), bound.least_bytes(broken, 0.2))

    def test_lets_a_good_plan_pass(self):
        found = self.judge()
        self.assertEqual((found["violations"], found["batches"], found["hours"], found["hours_bound"]), (0, 3, 1.25, 0.69))

    def test_sees_a_disk_that_both_copies_do_not_fit_on(self):
        # Broker 1 has 550 MB and gets 150 before it gives 200 away: 800, and 801 with a larger partition.
        self.plan["batches"] = [[entry for batch in self.plan["batches"][1:] for entry in batch]]
        self.plan["batches"][0].append({"topic": "orders", "partition": 2, "replicas": [2, 1]})
        self.assertEqual(self.judge()["over_during"], 0)
        self.model["partitions"][2][3][0] = self.model["partitions"][2][4][0] = 101
        self.assertEqual(self.judge()["over_during"], 1)

    def test_sees_a_link_without_room_for_the_moves(self):
        # Broker 2 receives 210 KB/s with nothing moving; 100 more are sent to it by no batch, but it sends 100 + 100.
        self.assertGreater(self.judge(nwOut=0.19)["over_during"], 0)

    def test_sees_what_is_over_when_a_batch_has_ended(self):
        self.assertGreater(self.judge(disk=0.2)["over_after"], 0)

    def test_a_broker_over_its_limit_may_stay_there_but_not_get_worse(self):
        self.plan["batches"] = self.plan["batches"][:1]
        found = self.judge(cpu=0.01)
        self.assertGreater(found["over_after"] + found["over_during"], 0)
        self.plan["batches"] = []
        self.assertEqual(self.judge(cpu=0.01)["over_after"], 0)

    def test_names_what_else_is_wrong(self):
        for sentence, batches, counted in (
            ("a partition twice in a batch", [[self.entry([2, 1]), self.entry([2, 1])]], "twice"),
            ("the same broker twice", [[self.entry([1, 1])]], "fewer"),
            ("a dead leader", [[self.entry([4, 1])]], "dead_leader"),
            ("a copy to a dead broker", [[self.entry([1, 4])]], "gone_receives"),
            ("one rack instead of two", [[self.entry([3, 2])]], "rack"),
            ("an end that no batch leads to", [], "end_differs"),
        ):
            with self.subTest(sentence):
                self.plan["batches"] = batches
                self.assertGreater(self.judge()[counted], 0)

    def test_an_end_state_is_judged_by_itself(self):
        for sentence, replicas, counted in (
            ("left on a dead broker", [2, 4], "on_gone_brokers"),
            ("fewer replicas", [2], "replicas_changed"),
            ("both in one rack", [2, 3], "rack_violations"),
        ):
            with self.subTest(sentence):
                plan = {"partitions": [{"topic": "orders", "partition": 2, "replicas": replicas}]}
                self.assertGreater(score.score(cluster_model.Cluster(self.model), plan)[counted], 0)
        stranger = {"partitions": [{"topic": "orders", "partition": 77, "replicas": [1, 2]}]}
        self.assertEqual(score.score(cluster_model.Cluster(self.model), stranger)["strangers"], 1)

    @staticmethod
    def entry(replicas):
        return {"topic": "orders", "partition": 1, "replicas": replicas}


class SeveralLogDirs(unittest.TestCase):
    def setUp(self):
        self.model = load("four_brokers.json")
        for broker in self.model["brokers"]:
            size = broker["capacity"]["disk"] / 4
            broker["log_dirs"] = [{"path": "/x", "capacity": size}, {"path": "/y", "capacity": 3 * size}]
        for row in self.model["partitions"]:
            row.append([1] * len(row[2]))

    def judge(self, entry):
        plan = {"throttle_kbps": 1, "batches": [[entry]], "partitions": [entry]}
        return steps.replay(cluster_model.Cluster(self.model), plan)

    def test_a_dir_has_a_limit_of_its_own(self):
        # /x of broker 3 may hold 100 of its 125 MB, /y 300 of 375 of which 150 are used.
        entry = {"topic": "orders", "partition": 1, "replicas": [1, 3], "log_dirs": ["any", "/x"]}
        self.assertEqual(self.judge(entry)["dir_over"], 1)
        self.assertEqual(self.judge({**entry, "log_dirs": ["any", "/y"]})["dir_over"], 1)
        self.model["partitions"][1][3][0] = self.model["partitions"][1][4][0] = 150
        self.assertEqual(self.judge({**entry, "log_dirs": ["any", "/y"]})["dir_over"], 0)

    def test_any_is_where_kafka_puts_it(self):
        # The dir with the fewest replicas is /x.
        self.assertEqual(self.judge({"topic": "orders", "partition": 1, "replicas": [1, 3]})["dir_over"], 1)

    def test_a_copy_within_a_broker_needs_room_in_the_new_dir(self):
        # /x of broker 1 may hold 200 of its 250 MB.
        small = {"topic": "clicks", "partition": 1, "replicas": [1, 2], "log_dirs": ["/x", "any"]}
        self.assertEqual(self.judge(small)["violations"], 0)
        large = {"topic": "orders", "partition": 0, "replicas": [1, 2], "log_dirs": ["/x", "any"]}
        self.assertEqual(self.judge(large)["dir_over"], 1)


class ThePlanner(unittest.TestCase):
    """What the planner says of itself has to be what the judges find."""

    CASES = ("tiny-skew", "tiny-add", "tiny-remove", "tiny-dead", "tiny-skew-unequal", "tiny-skew-tight", "small-skew",
             "small-add", "small-dead", "small-remove-tight", "tiny-skew-3dirs", "small-remove-2dirs")

    def plan(self, words, seed, folder, *options):
        path = table.Case(words, seed).model(folder)
        out, stats = folder / "plan.json", folder / "stats.json"
        subprocess.run([SLUICE, "plan", path, "--out", out, "--stats", stats, *options], check=True,
                       stdout=subprocess.DEVNULL)
        return cluster_model.Cluster(cluster_model.read(path)), cluster_model.read(out), cluster_model.read(stats)

    def test_breaks_nothing_and_tells_the_truth(self):
        with tempfile.TemporaryDirectory() as name:
            for words in self.CASES:
                for seed in (1, 2, 3):
                    for mode in ("even-out", "repair", "relieve"):
                        with self.subTest(words, seed=seed, mode=mode):
                            self.compare(*self.plan(words, seed, Path(name), "--mode", mode), mode, "unequal" in words)

    def compare(self, cluster, plan, stats, mode, unequal):
        scored, taken = score.score(cluster, plan), steps.replay(cluster, plan)
        self.assertEqual(taken["violations"], 0, taken)
        if mode == "even-out" and stats["unresolved"] == 0:
            self.assertEqual(score.violations(scored), 0, scored)
        if mode == "repair" and stats["unresolved"] == 0:
            self.assertEqual(scored["rack_violations"] + scored["on_gone_brokers"], 0, scored)
        for name in ("replica_moves", "leader_changes"):
            self.assertEqual(scored[name], stats[name], name)
        self.assertEqual(taken["moved_within"], stats["log_dir_moves"])
        self.assertAlmostEqual(scored["data_moved_mb"] + taken["moved_within_mb"], stats["bytes_mb"],
                               delta=2 + 1e-6 * stats["bytes_mb"])
        self.assertAlmostEqual(taken["hours"], stats["hours"], delta=0.02)
        self.assertAlmostEqual(taken["hours_bound"], stats["hours_bound"], delta=0.02)
        for name, (most, least) in scored["balance"].items():
            if unequal and name in ("replicas", "leaders"):
                continue  # the planner relates counts to capacity, the judge does not
            said = stats["balance"][name]["after"]
            self.assertAlmostEqual(most, said["max_over_avg"], delta=0.002, msg=name)
            self.assertAlmostEqual(least, said["min_over_avg"], delta=0.002, msg=name)

    def test_a_table_of_one_row_says_what_is_missed(self):
        with tempfile.TemporaryDirectory() as name:
            case = table.chosen_cases(["tiny-skew"], [5])[0]
            row = table.measure(SLUICE, case, {}, Path(name), Path(name))
            self.assertIn("tiny-skew #5", table.cost_line(row))
            self.assertIn("tiny-skew #5", table.balance_line(row))
            worse = copy.deepcopy(row)
            worse.narrow["bytes_over_bound_with_racks"] = 1.5
            worse.narrow["steps"]["violations"] = 3
            worse.peer = {"moves": 1}
            said = "; ".join(targets.missed(worse))
            for words in ("bytes 1.500", "violations on the way: 3", "Cruise Control's"):
                self.assertIn(words, said)
            json.loads(table.json_line(row))


class Generator(unittest.TestCase):
    def test_the_same_seed_gives_the_same_bytes_and_another_others(self):
        with tempfile.TemporaryDirectory() as name:
            drawn = []
            for number, seed in enumerate((1, 1, 2)):
                path = Path(name) / f"{number}.gz"
                generator.write("tiny", "skew", path, Namespace(seed=seed, unequal=False, tight=False, dirs=2))
                drawn.append(path.read_bytes())
            self.assertEqual(drawn[0], drawn[1])
            self.assertNotEqual(drawn[0], drawn[2])

    def test_a_model_is_what_its_name_says(self):
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "model.gz"
            for scenario in generator.SCENARIOS:
                generator.write("small", scenario, path, Namespace(seed=1, unequal=False, tight=False, dirs=1))
                cluster = cluster_model.Cluster(cluster_model.read(path))
                size = generator.SIZES["small"]
                self.assertEqual(len(cluster.partitions), size.partitions)
                self.assertEqual(len(cluster.brokers), size.brokers + (size.racks if scenario == "add" else 0))
                self.assertEqual(len(cluster.gone), 1 if scenario in ("remove", "dead") else 0)
                self.assertFalse(any(partition.replicas[0] in cluster.dead for partition in cluster.partitions))
                if scenario == "skew":
                    self.assertGreater(score.score(cluster)["rack_violations"], 0)
                use = sum(row[0] for row in cluster.loads().values()) / (size.brokers * generator.DISK_MB)
                self.assertAlmostEqual(use, size.disk_use, delta=0.01)


if __name__ == "__main__":
    unittest.main()
