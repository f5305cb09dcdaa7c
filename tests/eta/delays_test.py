"""What `./dev eta` counts of delay alerts, on trips that can be reckoned by hand."""

import pytest

from tests.eta.dataset import moment
from tests.eta.delays import due_s, promise, told
from tests.eta.drive import Customer, Stop, Trip

DEPART_S = 30_000.0


def trip(*stops: tuple[float, float]) -> Trip:
    """Stops by their planned and actual seconds after the start."""
    return Trip("t", DEPART_S, [Stop(Customer(f"c{index}", "road", 0.0, 60.0), planned_s=DEPART_S + planned,
                                     arrival_s=DEPART_S + arrival) for index, (planned, arrival) in enumerate(stops)],
                vehicle="van")


def alert(stop: int, state: str, second: float, alert_id: str = "") -> dict:
    return {"alert_id": alert_id or f"a{stop}", "state": state, "vehicle_id": "van", "scope": f"c{stop}",
            "time": moment(3, DEPART_S + second)}


def test_what_is_promised_is_the_plan_stretched_as_it_was_on_the_days_before():
    assert promise({0: [trip((600, 900), (1000, 1500))]}) == pytest.approx(1.5)
    one = trip((600, 900))
    assert due_s(one, one.stops[0], 1.5) == DEPART_S + 900


LATE, ON_TIME = (1000, 1301), (1000, 1300)


@pytest.mark.parametrize("name, stop, alerts, expected", [
    ("TenMinutesAhead", LATE, [("RAISED", 701)], (1, 100, 100, 1, 0)),
    ("ASecondTooLate", LATE, [("RAISED", 702)], (1, 0, 100, 1, 0)),
    ("NotInForceThen", LATE, [("RAISED", 100), ("CLEARED", 701)], (1, 0, 100, 1, 0)),
    ("InForceAgain", LATE, [("RAISED", 100), ("CLEARED", 200), ("UPDATED", 230)], (1, 100, 100, 1, 0)),
    ("Never", LATE, [], (1, 0, 0, 0, 0)),
    ("OnlyAfterwards", LATE, [("RAISED", 1301)], (1, 0, 0, 0, 0)),
    ("False", ON_TIME, [("RAISED", 100)], (0, 0, 0, 1, 100)),
    ("NoneNeeded", ON_TIME, [], (0, 0, 0, 0, 0)),
])
def test_a_late_stop_is_told_ahead_and_another_one_not(name, stop, alerts, expected):
    one = told({3: [trip(stop)]}, 1.0, [alert(0, state, second) for state, second in alerts])
    assert (one.late, one.ahead, one.ever, one.alerted, one.false) == expected, name


def test_a_stop_that_comes_too_soon_for_ten_minutes_is_late_but_out_of_reach():
    one = told({3: [trip((300, 700), (1000, 1400))]}, 1.0, [alert(1, "RAISED", 120)])
    assert (one.late, one.ahead, one.late_in_reach, one.ahead_in_reach) == (2, 50, 1, 100)


def test_an_alert_is_of_its_own_trip():
    one = told({3: [trip(LATE)]}, 1.0, [alert(0, "RAISED", -7200), alert(0, "RAISED", 100_000, "another")])
    assert one.alerted == 0


def test_an_alert_that_was_wrong_by_far_is_told_apart():
    one = told({3: [trip((1000, 1120), (1000, 1121))]}, 1.0, [alert(0, "RAISED", 1), alert(1, "RAISED", 1)])
    assert (one.false, one.false_by_far, one.in_time_alerted) == (100, 50, 100)
