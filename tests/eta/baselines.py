"""What others would predict, given the same positions and the same days to learn from.

They are helped where there is doubt: their place on the route is the true one at the newest position, and they know
which road is which. Wherever one needs a dwell it takes the median of those that were seen.
"""

import bisect
import itertools
import math
import statistics
from collections import defaultdict

from tests.eta.dataset import fixes_of
from tests.eta.drive import PLANNED_DWELL_S, Trip, offset_at
from tests.eta.scores import Pair

SLOT_S = 900
SHRINK = 4.0
SMOOTHING_S = 120.0
MEAN_MIN_M = 200.0


class Track:
    """What a receiver of one set of positions knows of a trip: seconds, metres along the path, speeds."""

    def __init__(self, kind: str, trip: Trip):
        self.trip = trip
        fixes = fixes_of(kind, trip)
        self.seconds = [fix[0] for fix in fixes]
        self.metres = [offset_at(trip, second) for second in self.seconds]
        self._starts = [piece[1] for piece in trip.pieces]
        self._sums = [0.0, *itertools.accumulate((end - begin) / limit for _, begin, end, limit in trip.pieces)]
        self.smooth, value = [], 0.0
        for index, fix in enumerate(fixes):
            gone = 0 if index == 0 else self.seconds[index] - self.seconds[index - 1]
            keep = math.exp(-gone / SMOOTHING_S) if index else 0.0
            value = keep * value + (1 - keep) * fix[4]
            self.smooth.append(value)

    def newest(self, moment_s: float) -> int:
        return bisect.bisect_right(self.seconds, moment_s) - 1

    def at_stop(self, second: float) -> tuple[int, float] | None:
        """The stop where the van stands, and for how long it has; nothing on the road."""
        for index, stop in enumerate(self.trip.stops):
            if stop.arrival_s <= second < stop.departure_s:
                return index, second - stop.arrival_s
        return None

    def first_to_come(self, second: float) -> int:
        return next((index for index, stop in enumerate(self.trip.stops) if second < stop.arrival_s),
                    len(self.trip.stops))

    def piece_at(self, metre: float) -> int:
        return max(0, bisect.bisect_right(self._starts, metre) - 1)

    def limits_s(self, from_m: float, to_m: float) -> float:
        """The planned driving time: every road at its limit."""
        return self._limits_to(to_m) - self._limits_to(from_m)

    def _limits_to(self, metre: float) -> float:
        index = self.piece_at(metre)
        return self._sums[index] + (metre - self._starts[index]) / self.trip.pieces[index][3]

    def driving(self):
        """Each step between two positions that is not spent at a stop: second, from metre, to metre, seconds."""
        for index in range(1, len(self.seconds)):
            begin, end = self.seconds[index - 1], self.seconds[index]
            if any(stop.arrival_s < end and begin < stop.departure_s for stop in self.trip.stops):
                continue
            if begin >= self.trip.stops[-1].arrival_s:
                return
            yield begin, self.metres[index - 1], self.metres[index], end - begin


def any_day(day: int) -> int:
    return 0


def kind_of_day(day: int) -> int:
    """Working day, Saturday, Sunday; day 0 is a Monday."""
    return max(0, day % 7 - 4)


class Learnt:
    """Everything that the baselines take from the days to learn from; times of day are kept apart by `kind_of`."""

    def __init__(self, tracks: list[tuple[int, Track]], kind_of=any_day):
        self.kind_of = kind_of
        dwells = [stop.departure_s - stop.arrival_s for _, track in tracks for stop in track.trip.stops[:-1]]
        self.dwell_s = statistics.median(dwells)
        seconds, planned = 0.0, 0.0
        slots = defaultdict(lambda: [0.0, 0.0])
        roads, road_slots = defaultdict(lambda: [0, 0.0]), defaultdict(lambda: [0, 0.0])
        for day, track in tracks:
            shares: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
            for begin, from_m, to_m, took in track.driving():
                free = track.limits_s(from_m, to_m)
                seconds, planned = seconds + took, planned + free
                slot = self.slot_of(day, begin)
                slots[slot][0] += took
                slots[slot][1] += free
                for index in range(track.piece_at(from_m), track.piece_at(to_m) + 1):
                    name, start, end, limit = track.trip.pieces[index]
                    if end > from_m and start < to_m and free > 0:
                        part = (min(end, to_m) - max(start, from_m)) / limit
                        one = shares[name, index]
                        one[0] += took * part / free
                        one[1] += part
                        one[2] = one[2] or begin
            for (name, _), (took, free, begin) in shares.items():
                if free > 0:
                    for table, key in ((roads, name), (road_slots, (name, self.slot_of(day, begin)))):
                        table[key][0] += 1
                        table[key][1] += took / free
        self.ratio = seconds / planned
        self.slot = {slot: took / free for slot, (took, free) in slots.items() if free > 0}
        self.road = {name: (ratio + SHRINK * self.ratio) / (count + SHRINK)
                     for name, (count, ratio) in roads.items()}
        self.road_slot = {}
        for (name, slot), (count, ratio) in road_slots.items():
            prior = self.road[name] * self.slot.get(slot, self.ratio) / self.ratio
            self.road_slot[name, slot] = (ratio + SHRINK * prior) / (count + SHRINK)

    def slot_of(self, day: int, second: float) -> tuple[int, int]:
        return self.kind_of(day), int(second // SLOT_S)

    def profile(self, name: str, slot: tuple[int, int]) -> float:
        told = self.road_slot.get((name, slot))
        if told is not None:
            return told
        return self.road.get(name, self.ratio) * self.slot.get(slot, self.ratio) / self.ratio


def _by_profile(learnt: Learnt, track: Track, index: int, pair: Pair) -> float:
    """Road after road, each in the quarter of an hour in which it will be reached, with the stays between."""
    trip, begin_s, at_m, stop = track.trip, track.seconds[index], track.metres[index], pair.stop
    now = track.at_stop(begin_s)
    second = begin_s + (0.0 if now is None or now[0] >= stop else max(0.0, learnt.dwell_s - now[1]))
    for leg in range(track.first_to_come(begin_s), stop + 1):
        stop_m = trip.stops[leg].offset_m
        for name, start, end, limit in trip.pieces[track.piece_at(at_m):]:
            if start >= stop_m:
                break
            if end > at_m:
                part = (min(end, stop_m) - max(start, at_m)) / limit
                second += part * learnt.profile(name, learnt.slot_of(pair.day, second))
        at_m = max(at_m, stop_m)
        second += learnt.dwell_s if leg < stop else 0.0
    return second - begin_s


NAMES = ("plan", "timetable", "distance / mean speed", "distance / smoothed speed", "calibrated plan",
         "plan x 15-minute slot", "segment x time-of-day profile", "the same by kind of day")


def predict(learnt: Learnt, by_kind: Learnt, track: Track, pairs: list[Pair]) -> dict[str, list[float | None]]:
    """For pairs of one trip, in order of moments and stops."""
    told: dict[str, list[float | None]] = {name: [] for name in NAMES}
    trip = track.trip
    for pair in pairs:
        index = track.newest(pair.moment_s)
        if index < 0:
            for name in NAMES:
                told[name].append(None)
            continue
        second, at_m = track.seconds[index], track.metres[index]
        stale = pair.moment_s - second
        stop_m = trip.stops[pair.stop].offset_m
        planned = _stays(track, second, pair.stop, PLANNED_DWELL_S)
        observed = _stays(track, second, pair.stop, learnt.dwell_s)
        free = track.limits_s(at_m, stop_m)
        gone_m, gone_s = at_m - track.metres[0], second - trip.depart_s
        mean = gone_m / gone_s if gone_m > MEAN_MIN_M else 1000 / (100 * learnt.ratio)
        values = {
            "plan": free + planned, "timetable": trip.stops[pair.stop].planned_s - second,
            "distance / mean speed": (stop_m - at_m) / mean,
            "distance / smoothed speed": (stop_m - at_m) / max(track.smooth[index], 1.0) + planned,
            "calibrated plan": free * learnt.ratio + observed,
            "plan x 15-minute slot": free * learnt.slot.get(learnt.slot_of(pair.day, second), learnt.ratio) + observed,
            "segment x time-of-day profile": _by_profile(learnt, track, index, pair),
            "the same by kind of day": _by_profile(by_kind, track, index, pair),
        }
        for name, value in values.items():
            told[name].append(max(0.0, value - stale))
    return told


def _stays(track: Track, second: float, stop: int, dwell_s: float) -> float:
    """Seconds of standing still to come before `stop`: what is left of the present stay, and the whole of others."""
    now = track.at_stop(second)
    left = 0.0 if now is None or now[0] >= stop else max(0.0, dwell_s - now[1])
    return left + dwell_s * max(0, stop - track.first_to_come(second))
