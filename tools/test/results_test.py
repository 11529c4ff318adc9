import json

import results
from results import Results

GTEST = """<testsuites tests="3" failures="1"><testsuite name="S">
<testcase name="good" status="run" classname="S"/>
<testcase name="off" status="notrun" classname="S"/>
<testcase name="bad" status="run" classname="S"><failure message="no"/></testcase>
</testsuite></testsuites>"""

GOOD = '<testsuites><testsuite name="S"><testcase name="a" classname="S"/><testcase name="b" classname="S"/></testsuite></testsuites>'


def events(tmp_path, *targets):
    """targets: (label, status, xml or None)"""
    lines = []
    for number, (label, status, xml) in enumerate(targets):
        outputs = []
        if xml is not None:
            path = tmp_path / f"{number}.xml"
            path.write_text(xml)
            outputs = [{"name": "test.xml", "uri": path.as_uri()}]
        lines.append({"id": {"testResult": {"label": label, "shard": 1}}, "testResult": {"testActionOutput": outputs}})
        lines.append({"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status}})
    path = tmp_path / "events.json"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_cases_are_counted_not_targets(tmp_path):
    counted = results.of_bazel(events(tmp_path, ("//a:t", "PASSED", GOOD), ("//b:t", "FAILED", GTEST)))
    assert counted.line() == "3 passed, 1 failed"
    assert counted.failures == ["//b:t S.bad"]
    assert counted.exit_code() == 1


def test_a_crash_without_a_failed_case_is_a_failure(tmp_path):
    counted = results.of_bazel(events(tmp_path, ("//a:t", "TIMEOUT", GOOD), ("//b:t", "FAILED", None)))
    assert counted.line() == "2 passed, 2 failed"
    assert "//a:t TIMEOUT" in counted.failures


def test_a_target_without_cases_counts_once(tmp_path):
    assert results.of_bazel(events(tmp_path, ("//a:t", "PASSED", None))).line() == "1 passed, 0 failed"


def test_a_target_that_does_not_build_is_a_failure(tmp_path):
    path = tmp_path / "events.json"
    path.write_text(json.dumps({"id": {"targetCompleted": {"label": "//a:t"}}, "completed": {}}))
    assert results.of_bazel(path).line() == "0 passed, 1 failed"


def test_nothing_run_is_no_success():
    assert Results().exit_code() == 1
    assert Results(passed=1).exit_code() == 0


def test_skipped_cases_count_as_neither(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text('<testsuite><testcase name="a"><skipped/></testcase><testcase name="b"/></testsuite>')
    assert results.of_junit(path).line() == "1 passed, 0 failed"
