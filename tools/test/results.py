"""Counts of test cases, from Bazel's build events and from JUnit files."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse


@dataclass
class Results:
    passed: int = 0
    failed: int = 0
    # What failed, one line each, for the end of the run.
    failures: list = field(default_factory=list)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.failures += other.failures

    def record(self, name, passed):
        if passed:
            self.passed += 1
        else:
            self.failed += 1
            self.failures.append(name)

    def line(self):
        return f"{self.passed} passed, {self.failed} failed"

    def exit_code(self):
        """Nothing run is no success."""
        return 0 if self.passed > 0 and self.failed == 0 else 1


def of_junit(path, prefix=""):
    """The cases of one JUnit file; skipped ones count as neither."""
    results = Results()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("skipped") is not None or case.get("status") == "notrun":
            continue
        broken = case.find("failure") is not None or case.find("error") is not None
        name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
        results.record(f"{prefix}{name}", not broken)
    return results


def of_bazel(events):
    """The cases of one `bazel test --build_event_json_file=events`, cached ones included.

    A target that failed without a failed case (a crash, a timeout, no build) counts as one failed case."""
    statuses, files, aborted = {}, {}, []
    for line in Path(events).read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        identity = event.get("id", {})
        if "testSummary" in identity:
            statuses[identity["testSummary"]["label"]] = event["testSummary"]["overallStatus"]
        elif "testResult" in identity:
            outputs = event["testResult"].get("testActionOutput", [])
            found = [Path(unquote(urlparse(output["uri"]).path)) for output in outputs if output["name"] == "test.xml"]
            # Of several attempts the last one counts; each shard has a file of its own.
            shard = identity["testResult"].get("shard", 0)
            files.setdefault(identity["testResult"]["label"], {})[shard] = found
        elif "targetCompleted" in identity and not event.get("completed", {}).get("success", False):
            aborted.append(identity["targetCompleted"]["label"])
    results = Results()
    for label, status in sorted(statuses.items()):
        of_target = Results()
        for path in (path for found in files.get(label, {}).values() for path in found if path.exists()):
            of_target.add(of_junit(path, prefix=f"{label} "))
        good = status in ("PASSED", "FLAKY")
        if not good and of_target.failed == 0:
            of_target.record(f"{label} {status}", False)
        if good and of_target.passed == 0:
            of_target.record(label, True)
        results.add(of_target)
    for label in sorted(set(aborted) - set(statuses)):
        results.record(f"{label} does not build", False)
    return results
