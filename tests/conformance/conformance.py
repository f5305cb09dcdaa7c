#!/usr/bin/python3
"""Runs the NMEA driver over gpsd's regression logs and compares its epochs with what gpsd made of them.

Prints, for each log and in all, how many of gpsd's timed positions (TPV in the .chk file) we have at the same time, and
how many of these agree: both coordinates to half a unit of 1e-7 degrees, which is how we store them, and the altitude
to half a centimetre. Disagreements are listed, not judged, because gpsd has heuristics of its own. Exits 1 if the
program crashes or prints something else than it should, 77 if the logs cannot be had.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.conformance.gpsd_logs import Unavailable, logs

# gpsd takes dates of before 2017 for those of a receiver whose week number has overflowed, so a log of 2010 is told as
# of 2029 in its .chk file.
_ROLLOVER = timedelta(weeks=1024)
_POSITION_DEG_MAX = 0.5e-7 + 1e-9
_ALTITUDE_M_MAX = 0.005 + 1e-6
_DECODE_S_MAX = 60
_LISTED_MAX = 3
_SKIPPED = 77


class Broken(Exception):
    """The program did not do what it must whatever the log holds."""


@dataclass
class Outcome:
    """What came of one log."""
    epochs: int = 0
    counts: Counter = field(default_factory=Counter)
    disagreements: list = field(default_factory=list)

    def add(self, name: str, agrees: bool, what: str) -> None:
        self.counts[name] += 1
        if agrees:
            self.counts[name + " agrees"] += 1
        else:
            self.disagreements.append(f"{name}: {what}")


def is_pure_nmea(content: bytes) -> bool:
    """Text in which GNSS sentences occur, and no byte of a binary protocol."""
    body = b"\n".join(line for line in content.splitlines() if not line.startswith(b"#"))
    sentences = (b"RMC,", b"GGA,", b"GLL,", b"GNS,")
    return b"$" in body and any(tag in body for tag in sentences) and all(b < 0x80 for b in body) and b"\0" not in body


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def tpvs(path: Path) -> list[dict]:
    """gpsd's reports with a time, in order."""
    reports = []
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith('{"class":"TPV"'):
            report = json.loads(line)
            if "time" in report:
                reports.append(report)
    return reports


def decode(program: Path, log: Path) -> list[dict]:
    # Some receivers send no checksums.
    checked = any(b"*" in line for line in log.read_bytes().splitlines() if line.startswith(b"$"))
    command = [str(program), "decode", str(log), "--driver", "nmea"]
    command += [] if checked else ["--option", "require_checksum=false"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_DECODE_S_MAX, check=False)
    except subprocess.TimeoutExpired as error:
        raise Broken(f"{log.name}: still running after {_DECODE_S_MAX} s") from error
    if done.returncode != 0:
        raise Broken(f"{log.name}: exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    try:
        return [json.loads(line) for line in done.stdout.decode().splitlines()]
    except ValueError as error:
        raise Broken(f"{log.name}: not a JSON object a line: {error}") from error


def at_same_time(ours: dict[datetime, list[dict]], time: datetime) -> list[dict]:
    """Our epochs at gpsd's time, also where gpsd has moved the date."""
    return ours.get(time) or ours.get(time - _ROLLOVER) or []


def compare(epochs: list[dict], reports: list[dict]) -> Outcome:
    outcome = Outcome(epochs=len(epochs))
    ours = defaultdict(list)
    for epoch in epochs:
        if "time" in epoch:
            ours[instant(epoch["time"])].append(epoch)
    if reports and not ours:
        # gpsd takes the date from the log's header where no sentence tells one.
        outcome.counts["no date"] += len(reports)
        return outcome
    outcome.counts["repeated"] += sum(len(same) - 1 for same in ours.values())
    near_at: dict[str, bool] = {}
    for report in reports:
        if "lat" not in report:
            continue
        time = report["time"]
        same = at_same_time(ours, instant(time))
        outcome.add("time", bool(same), f"{time} is not among our epochs")
        if not same:
            continue
        fixes = [epoch for epoch in same if "lat" in epoch]
        near = any(abs(epoch["lat"] - report["lat"]) <= _POSITION_DEG_MAX and
                   abs(epoch["lon"] - report["lon"]) <= _POSITION_DEG_MAX for epoch in fixes)
        told = f"{fixes[0]['lat']:.7f} {fixes[0]['lon']:.7f}" if fixes else "void"
        near_at[time] = near_at.get(time, False) or near
        outcome.add("position", near, f"{time} gpsd {report['lat']:.9f} {report['lon']:.9f}, we {told}")
        heights = [epoch["altMSL"] for epoch in fixes if "altMSL" in epoch]
        if "altMSL" in report and heights:
            agrees = any(abs(height - report["altMSL"]) <= _ALTITUDE_M_MAX for height in heights)
            outcome.add("altitude", agrees, f"{time} gpsd {report['altMSL']}, we {heights[0]}")
    outcome.counts["instant"] += len(near_at)
    outcome.counts["instant agrees"] += sum(near_at.values())
    return outcome


def rate(counts: Counter, name: str) -> str:
    agreed, of_all = counts[name + " agrees"], counts[name]
    return f"{agreed}/{of_all} ({100 * agreed / of_all:.2f} %)" if of_all else "-"


def print_log(name: str, outcome: Outcome, listed_max: int) -> None:
    if not outcome.disagreements and not outcome.counts["no date"]:
        return
    counts = outcome.counts
    note = f"no date in it, {counts['no date']} reports not compared" if counts["no date"] else \
        f"time {rate(counts, 'time')}, position {rate(counts, 'position')}, altitude {rate(counts, 'altitude')}"
    print(f"{name}: {note}")
    for what in outcome.disagreements[:listed_max]:
        print(f"    {what}")
    if len(outcome.disagreements) > listed_max:
        print(f"    and {len(outcome.disagreements) - listed_max} more")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev conformance", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", help="names of logs (default: all that are NMEA and nothing else)")
    parser.add_argument("--program", type=Path, default=Path(os.environ.get("ODOGRAPH_BIN", "build/dev/bin"),
                                                            "odograph-agent"))
    parser.add_argument("--all-disagreements", action="store_true", help=f"not only {_LISTED_MAX} a log")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    try:
        folder = logs()
    except Unavailable as error:
        print(f"skipped: gpsd's logs cannot be had: {error}", file=sys.stderr)
        return _SKIPPED
    total, broken, count = Outcome(), [], 0
    for log in sorted(folder.glob("*.log")):
        if asked.logs and log.name not in asked.logs or not is_pure_nmea(log.read_bytes()):
            continue
        check = log.with_name(log.name + ".chk")
        try:
            outcome = compare(decode(asked.program, log), tpvs(check) if check.exists() else [])
        except (Broken, OSError) as error:
            broken.append(str(error))
            continue
        count += 1
        total.epochs += outcome.epochs
        total.counts += outcome.counts
        print_log(log.name, outcome, sys.maxsize if asked.all_disagreements else _LISTED_MAX)
    counts = total.counts
    print(f"\n{count} logs, {total.epochs} epochs, {counts['repeated']} of them for an instant told before")
    for name in ("time", "position", "altitude"):
        print(f"{name + ':':10}{rate(counts, name)} of gpsd's timed positions agree")
    # A receiver's RMC, GGA and GLL may differ in their last digits; gpsd then tells several positions for an instant.
    print(f"{'instant:':10}{rate(counts, 'instant')} have one of the positions that gpsd tells for them")
    print(f"{'no date:':10}{counts['no date']} reports of logs in which no sentence tells a date")
    for what in broken:
        print(f"BROKEN {what}", file=sys.stderr)
    return 1 if broken or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
