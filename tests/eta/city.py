"""The made-up city: SUMO's random network, its customers, and how fast each road is at each moment of each day."""

import math
import random
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

SEED = 11
DAY_STARTS_S, DAY_ENDS_S, STEP_S = 6 * 3600, 22 * 3600, 600
LIMITS_MPS = (8.33, 13.89, 13.89, 16.67, 22.22)  # 30, 50, 50, 60, 80 km/h
REGION_M = 1500.0
# Where the plane of the network lies on the globe; the conversion is the inverse of an equirectangular projection.
ORIGIN_LAT, ORIGIN_LON = 47.0, 8.0
_M_PER_DEGREE = 111_194.93
_LON_M_PER_DEGREE = _M_PER_DEGREE * math.cos(math.radians(ORIGIN_LAT))


def to_lat_lon(x: float, y: float) -> tuple[float, float]:
    return ORIGIN_LAT + y / _M_PER_DEGREE, ORIGIN_LON + x / _LON_M_PER_DEGREE


@dataclass
class Road:
    name: str
    shape: list[tuple[float, float]]
    length_m: float
    limit_mps: float
    rush: float  # How much of its speed the rush hour takes.
    calm: float  # Its share of the limit when nothing is on.

    def middle(self) -> tuple[float, float]:
        return self.shape[len(self.shape) // 2]


class City:
    """Roads by name, and the lanes that join two of them through a junction."""

    def __init__(self, net: Path):
        root = ElementTree.parse(net).getroot()
        dice = random.Random(SEED)
        lanes, self.roads = {}, {}
        for edge in root.iter("edge"):
            lane = edge.find("lane")
            shape = [tuple(map(float, point.split(","))) for point in lane.get("shape").split()]
            lanes[lane.get("id")] = shape, float(lane.get("length"))
            if edge.get("function") != "internal":
                self.roads[edge.get("id")] = Road(
                    edge.get("id"), shape, float(lane.get("length")), dice.choice(LIMITS_MPS),
                    rush=dice.betavariate(2, 2), calm=dice.uniform(0.7, 1.0))
        following = {one.get("from"): (one.get("via"), one.get("to"))
                     for one in root.iter("connection") if one.get("from").startswith(":")}
        self.joints = {}
        for one in root.iter("connection"):
            if one.get("from").startswith(":"):
                continue
            parts, via = [], one.get("via")
            while via:
                parts.append((via, *lanes[via]))
                via = following.get(via.rpartition("_")[0], (None, None))[0]
            self.joints[one.get("from"), one.get("to")] = parts


def make_network(folder: Path) -> Path:
    net = folder / "city.net.xml"
    if not net.exists():
        run(folder, "netgenerate", "--rand", "--rand.iterations", "320", "--rand.bidi-probability", "1",
             "--rand.min-distance", "200", "--rand.max-distance", "500", "--seed", str(SEED),
             "--default.lanenumber", "1", "--default.speed", "22.22", "--no-turnarounds.except-deadend", "true",
             "--output-file", "city.part.xml")
        (folder / "city.part.xml").rename(net)
    return net


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")


@dataclass(frozen=True)
class Kind:
    name: str
    humps: tuple[tuple[float, float, float], ...]  # Hour, width in hours, height.
    weather: float = 1.0


WORKDAY = Kind("workday", ((8.0, 1.1, 1.0), (17.2, 1.4, 1.15), (12.5, 1.5, 0.35)))
SATURDAY = Kind("saturday", ((11.5, 2.2, 0.7), (16.5, 2.0, 0.4)))
SUNDAY = Kind("sunday", ((15.5, 2.5, 0.35),))
RAIN = Kind("rainy workday", WORKDAY.humps, weather=0.85)


def kind_of(day: int) -> Kind:
    """Day 0 is a Monday."""
    if day % 7 == 5:
        return SATURDAY
    if day % 7 == 6:
        return SUNDAY
    return RAIN if day in (2, 8, 15) else WORKDAY


class DaySpeeds:
    """metres per second of every road in steps of ten minutes: rush hours of the day's own strength and lateness, slow
    drifts of districts and of single roads, and a few incidents."""

    def __init__(self, city: City, day: int):
        dice = random.Random(f"{SEED} speeds {day}")
        kind = kind_of(day)
        strength, late_h = math.exp(dice.gauss(0, 0.25)), dice.gauss(0, 0.25)
        steps = range(DAY_STARTS_S, DAY_ENDS_S, STEP_S)
        regions = {}
        incidents = [self._incident(city, dice) for _ in range(dice.randint(3, 8))]
        self.by_road = {}
        for road in city.roads.values():
            x, y = road.middle()
            region = regions.setdefault((x // REGION_M, y // REGION_M), _drift(dice, len(steps), 0.12))
            own = _drift(dice, len(steps), 0.10)
            speeds = []
            for index, second in enumerate(steps):
                hour = second / 3600 - late_h
                rush = strength * sum(height * math.exp(-((hour - at) / width) ** 2 / 2)
                                      for at, width, height in kind.humps)
                slow = 1 / (1 + 1.8 * road.rush * rush) * kind.weather
                slow *= math.exp(region[index] + own[index])
                for (ix, iy), radius, begin, end, left in incidents:
                    if begin <= second < end and math.hypot(x - ix, y - iy) < radius:
                        slow *= left
                speeds.append(max(1.5, road.limit_mps * road.calm * slow))
            self.by_road[road.name] = speeds

    @staticmethod
    def _incident(city: City, dice: random.Random):
        middle = dice.choice(list(city.roads.values())).middle()
        begin = dice.uniform(DAY_STARTS_S, DAY_ENDS_S - 3600)
        return middle, dice.uniform(300, 900), begin, begin + dice.uniform(1200, 4200), dice.uniform(0.25, 0.6)

    def write(self, path: Path) -> None:
        with path.open("w") as out:
            out.write("<additional>\n")
            for name, speeds in self.by_road.items():
                out.write(f'<variableSpeedSign id="v{name}" lanes="{name}_0">')
                for index, speed in enumerate(speeds):
                    out.write(f'<step time="{DAY_STARTS_S + index * STEP_S}" speed="{speed:.2f}"/>')
                out.write("</variableSpeedSign>\n")
            out.write("</additional>\n")


def _drift(dice: random.Random, count: int, spread: float) -> list[float]:
    keep = math.exp(-STEP_S / 3600)
    value, values = dice.gauss(0, spread), []
    for _ in range(count):
        value = keep * value + math.sqrt(1 - keep * keep) * dice.gauss(0, spread)
        values.append(value)
    return values
