"""The reaper itself: nothing here starts a server."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.faults import Reaper, declared  # noqa: E402
from harness.waiting import eventually  # noqa: E402
from stack import processes  # noqa: E402
from stack.component import Component  # noqa: E402
from stack.state_folder import StateFolder  # noqa: E402

# Dies at the first step that it is armed with, as libs/failpoint does; then runs on.
_VICTIM = r"""
touch "$0.ready"
step=${SLUICE_FAILPOINTS%%=*}
if [ -n "$step" ]; then sleep 0.2; echo "fail point $step kills" >&2; kill -9 $$; fi
exec sleep 1000
"""


@pytest.fixture
def stack(tmp_path):
    state = StateFolder(tmp_path / "run")
    state.prepare()
    script = tmp_path / "victim.sh"
    script.write_text(_VICTIM)
    victim = Component(name="victim", command=lambda: ["/bin/sh", script], ready=lambda: True)
    yield SimpleNamespace(
        state=state,
        log=lambda name: state.path("logs", name + ".log"),
        start=lambda name: victim.start(state),
        stop=lambda name: victim.stop(state),
    )
    processes.kill(state, "victim")


def test_each_step_kills_once_and_at_the_end_it_runs(stack):
    with Reaper(stack, "victim", ["a.1", "a.2", "b.1"]) as reaper:
        eventually(lambda: len(reaper.fired) == 3, 30, "three deaths")
        eventually(lambda: processes.find(stack.state, "victim"), 30, "it runs")
    assert reaper.fired == ["a.1", "a.2", "b.1"]
    assert processes.find(stack.state, "victim") is not None


def test_a_step_may_kill_more_than_once(stack):
    with Reaper(stack, "victim", ["a.1", "a.2"], times=2) as reaper:
        eventually(lambda: len(reaper.fired) == 4, 30, "four deaths")
    assert reaper.fired == ["a.1", "a.2", "a.1", "a.2"]


def test_a_death_without_a_fail_point_is_trouble(stack):
    with pytest.raises(AssertionError, match="ended without a fail point"):
        with Reaper(stack, "victim", []) as reaper:
            eventually(lambda: processes.find(stack.state, "victim"), 30, "it runs")
            processes.kill(stack.state, "victim")
            eventually(lambda: reaper.trouble, 30, "the reaper sees it")


def test_steps_are_read_from_the_sources():
    assert "satellite.intake.2_after_store" in declared("satellite", "services/satellite")
    assert declared("nowhere", "services") == []
