"""The drive that the end-to-end tests replay, read by an independent and naive parser."""

import gzip
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from tests.support.programs import REPOSITORY, program, run


@dataclass(frozen=True)
class Fix:
    """One valid RMC: UTC, exact coordinates in 1e-7 degrees, speed in km/h."""

    time: datetime
    lat_e7: int
    lon_e7: int
    speed_kmh: Decimal


@dataclass(frozen=True)
class Recording:
    path: Path
    fixes: list[Fix]
    voids: int


def recording(directory: Path) -> Recording:
    """The real drive of the corpus where there is one (ODOGRAPH_CORPORA, or beside the checkout), else a simulated."""
    corpora = Path(os.environ.get("ODOGRAPH_CORPORA") or REPOSITORY.parent / "shared/corpora")
    path = corpora / "nmea/swiss-drive.nmea.gz"
    if not path.exists():
        path = directory / "simulated.nmea.gz"
        drive = run([program("odograph-sim"), "drive", "--seed", "11", "--seconds", "10400",
                     "--start", "2026-03-01T08:00:00Z"])
        path.write_bytes(gzip.compress(drive.stdout.encode()))
    return read(path)


def read(path: Path) -> Recording:
    fixes, voids = [], 0
    for line in gzip.decompress(path.read_bytes()).split(b"\n"):
        fields = _sound(line.strip(b"\r\0"))
        if not fields or fields[0][2:] != "RMC":
            continue
        if fields[2] == "A":
            fixes.append(Fix(_utc(fields[9], fields[1]), _e7(fields[3], fields[4]), _e7(fields[5], fields[6]),
                             Decimal(fields[7]) * Decimal("1.852")))
        else:
            voids += 1
    return Recording(path, fixes, voids)


def _sound(line: bytes) -> list[str] | None:
    """The fields of a sentence whose checksum is right."""
    body, star, sum_text = line[1:].partition(b"*")
    if not line.startswith(b"$") or not star:
        return None
    total = 0
    for byte in body:
        total ^= byte
    return body.decode("ascii", "replace").split(",") if f"{total:02X}" == sum_text.decode("ascii", "replace") else None


def _utc(date: str, time: str) -> datetime:
    day = datetime.strptime(date + time[:6], "%d%m%y%H%M%S").replace(tzinfo=timezone.utc)
    return day + timedelta(milliseconds=int((time[7:] + "000")[:3]))


def _e7(angle: str, hemisphere: str) -> int:
    """ddmm.mmmm to 1e-7 degrees, rounded half up, in decimal arithmetic."""
    degrees, minutes = angle.split(".")[0][:-2], angle[len(angle.split(".")[0]) - 2:]
    exact = Decimal(degrees) * 10_000_000 + Decimal(minutes) * 10_000_000 / 60
    e7 = int((exact + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))
    return -e7 if hemisphere in "SW" else e7
