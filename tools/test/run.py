"""`make test`: builds and tests everything; the last line is "N passed, N failed".

--all adds the full matrix: sanitizers, clang-tidy on every file, tests marked `full` (real lengths of stops, soak)."""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import results as counts  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BAZEL = ROOT / "tools" / "cached-bazel"

# A line each ten seconds, and no escape codes: it is read in a log as often as on a terminal.
PROGRESS = ("--show_progress_rate_limit=10", "--curses=no", "--color=no", "--ui_event_filters=-info")

# Pure decisions, the bus and every decoder of foreign bytes.
SANITIZED = ("//libs/base/...", "//libs/bus/...", "//libs/operator/...", "//libs/kafka_admin/...", "//libs/sealed/...",
             "//libs/pki/...", "//libs/planner/...", "//libs/grpc/...", "//services/provisioner/core/...",
             "//services/balancer-planner/core/...", "//services/satellite/core/...")
# Without abseil's Mutex, whose uninstrumented library gives false alarms (docs/testing.md).
THREAD_SANITIZED = ("//libs/clock/...", "//libs/failpoint/...", "//libs/log/...")

# Scenarios wait for most of their time: two stacks fill two cores. A file's scenarios share a stack and stay in order.
SIDE_BY_SIDE = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")

# Scenarios that wait for most of their time, each on a stack of its own.
LONG_STOPS = "integration/test_long_stops.py"


class Run:
    def __init__(self, everything, folder):
        self.everything = everything
        self.folder = Path(folder)
        self.results = counts.Results()
        self.began = time.monotonic()

    def say(self, text):
        print(f"\n== {time.monotonic() - self.began:6.0f}s  {text}", flush=True)

    def check(self, name, *command):
        """A command that counts as one case."""
        self.say(name)
        self.results.record(name, subprocess.run(command, cwd=ROOT, check=False).returncode == 0)

    def bazel(self, name, targets, *flags):
        self.say(name)
        events = self.folder / (name.replace(" ", "-") + ".json")
        command = [BAZEL, "test", "--keep_going", *PROGRESS, "--test_summary=terse",
                   f"--build_event_json_file={events}", *flags, "--", *targets]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        found = counts.of_bazel(events) if events.exists() else counts.Results()
        # 4: no test matched, which is no failure of a part; 3: tests failed, and they are counted.
        if code not in (0, 3, 4) and found.failed == 0:
            found.record(f"{name}: bazel ended with {code}", False)
        self.results.add(found)
        print(f"   {found.line()}", flush=True)

    def _pytest_command(self, report, *arguments):
        return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *arguments]

    def _report(self, name):
        return self.folder / (name.replace(" ", "-") + ".xml")

    def pytest(self, name, *arguments):
        self.say(name)
        command = self._pytest_command(self._report(name), *arguments)
        self._count_pytest(name, subprocess.run(command, cwd=ROOT, check=False).returncode)

    @contextlib.contextmanager
    def beside(self, name, *arguments):
        """A pytest that mostly waits runs while the body works; what it says is shown when both have ended."""
        self.say(f"{name}, beside what follows")
        shown = self.folder / (name.replace(" ", "-") + ".log")
        with shown.open("w") as log:
            process = subprocess.Popen(self._pytest_command(self._report(name), *arguments), cwd=ROOT, stdout=log,
                                       stderr=subprocess.STDOUT)
            try:
                yield
            finally:
                code = process.wait()
        self.say(f"{name}, ended")
        print(shown.read_text(errors="replace"), flush=True)
        self._count_pytest(name, code)

    def _count_pytest(self, name, code):
        report = self._report(name)
        found = counts.of_junit(report) if report.exists() else counts.Results()
        if code not in (0, 1, 5) and found.failed == 0:  # 5: nothing collected
            found.record(f"{name}: pytest ended with {code}", False)
        self.results.add(found)

    def everything_in_order(self):
        self.check("build", BAZEL, "build", *PROGRESS, "//...")
        self.check("lint", sys.executable, "tools/lint/lint.py")
        if not self.everything:
            self.check("clang-tidy", "tools/tidy", "--changed")
            self.tests()
            return
        # Half an hour in which stacks stand still; what only computes comes first, so that least of it meets the scenarios.
        with self.beside("long stops", LONG_STOPS):
            self.check("clang-tidy", "nice", "tools/tidy", "--all")
            self.sanitizers()
            self.tests()

    def tests(self):
        wanted = "" if self.everything else "-full,"
        self.bazel("unit tests", ["//..."], f"--test_tag_filters={wanted}-kafka,-postgres,-exclusive", "--build_tests_only")
        # Each of them starts servers: one at a time, so that none misses a deadline for want of a core.
        self.bazel("contract tests", ["//..."], f"--test_tag_filters={wanted}kafka,postgres,exclusive",
                   "--build_tests_only", "--local_test_jobs=1")
        self.pytest("tools", "tools", "bench/live", *SIDE_BY_SIDE)
        self.pytest("integration", "integration", *SIDE_BY_SIDE,
                    *([f"--ignore={LONG_STOPS}"] if self.everything else ["-m", "not full"]))

    def sanitizers(self):
        pure = "--test_tag_filters=-full,-kafka,-postgres,-exclusive"
        self.bazel("address and undefined behaviour", SANITIZED, "--config=asan", pure, "--build_tests_only")
        self.bazel("threads", THREAD_SANITIZED, "--config=tsan", pure, "--build_tests_only")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="the full matrix")
    everything = parser.parse_args().all
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as folder:
        run = Run(everything, folder)
        os.environ.setdefault("SLUICE_CACHE", str(Path.home() / ".cache" / "sluice"))
        run.everything_in_order()
    if run.results.failures:
        print("\nfailed:")
        for name in run.results.failures:
            print(f"  {name}")
    print(run.results.line(), flush=True)
    return run.results.exit_code()


if __name__ == "__main__":
    sys.exit(main())
