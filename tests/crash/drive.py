"""The drive that the crash test feeds: each second another place, worked out with integers and without our parser."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_EPISODE_S = 900  # In each of these one stretch is too fast.
_FAST = range(400, 460)
LIMIT_KMH = 120


class Fix(NamedTuple):
    """What raw-data-topic must say of one second, as `odograph-fleet decode` writes it."""

    time: str
    lat: float
    lon: float
    speed: float
    track: float


def _minutes(i: int) -> tuple[int, int]:
    """Latitude and longitude of second `i`, in 1/10,000 of a minute."""
    return 47 * 600_000 + 12_345 + i, 8 * 600_000 + 54_321 + 2 * i


def _nine_knots(i: int) -> int:
    return 8 if i % _EPISODE_S in _FAST else 1 + i % 5


def fix(i: int) -> Fix:
    lat, lon = (round_half_up(minutes * 100, 6) / 1e7 for minutes in _minutes(i))
    time = (_START + timedelta(seconds=i)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return Fix(time, lat, lon, 463 * _nine_knots(i) / 100, i % 3600 / 10)


def round_half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def sentence(i: int) -> bytes:
    (lat, lon), time = _minutes(i), _START + timedelta(seconds=i)
    body = (f"GPRMC,{time:%H%M%S},A,{lat // 600_000:02d}{lat % 600_000 / 10_000:07.4f},N,"
            f"{lon // 600_000:03d}{lon % 600_000 / 10_000:07.4f},E,{9 * _nine_knots(i)}.00,{i % 3600 / 10:05.1f},"
            f"{time:%d%m%y},,,A").encode()
    total = 0
    for byte in body:
        total ^= byte
    return b"$%s*%02X\r\n" % (body, total)


def overspeed_starts(records: int) -> list[str]:
    """When an alert begins in the first `records` seconds; one whose minimum duration is cut short begins none."""
    return [fix(i + _FAST.start).time for i in range(0, records, _EPISODE_S) if i + _FAST.stop <= records]


def write(path: Path, records: int) -> None:
    with path.open("wb") as file:
        file.writelines(sentence(i) for i in range(records))
