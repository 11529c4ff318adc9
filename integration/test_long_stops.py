"""Rows 4 and 17 to 19 of the table of faults at their real lengths. Each has a stack of its own, and they run side by side,
so that all of it takes what the longest takes. What they measure is written down: .run/test-results.jsonl."""

import shutil
import tempfile
import threading
from pathlib import Path

import pytest
from harness import stops
from harness.data_plane import DataPlane
from harness.results import file, write_down
from harness.tenants import Tenant, wait_for_warm_cell
from stack.assembly import Stack

pytestmark = [pytest.mark.faults, pytest.mark.full]

SCENARIOS = {
    "bus away for 30 minutes": lambda *parts: stops.bus_away(*parts, seconds=1800, rows_per_topic=2000),
    "control plane away for 10 minutes": lambda *parts: stops.control_plane_away(*parts, seconds=600),
    "PostgreSQL away for 10 minutes": lambda *parts: stops.postgres_away(*parts, seconds=600),
    "relay paused for 5 minutes": lambda *parts: stops.relay_paused(*parts, seconds=300),
}


class Run:
    """One scenario on its own stack, on its own thread."""

    # Stacks start one after the other: each wants both cores for that.
    _starting = threading.Lock()

    def __init__(self, name):
        self.name = name
        self.error = None
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    def join(self):
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self):
        folder = Path(tempfile.mkdtemp(prefix="sluice-it-"))
        folder.chmod(0o755)
        one = Stack(folder / "run", free_ports=True)
        try:
            with self._starting:
                one.up()
                wait_for_warm_cell(one)
                tenant = Tenant.make(one, folder / "contexts")
            write_down(self.name, **SCENARIOS[self.name](one, tenant, DataPlane(one)))
        except BaseException as error:  # the test's own thread raises it
            logs = file().parent / ("logs of " + self.name)
            shutil.copytree(one.state.path("logs"), logs, dirs_exist_ok=True)
            write_down(self.name, failed=str(error)[:2000], logs=str(logs))
            self.error = error
        finally:
            one.destroy()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def runs(request):
    """Those that were chosen, all begun at once."""
    chosen = {item.callspec.params["name"] for item in request.session.items
              if item.module is request.module and hasattr(item, "callspec")}
    begun = {name: Run(name) for name in SCENARIOS if name in chosen}
    yield begun
    for run in begun.values():
        run._thread.join()


@pytest.mark.parametrize("name", SCENARIOS)
def test_at_its_real_length(runs, name):
    runs[name].join()
