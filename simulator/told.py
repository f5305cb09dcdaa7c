"""What the programs of the demo tell: alerts and positions, what is durable, and how an agent is."""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

ALERTS_SHOWN = 6
TELL_S_MAX = 10


@dataclass
class Alerts:
    """What alerts-topic told of these vehicles, newest state of each alert last."""

    vehicles: set
    by_id: dict = field(default_factory=dict)

    def add(self, alert: dict) -> None:
        if alert["vehicle_id"] not in self.vehicles:
            return
        self.by_id.pop(alert["alert_id"], None)
        self.by_id[alert["alert_id"]] = alert

    def open_of(self, vehicle: str) -> int:
        return sum(1 for alert in list(self.by_id.values())
                   if alert["vehicle_id"] == vehicle and alert["state"] != "CLEARED")

    def lines(self) -> list[str]:
        return [self._line(alert) for alert in list(self.by_id.values())[-ALERTS_SHOWN:]]

    @staticmethod
    def _line(alert: dict) -> str:
        kmh = alert.get("peak", 0) * 3.6
        limit = alert.get("limit", 0) * 3.6
        return (f"{alert['start_time'][11:19]}  {alert['vehicle_id']:<13} {alert['rule']:<10} "
                f"{alert['state'].lower():<8} peak {kmh:5.1f} km/h, limit {limit:.0f}")


@dataclass
class Newest:
    """Where each vehicle is as the cloud knows it, from processed-data-topic: the newest event time of any lane counts,
    previews of a backlog included, and what comes late moves nothing back."""

    by_vehicle: dict = field(default_factory=dict)

    def add(self, record: dict) -> None:
        report = record["report"]
        # All in UTC with milliseconds, so that the order of the texts is the order of the times.
        if "position" in report and report["time"] > self.by_vehicle.get(report["vehicle_id"], {}).get("time", ""):
            self.by_vehicle[report["vehicle_id"]] = report

    def words_of(self, vehicle: str) -> tuple[str, str, str]:
        """Speed in km/h, position, time of day; a star where a preview told it."""
        report = self.by_vehicle.get(vehicle)
        if report is None:
            return "-", "not heard of yet", "-"
        speed = f"{report['speed_mps'] * 3.6:.0f}" if "speed_mps" in report else "-"
        star = "*" if report["lane"] == "LIVE" else ""
        return (speed, f"{report['position']['lat']:.5f} {report['position']['lon']:.5f}",
                report["time"][11:19] + star)


class Committed:
    """How many records an agent has made durable, from its --commit-report. `close` when the agent has its end of the
    pipe."""

    def __init__(self):
        end, self.fd = os.pipe()
        self.count = 0
        self._reader = threading.Thread(target=self._read, args=(end,), daemon=True)
        self._reader.start()

    def _read(self, end: int) -> None:
        with os.fdopen(end) as lines:
            for line in lines:
                self.count += json.loads(line)["count"]

    def close(self) -> None:
        os.close(self.fd)

    def wait(self) -> None:
        """Until the agent, which has ended, has told all."""
        self._reader.join(TELL_S_MAX)


def read_lines(reader: subprocess.Popen, take) -> None:
    for line in reader.stdout:
        with contextlib.suppress(ValueError, KeyError):
            take(json.loads(line))


def stands_at_the_end(log: str) -> bool:
    """Whether the processor with this log has partitions, and has read each of them to its end."""
    names, _, since = log.rpartition("assigned: ")[2].partition("\n")
    ended = set(re.findall(r"read to the end: raw-data-topic partition (\d+)", since))
    return bool(ended) and set(re.findall(r"\d+", names)) <= ended


def status_of(path: Path) -> dict | None:
    """What an agent tells on its socket; None if none answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
            text = b"".join(iter(lambda: connection.recv(65536), b""))
        return json.loads(text)
    except (OSError, ValueError):
        return None


def add_records(records: dict, committed: int) -> None:
    """Adds what an earlier agent made durable in the same buffer: all that does not wait there was acknowledged."""
    records["made"] += committed
    records["durable"] += committed
    records["acked"] = records["made"] - records["waiting"]


def totals(statuses) -> dict[str, int]:
    return {key: sum(status["records"][key] for status in statuses) for key in ("made", "durable", "acked", "waiting")}
