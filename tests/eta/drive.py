"""One simulated day: vans with a few stops through the city, what was planned for them and what happened."""

import bisect
import math
import random
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from tests.eta.city import DAY_STARTS_S, SEED, City, DaySpeeds, run

TRIPS_A_DAY = 120
LAST_DEPARTURE_S = 19 * 3600
CUSTOMERS = 90
DWELL_MEDIAN_S, DWELL_SPREAD, DWELL_MAX_S = 120.0, 0.55, 900.0
PLANNED_DWELL_S = 120


@dataclass
class Customer:
    name: str
    road: str
    position_m: float
    dwell_median_s: float


@dataclass
class Stop:
    customer: Customer
    offset_m: float = 0.0
    planned_s: float = 0.0  # Arrival, seconds of the day.
    arrival_s: float = 0.0
    departure_s: float = 0.0


@dataclass
class Trip:
    name: str
    depart_s: float
    stops: list[Stop]
    path: list[tuple[float, float]] = field(default_factory=list)  # x, y
    pieces: list[tuple[str, float, float, float]] = field(default_factory=list)  # Road, begin and end metre, limit.
    fixes: list[tuple[float, float, float, float, float]] = field(default_factory=list)  # Second, x, y, m/s, degrees.
    offsets: list[float] = field(default_factory=list)  # Metres along the path, of each fix.
    vehicle: str = ""


def customers_of(city: City) -> list[Customer]:
    dice = random.Random(f"{SEED} customers")
    roads = dice.sample(sorted(name for name, road in city.roads.items() if road.length_m > 150), CUSTOMERS)
    return [Customer(f"customer-{index:02}", name, city.roads[name].length_m * dice.uniform(0.4, 0.6),
                     DWELL_MEDIAN_S * math.exp(dice.gauss(0, 0.3))) for index, name in enumerate(roads)]


def drive_day(city: City, day: int, folder: Path) -> list[Trip]:
    """The trips that arrived at every stop, by departure."""
    dice = random.Random(f"{SEED} trips {day}")
    customers = customers_of(city)
    DaySpeeds(city, day).write(folder / "speeds.xml")
    trips = _write_demand(customers, dice, folder / "demand.xml", day)
    common = ["--net-file", "../city.net.xml", "--seed", str(day), "--no-warnings", "true", "--xml-validation", "never"]
    run(folder, "duarouter", *common, "--route-files", "demand.xml", "--output-file", "routes.xml",
         "--ignore-errors", "true")
    run(folder, "sumo", *common, "--route-files", "routes.xml", "--additional-files", "speeds.xml",
         "--begin", str(DAY_STARTS_S), "--no-step-log", "true", "--time-to-teleport", "-1",
         "--fcd-output", "fcd.xml", "--device.fcd.period", "10", "--stop-output", "stops.xml")
    _read_routes(city, trips, folder / "routes.xml")
    _read_stops(trips, folder / "stops.xml")
    _read_fixes(trips, folder / "fcd.xml")
    for name in ("speeds.xml", "fcd.xml"):
        (folder / name).unlink()
    whole = [trip for trip in trips.values() if trip.path and trip.fixes and all(s.arrival_s for s in trip.stops)]
    for trip in whole:
        _locate(trip)
    return sorted(whole, key=lambda trip: trip.depart_s)


def _write_demand(customers: list[Customer], dice: random.Random, path: Path, day: int) -> dict[str, Trip]:
    departures = sorted(round(dice.uniform(DAY_STARTS_S, LAST_DEPARTURE_S)) for _ in range(TRIPS_A_DAY))
    trips = {}
    with path.open("w") as out:
        out.write('<routes><vType id="van" vClass="delivery" speedFactor="normc(1,0.08,0.8,1.2)" sigma="0.4"/>\n')
        for index, second in enumerate(departures):
            name = f"d{day:02}-{index:03}"
            chosen = dice.sample(customers, dice.choice((2, 3, 3, 4)) + 1)
            trips[name] = Trip(name, second, [Stop(one) for one in chosen[1:]])
            out.write(f'<trip id="{name}" type="van" depart="{second}" from="{chosen[0].road}" '
                      f'to="{chosen[-1].road}">')
            for one in chosen[1:]:
                dwell = min(DWELL_MAX_S, one.dwell_median_s * math.exp(dice.gauss(0, DWELL_SPREAD)))
                out.write(f'<stop lane="{one.road}_0" startPos="{one.position_m - 15:.2f}" '
                          f'endPos="{one.position_m:.2f}" duration="{dwell:.0f}" parking="true"/>')
            out.write("</trip>\n")
        out.write("</routes>\n")
    return trips


def _read_routes(city: City, trips: dict[str, Trip], path: Path) -> None:
    for vehicle in ElementTree.parse(path).getroot().iter("vehicle"):
        trip, names = trips[vehicle.get("id")], vehicle.find("route").get("edges").split()
        waiting, driven_s, at = list(trip.stops), 0.0, 0.0
        for index, name in enumerate(names):
            road = city.roads[name]
            trip.path += road.shape
            trip.pieces.append((name, at, at + road.length_m, road.limit_mps))
            begin_m = 0.0
            while waiting and waiting[0].customer.road == name and waiting[0].customer.position_m >= begin_m:
                stop = waiting.pop(0)
                driven_s += (stop.customer.position_m - begin_m) / road.limit_mps
                begin_m = stop.customer.position_m
                stop.offset_m, stop.planned_s = at + begin_m, trip.depart_s + driven_s
                driven_s += PLANNED_DWELL_S
            driven_s += (road.length_m - begin_m) / road.limit_mps
            at += road.length_m
            for lane, shape, length_m in city.joints[name, names[index + 1]] if index + 1 < len(names) else ():
                trip.path += shape
                trip.pieces.append((lane, at, at + length_m, road.limit_mps))
                driven_s += length_m / road.limit_mps
                at += length_m
        if waiting:
            trip.path = []


def _read_stops(trips: dict[str, Trip], path: Path) -> None:
    done: dict[str, int] = {}
    for one in ElementTree.parse(path).getroot().iter("stopinfo"):
        trip = trips[one.get("id")]
        index = done.get(trip.name, 0)
        done[trip.name] = index + 1
        trip.stops[index].arrival_s, trip.stops[index].departure_s = float(one.get("started")), float(one.get("ended"))


_FIX = re.compile(r'<vehicle id="([^"]+)" x="([^"]+)" y="([^"]+)" angle="([^"]+)" type="[^"]*" speed="([^"]+)" '
                  r'pos="([^"]+)" lane="([^"]+)"')


def _read_fixes(trips: dict[str, Trip], path: Path) -> None:
    second = 0.0
    with path.open() as lines:
        for line in lines:
            if "<timestep" in line:
                second = float(line.split('"')[1])
            elif match := _FIX.search(line):
                trip = trips[match[1]]
                x, y, angle, speed, position = map(float, match.group(2, 3, 4, 5, 6))
                trip.fixes.append((second, x, y, speed, angle))
                trip.offsets.append((match[7], position))


def _locate(trip: Trip) -> None:
    """Turns (lane, metre of the lane) into metres along the path; a lane may come twice, so always onwards."""
    at, offsets = 0, []
    for lane, position in trip.offsets:
        name = lane if lane.startswith(":") else lane.rpartition("_")[0]
        while at < len(trip.pieces) and trip.pieces[at][0] != name:
            at += 1
        piece = trip.pieces[min(at, len(trip.pieces) - 1)]
        offsets.append(min(piece[1] + position, piece[2]))
    trip.offsets = offsets


def offset_at(trip: Trip, second: float) -> float:
    """Metres along the path at a moment, between two fixes in a straight line."""
    after = bisect.bisect_right(trip.fixes, (second, math.inf))
    if after == 0:
        return trip.offsets[0]
    if after == len(trip.fixes):
        return trip.offsets[-1]
    (begin, *_), (end, *_) = trip.fixes[after - 1], trip.fixes[after]
    share = (second - begin) / (end - begin)
    return trip.offsets[after - 1] * (1 - share) + trip.offsets[after] * share
