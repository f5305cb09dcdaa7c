"""The two sets of files that odograph-fleet eta-replay reads, and the truth beside them, cached below a folder."""

import concurrent.futures
import datetime
import gzip
import hashlib
import json
import math
import pickle
import random
from pathlib import Path

from tests.eta import city, drive
from tests.eta.city import SEED, City, make_network, to_lat_lon
from tests.eta.drive import PLANNED_DWELL_S, Trip, drive_day

DAYS, HELD_OUT = 16, range(12, 16)
FIRST_DAY = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)  # A Monday.
SETS = ("exact", "noisy")
NOISE_M, NOISE_KEPT, LOST, NOISY_EVERY_S = 5.0, 0.9, 0.05, 30
PATH_DECIMALS = 6


def moment(day: int, second: float) -> str:
    time = FIRST_DAY + datetime.timedelta(days=day, seconds=second)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def truth(folder: Path, jobs: int) -> list[list[Trip]]:
    """Every day's trips; simulated where the code that makes them is not the one that made what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = b"".join(Path(one).read_bytes() for one in (city.__file__, drive.__file__, __file__))
    stamp = hashlib.sha256(sources).hexdigest()
    if (folder / "made-by").exists() and (folder / "made-by").read_text() != stamp:
        for old in (*folder.glob("day-*/trips.pickle"), *folder.glob("*.gz"), *folder.glob("city.net.xml")):
            old.unlink()
    (folder / "made-by").write_text(stamp)
    make_network(folder)
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(_day, [folder] * DAYS, range(DAYS)))


def load(folder: Path) -> list[list[Trip]]:
    """What `truth` made."""
    return [pickle.loads((folder / f"day-{day:02}" / "trips.pickle").read_bytes()) for day in range(DAYS)]


def _day(folder: Path, day: int) -> list[Trip]:
    kept = folder / f"day-{day:02}" / "trips.pickle"
    kept.parent.mkdir(exist_ok=True)
    if not kept.exists():
        trips = drive_day(City(folder / "city.net.xml"), day, kept.parent)
        _give_vehicles(trips)
        kept.write_bytes(pickle.dumps(trips))
    return pickle.loads(kept.read_bytes())


def _give_vehicles(trips: list[Trip]) -> None:
    free: list[float] = []
    for trip in trips:
        van = next((index for index, until in enumerate(free) if until + 300 < trip.depart_s), len(free))
        if van == len(free):
            free.append(0.0)
        free[van] = trip.fixes[-1][0]
        trip.vehicle = f"van-{van:02}"


def write(folder: Path, name: str, days: dict[int, list[Trip]]) -> None:
    """NAME-trips.jsonl.gz and NAME-exact.jsonl.gz, NAME-noisy.jsonl.gz: what a fleet's own systems would know."""
    if (folder / f"{name}-noisy.jsonl.gz").exists():
        return
    with gzip.open(folder / f"{name}-trips.jsonl.gz", "wt", compresslevel=1) as out:
        for day, trips in days.items():
            for trip in trips:
                out.write(json.dumps(_trip(day, trip)) + "\n")
    for kind in SETS:
        with gzip.open(folder / f"{name}-{kind}.jsonl.gz.part", "wt", compresslevel=1) as out:
            for day, trips in days.items():
                lines = [line for trip in trips for line in fixes_of(kind, trip)]
                for second, vehicle, x, y, speed, track in sorted(lines):
                    lat, lon = to_lat_lon(x, y)
                    out.write(json.dumps({"vehicle_id": vehicle, "time": moment(day, second), "lat": round(lat, 7),
                                          "lon": round(lon, 7), "speed": round(speed, 2),
                                          "track": round(track, 1)}) + "\n")
        (folder / f"{name}-{kind}.jsonl.gz.part").rename(folder / f"{name}-{kind}.jsonl.gz")


def _trip(day: int, trip: Trip) -> dict:
    stops = []
    for index, stop in enumerate(trip.stops):
        road = next(piece for piece in trip.pieces if piece[1] <= stop.offset_m <= piece[2])
        x, y = point_at(trip, road, stop.offset_m)
        lat, lon = to_lat_lon(x, y)
        stops.append({"stop_id": stop.customer.name, "sequence": index + 1, "lat": round(lat, 7),
                      "lon": round(lon, 7), "radius_m": 60, "planned_arrival": moment(day, stop.planned_s),
                      "planned_departure": moment(day, stop.planned_s + PLANNED_DWELL_S),
                      "planned_dwell_s": PLANNED_DWELL_S})
    path = [[round(degree, PATH_DECIMALS) for degree in reversed(to_lat_lon(x, y))] for x, y in trip.path]
    return {"trip_id": trip.name, "vehicle_id": trip.vehicle, "revision": 1,
            "start_time": moment(day, trip.depart_s), "path": path, "stops": stops}


def point_at(trip: Trip, piece: tuple, offset_m: float) -> tuple[float, float]:
    """Where the van stood: its fixes while it served the stop say it exactly."""
    inside = [fix for fix, offset in zip(trip.fixes, trip.offsets) if abs(offset - offset_m) < 2.5 and fix[3] < 0.1]
    if inside:
        return inside[0][1], inside[0][2]
    near = min(zip(trip.fixes, trip.offsets), key=lambda one: abs(one[1] - offset_m))
    (_, x, y, _, angle), offset = near
    along = math.radians(90 - angle)
    return x + (offset_m - offset) * math.cos(along), y + (offset_m - offset) * math.sin(along)


def fixes_of(kind: str, trip: Trip) -> list[tuple[float, str, float, float, float, float]]:
    if kind == "exact":
        return [(fix[0], trip.vehicle, *fix[1:]) for fix in trip.fixes]
    dice = random.Random(f"{SEED} noise {trip.name}")
    fresh = math.sqrt(1 - NOISE_KEPT ** 2)
    dx, dy = dice.gauss(0, NOISE_M), dice.gauss(0, NOISE_M)
    lines = []
    for second, x, y, speed, angle in trip.fixes:
        dx = NOISE_KEPT * dx + fresh * dice.gauss(0, NOISE_M)
        dy = NOISE_KEPT * dy + fresh * dice.gauss(0, NOISE_M)
        told = second % NOISY_EVERY_S == trip.fixes[0][0] % NOISY_EVERY_S
        if not told or dice.random() < LOST:
            continue
        track = angle + dice.gauss(0, 3) if speed > 1 else dice.uniform(0, 360)
        lines.append((second, trip.vehicle, x + dx, y + dy, max(0.0, speed + dice.gauss(0, 0.3)), track % 360))
    return lines
