"""The state of 100,000 vehicles comes back in seconds; the figures are printed."""

from tests.chaos.restore import restore

VEHICLES = 100_000
# On two cores that are shared: what `./dev chaos --restore` prints on an idle machine is far below.
_SECONDS_MAX = 60


def test_a_hundred_thousand_vehicles_are_restored(kafka_available, tmp_path):
    result = restore(VEHICLES, tmp_path)
    result.tell()
    assert result.vehicles == VEHICLES and result.rows >= VEHICLES
    assert result.restore_s < _SECONDS_MAX
