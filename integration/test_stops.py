"""Rows 4 and 17 to 19 of the table of faults, for at most a minute each: longer than every lease, timeout and back-off that
takes part, and with an outbox small enough to be filled. test_long_stops.py has the real lengths."""

import pytest
from harness import stops
from harness.waiting import eventually

pytestmark = pytest.mark.faults


@pytest.fixture
def scaled(whole):
    """Afterwards it runs with its own bounds again."""
    yield whole
    whole.services.flags["provisioner"] = []
    whole.stop("provisioner")


def test_the_relay_stands_still_and_another_goes_on(whole, tenant, data_plane):
    stops.relay_paused(whole, tenant, data_plane, seconds=25)


def test_postgresql_is_away(whole, tenant, data_plane):
    stops.postgres_away(whole, tenant, data_plane, seconds=45)


def test_the_bus_is_away_and_the_outbox_is_filled(scaled, tenant, data_plane):
    stops.bus_away(scaled, tenant, data_plane, seconds=60, rows_per_topic=60)


def test_the_control_plane_is_away(whole, tenant, data_plane, admin):
    stops.control_plane_away(whole, tenant, data_plane, seconds=60)
    eventually(lambda: admin("dataplane", "describe", "local")["state"] == "CONNECTED", 60, "its word is back")
