"""The drive that the crash test feeds: each second another place, worked out with integers and without our parser."""

from datetime import date, timedelta
from functools import reduce
from operator import xor
from pathlib import Path
from typing import NamedTuple

_FIRST_DAY = date(2026, 1, 1)
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


def _clock(i: int) -> tuple[date, int, int, int]:
    """Day, hours, minutes and seconds; strftime would take most of the test's time."""
    days, second = divmod(i, 86_400)
    return _FIRST_DAY + timedelta(days=days), second // 3600, second // 60 % 60, second % 60


def fix(i: int) -> Fix:
    lat, lon = _minutes(i)
    day, hours, minutes, seconds = _clock(i)
    time = f"{day.isoformat()}T{hours:02d}:{minutes:02d}:{seconds:02d}.000Z"
    return Fix(time, _e7(lat) / 1e7, _e7(lon) / 1e7, 463 * _nine_knots(i) / 100, i % 3600 / 10)


def _e7(minutes: int) -> int:
    """1/10,000 of a minute as 1e-7 degrees, rounded half up."""
    return (200 * minutes + 6) // 12


def sentence(i: int) -> bytes:
    lat, lon = _minutes(i)
    day, hours, minutes, seconds = _clock(i)
    body = (f"GPRMC,{hours:02d}{minutes:02d}{seconds:02d},A,"
            f"{lat // 600_000:02d}{lat // 10_000 % 60:02d}.{lat % 10_000:04d},N,"
            f"{lon // 600_000:03d}{lon // 10_000 % 60:02d}.{lon % 10_000:04d},E,"
            f"{9 * _nine_knots(i)}.00,{i % 3600 // 10:03d}.{i % 10},"
            f"{day.day:02d}{day.month:02d}{day.year % 100:02d},,,A").encode()
    return b"$%s*%02X\r\n" % (body, reduce(xor, body))


def overspeed_starts(records: int) -> list[str]:
    """When an alert begins in the first `records` seconds; one whose minimum duration is cut short begins none."""
    return [fix(i + _FAST.start).time for i in range(0, records, _EPISODE_S) if i + _FAST.stop <= records]


def write(path: Path, records: int) -> None:
    with path.open("wb") as file:
        file.writelines(sentence(i) for i in range(records))
