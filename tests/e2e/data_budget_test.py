"""`kafka.data_mb_per_month`: what the month comes to, over restarts, and what is done about it."""

from tests.e2e.vehicle import now, rmc
from tests.support.wait import wait_for

_FIXES_PER_S = 10


def _drive_until(vehicle, receiver, reached, what: str, knots: float = 20) -> dict:
    """A fix every tenth of a second, as far apart as goes with their speed, until the status says so."""
    def is_reached():
        receiver.tell(rmc(now(), receiver.steps / _FIXES_PER_S, knots))
        receiver.steps += 1
        status = vehicle.status()
        return reached(status) and status
    return wait_for(is_reached, 30, what, interval_s=1 / _FIXES_PER_S)


def test_positions_wait_and_alerts_do_not_as_the_limit_is_reached(vehicle, broker, receiver):
    broker.start()
    # Less than a connection takes: exceeded whatever day of the month it is.
    vehicle.start("kafka.data_mb_per_month=0.001", "rules.speed_limit_kmh=50")
    _drive_until(vehicle, receiver, lambda told: told["data"]["month_is_known"]
                 and told["data"]["month_bytes"] > 1_000 and told["data"]["step"] == 5, "the last step")
    vehicle.wait_log("of 0.0 allowed; positions wait 300 s for company at the least, sampled 8 times less often")
    assert "the limit is exceeded; to keep to it positions are sent every 5 min" in vehicle.words()
    told = _drive_until(vehicle, receiver, lambda told: told["lanes"]["alert"]["acked"] > 0, "an alert", knots=60)
    assert told["lanes"]["bulk"]["waiting"] > 0, "positions wait meanwhile"


def test_a_month_is_counted_over_restarts(vehicle, broker, receiver):
    broker.start()
    vehicle.start()
    data = _drive_until(vehicle, receiver, lambda told: told["data"]["month_is_known"]
                        and told["data"]["month_bytes"] > 8_000, "some data")["data"]
    assert data["month_bytes"] >= data["sent_bytes"] and data["forecast_bytes"] >= data["month_bytes"]
    assert " this month; at this rate " in vehicle.words()
    before = vehicle.status()["data"]["month_bytes"]
    vehicle.runs[-1].kill()
    broker.stop()
    vehicle.start()
    kept = vehicle.wait_status(lambda told: told["data"]["month_bytes"] > 4_000, "the account")["data"]["month_bytes"]
    assert 0.7 * before < kept < 1.3 * before + 2_000, "killed: about"
    last = vehicle.status()["data"]["month_bytes"]
    assert vehicle.runs[-1].terminate() == 0
    vehicle.start()
    vehicle.wait_status(lambda told: told["data"]["month_bytes"] >= last, "all of it")
