"""From predictions and truth to numbers: the pairs, and what each way of predicting makes of them."""

import math
from dataclasses import dataclass

from tests.eta.drive import Trip

EVERY_S, FROM_START_S, BEFORE_ARRIVAL_S = 30.0, 60.0, 60.0
# ETA Accuracy Benchmark: time to arrival up to, so much early and late is accurate; seconds.
BUCKETS = ((180, 30, 90), (360, 60, 150), (600, 60, 210), (900, 90, 270))


@dataclass(frozen=True)
class Pair:
    """A moment of a trip and a stop that is to come."""
    day: int
    trip: Trip
    stop: int
    moment_s: float
    actual_s: float  # From the moment to the arrival.


def pairs_of(days: dict[int, list[Trip]]) -> list[Pair]:
    pairs = []
    for day, trips in days.items():
        for trip in trips:
            moment = trip.depart_s + FROM_START_S
            while moment <= trip.stops[-1].arrival_s - BEFORE_ARRIVAL_S:
                pairs += [Pair(day, trip, index, moment, stop.arrival_s - moment)
                          for index, stop in enumerate(trip.stops) if stop.arrival_s - moment >= BEFORE_ARRIVAL_S]
                moment += EVERY_S
    return pairs


@dataclass
class Score:
    pairs: int
    missing: int
    mape: float
    mae_s: float
    p90_s: float
    bias_s: float
    buckets: list[float]
    inside: float | None = None  # Share of arrivals between P10 and P90.
    below_p10: float | None = None
    above_p90: float | None = None

    @property
    def benchmark(self) -> float:
        return sum(self.buckets) / len(self.buckets)


def score(pairs: list[Pair], predicted: list[float | None]) -> Score:
    """`predicted`: seconds from the pair's moment to the arrival. None counts as missing and is not scored."""
    rows = [(pair.actual_s, told) for pair, told in zip(pairs, predicted) if told is not None]
    errors = sorted(abs(told - actual) for actual, told in rows)
    buckets, lower = [], 0.0
    for upper, early, late in BUCKETS:
        inside = [actual - told for actual, told in rows if lower < actual <= upper]
        # The vehicle comes no earlier than so much before, and no later than so much after, what was told.
        buckets.append(100 * sum(-early <= after <= late for after in inside) / max(1, len(inside)))
        lower = upper
    return Score(len(pairs), len(pairs) - len(rows),
                 100 * sum(abs(told - actual) / actual for actual, told in rows) / len(rows),
                 sum(errors) / len(rows), errors[math.ceil(0.9 * len(rows)) - 1],
                 sum(told - actual for actual, told in rows) / len(rows), buckets)


def add_band(result: Score, pairs: list[Pair], bands: list[tuple[float, float] | None]) -> None:
    rows = [(pair.actual_s, *band) for pair, band in zip(pairs, bands) if band is not None]
    result.below_p10 = 100 * sum(actual < low for actual, low, _ in rows) / len(rows)
    result.above_p90 = 100 * sum(actual > high for actual, _, high in rows) / len(rows)
    result.inside = 100 - result.below_p10 - result.above_p90
