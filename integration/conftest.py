"""One stack for the whole run: PostgreSQL, the bus, the provisioner, a satellite and a warm cell of real brokers. A
scenario that hurts it leaves it whole again (fixture `whole`)."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "integration"))

from harness.bus import Bus  # noqa: E402
from harness.data_plane import DataPlane  # noqa: E402
from harness.tenants import Tenant, platform_cli, wait_for_warm_cell  # noqa: E402
from stack.assembly import Stack  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "faults: kills, stops or cuts off processes")


@pytest.fixture(scope="session")
def stack():
    """SLUICE_TEST_STATE keeps the stack's folder and leaves it running: for work on a scenario."""
    kept = os.environ.get("SLUICE_TEST_STATE")
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="sluice-it-"))
    # PostgreSQL runs under a user of its own, who must get in.
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    one = Stack(folder, free_ports=True)
    try:
        one.up()
        wait_for_warm_cell(one)
        yield one
    finally:
        if not kept:
            one.destroy()


@pytest.fixture(scope="session")
def admin(stack):
    """The command with the platform admin's key."""
    return platform_cli(stack)


@pytest.fixture(scope="session")
def data_plane(stack):
    return DataPlane(stack)


@pytest.fixture(scope="session")
def contexts(tmp_path_factory):
    return tmp_path_factory.mktemp("contexts")


@pytest.fixture(scope="module")
def tenant(stack, contexts):
    one = Tenant.make(stack, contexts)
    yield one
    one.clean_up()


@pytest.fixture(scope="module")
def other_tenant(stack, contexts):
    one = Tenant.make(stack, contexts)
    yield one
    one.clean_up()


@pytest.fixture(scope="module")
def bus_records(stack, secrets):
    """(topic, value) of all that is on the bus once the module's secrets exist."""
    return Bus(stack).records()


@pytest.fixture
def whole(stack):
    """For scenarios that hurt the stack: afterwards all of it runs again and the cell is up."""
    yield stack
    os.environ.pop("SLUICE_FAILPOINTS", None)
    for name in stack.components:
        if stack.status()[name] is not None:
            stack.resume(name)
    stack.up()
    wait_for_warm_cell(stack)
