"""Are late stops told in time, and only those? The fleet's own processor and delay rule, over days not seen before."""

import gzip
import json
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.eta.dataset import moment
from tests.eta.drive import Stop, Trip
from tests.eta.predictions import second_of

AHEAD_S = 600.0
LATE_S = 300.0  # Later than due by more: what the rule calls late by default.
DECIDED_S = 120.0  # After the start, at the latest: a first position, and the rule's own minute.
RULES = '[[rule]]\nkind = "delay"\n'

Days = dict[int, list[Trip]]


def promise(days: Days) -> float:
    """How much longer than printed it took to get to the stops of these days."""
    stops = [(trip, stop) for trips in days.values() for trip in trips for stop in trip.stops]
    return (sum(stop.arrival_s - trip.depart_s for trip, stop in stops) /
            sum(stop.planned_s - trip.depart_s for trip, stop in stops))


def due_s(trip: Trip, stop: Stop, ratio: float) -> float:
    return trip.depart_s + ratio * (stop.planned_s - trip.depart_s)


def write_promised(source: Path, out: Path, days: Days, ratio: float) -> None:
    """The trips again, each stop with the end of its window: what was promised to the customer."""
    trips = [(day, trip) for day, of_day in days.items() for trip in of_day]
    with gzip.open(source, "rt") as lines, gzip.open(out, "wt", compresslevel=1) as to:
        for (day, trip), line in zip(trips, lines, strict=True):
            told = json.loads(line)
            for stop, one in zip(trip.stops, told["stops"], strict=True):
                one["window_end"] = moment(day, due_s(trip, stop, ratio))
            to.write(json.dumps(told) + "\n")


def alerts_of(program: Path, rules: Path, trips: list[Path], positions: list[Path]) -> list[dict]:
    """`rules`: where to write the delay rule down. Everything else of it is as it comes."""
    rules.parent.mkdir(exist_ok=True)
    rules.write_text(RULES)
    done = subprocess.run([program, rules, *trips, "--", *positions], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"eta: {program.name} failed: {done.stderr[-3000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class Told:
    """How well late stops were told; shares in per cent."""
    stops: int
    late: int
    late_in_reach: int  # Of these, the arrival was 10 minutes and the time to decide after the start.
    ahead: float  # Share of the late ones whose alert stood 10 minutes before the arrival.
    ahead_in_reach: float
    ever: float  # Share of the late ones with an alert before the arrival.
    alerted: int  # Stops for which there was an alert.
    false: float  # Share of them that were not late in the end.
    false_by_far: float  # Share of them that were not even two minutes late.
    in_time_alerted: float  # Share of the stops that were not late for which there was an alert.


def told(days: Days, ratio: float, alerts: list[dict]) -> Told:
    spans = defaultdict(list)  # By vehicle and stop: raised, cleared.
    open_ones: dict[str, list] = {}
    for alert in alerts:
        if alert["state"] == "RAISED":
            open_ones[alert["alert_id"]] = [second_of(alert["time"]), float("inf")]
            spans[alert["vehicle_id"], alert["scope"]].append(open_ones[alert["alert_id"]])
        else:  # UPDATED after CLEARED: it goes on.
            open_ones[alert["alert_id"]][1] = (second_of(alert["time"]) if alert["state"] == "CLEARED"
                                               else float("inf"))
    rows = []
    for day, trips in days.items():
        for trip in trips:
            for stop in trip.stops:
                begin, arrival = day * 86400 + trip.depart_s - 900, day * 86400 + stop.arrival_s
                mine = [span for span in spans[trip.vehicle, stop.customer.name] if begin <= span[0] < arrival]
                ahead = any(raised <= arrival - AHEAD_S < cleared for raised, cleared in mine)
                reach = stop.arrival_s - trip.depart_s >= AHEAD_S + DECIDED_S
                rows.append((stop.arrival_s - due_s(trip, stop, ratio), reach, ahead, bool(mine)))
    late = [row for row in rows if row[0] > LATE_S]
    reachable = [row for row in late if row[1]]
    alerted = [row for row in rows if row[3]]
    return Told(len(rows), len(late), len(reachable), _share(row[2] for row in late),
                _share(row[2] for row in reachable), _share(row[3] for row in late), len(alerted),
                _share(row[0] <= LATE_S for row in alerted), _share(row[0] <= 120 for row in alerted),
                _share(row[3] for row in rows if row[0] <= LATE_S))


def verdicts(one: Told) -> dict[str, bool]:
    return {"nine tenths of the late stops told ten minutes ahead": one.ahead >= 90,
            "at most a tenth of the alerts on delays false": one.false <= 10}


def table(results: dict[str, Told]) -> str:
    lines = [f"delay alerts: stops later than promised by {LATE_S / 60:.0f} min, told {AHEAD_S / 60:.0f} min before "
             "they are reached",
             f"{'positions':10} {'stops':>6} {'late':>6} {'ahead':>6} {'reach':>6} {'of them':>8} {'ever':>6} "
             f"{'alerts':>7} {'false':>6} {'<2 min':>7} {'in time':>8}",
             f"{'':10} {'':>6} {'':>6} {'%':>6} {'':>6} {'%':>8} {'%':>6} {'':>7} {'%':>6} {'%':>7} {'%':>8}"]
    for kind, one in results.items():
        lines.append(f"{kind:10} {one.stops:6} {one.late:6} {one.ahead:6.1f} {one.late_in_reach:6} "
                     f"{one.ahead_in_reach:8.1f} {one.ever:6.1f} {one.alerted:7} {one.false:6.1f} "
                     f"{one.false_by_far:7.1f} {one.in_time_alerted:8.1f}")
    return "\n".join(lines)


def _share(values) -> float:
    values = list(values)
    return 100 * sum(values) / max(1, len(values))
