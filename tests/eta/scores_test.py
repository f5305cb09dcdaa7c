"""What `./dev eta` counts, on a trip that can be reckoned by hand."""

import pytest

from tests.eta.drive import Customer, Stop, Trip
from tests.eta.scores import Pair, add_band, pairs_of, score


def trip(*arrivals_s: float) -> Trip:
    stops = [Stop(Customer(f"c{index}", "road", 0.0, 60.0), arrival_s=second, departure_s=second + 30)
             for index, second in enumerate(arrivals_s)]
    return Trip("t", 1000.0, stops)


def pair(actual_s: float) -> Pair:
    return Pair(0, trip(2000), 0, 2000 - actual_s, actual_s)


def test_pairs_begin_a_minute_after_the_start_and_end_a_minute_before_each_arrival():
    pairs = pairs_of({0: [trip(1150, 1185)]})
    # From 1060 s, every 30 s; the first stop until 1090 s, the second until 1125 s.
    assert [(one.moment_s, one.stop, one.actual_s) for one in pairs] == [
        (1060, 0, 90), (1060, 1, 125), (1090, 0, 60), (1090, 1, 95), (1120, 1, 65)]


def test_errors_are_relative_to_the_actual_time_and_missing_ones_are_counted():
    result = score([pair(100), pair(200), pair(400), pair(500)], [110, 180, 400, None])
    assert (result.pairs, result.missing) == (4, 1)
    assert result.mape == pytest.approx((10 + 10 + 0) / 3)
    assert result.mae_s == pytest.approx(10)
    assert result.p90_s == 20
    assert result.bias_s == pytest.approx(-10 / 3)


@pytest.mark.parametrize("actual, told, accurate", [
    (170, 200, 100),  # 30 s early: the last that counts within three minutes.
    (170, 201, 0),
    (170, 80, 100),   # 90 s late likewise.
    (170, 79, 0),
])
def test_a_bucket_forgives_more_lateness_than_earliness(actual, told, accurate):
    assert score([pair(actual)], [told]).buckets[0] == accurate


def test_the_band_counts_both_tails():
    result = score([pair(100)] * 4, [100] * 4)
    add_band(result, [pair(100)] * 4, [(90, 110), (101, 110), (80, 99), (100, 100)])
    assert (result.below_p10, result.above_p90, result.inside) == (25, 25, 50)
