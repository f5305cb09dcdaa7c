"""A vehicle that drains a backlog while its receiver speaks and its rules raise alerts; when the broker got what."""

import json
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.bench.watched import Watched, settings
from tests.e2e.vehicle import Receiver, now, rmc
from tests.kafka.kafka_server import KafkaServer
from tests.support.ports import free_port
from tests.support.programs import program, run
from tests.support.wait import wait_for

TOPIC = "raw-data-topic"
_SLOW_KNOTS, _FAST_KNOTS, _LIMIT_KMH = 15, 60, 50
_FIXES_PER_S = 5
_PHASE_FIXES = 4  # So long it keeps the limit, and so long it breaks it: an alert record each.
_DRIVEN_PER_S = 1.1  # A simulated drive has tunnels, in which there is no fix.


@dataclass
class Drained:
    records: int  # Of the backlog.
    took_s: float  # From the first of them at the broker to the last.
    cpu_us_per_record: float  # All of the agent, what it does for its receiver included.
    alert_s: list[float] = field(default_factory=list)  # Of each alert: from its moment to the broker's timestamp.
    preview_s: list[float] = field(default_factory=list)
    preview_gap_s: float = 0  # The longest time between two previews.
    out_of_order: int = 0
    missing: int = 0
    sent_bytes: int = 0


def create_topic(server: KafkaServer) -> None:
    """So that Kafka tells when a message came, not when it was made."""
    server.create_topic(TOPIC, message_timestamp_type="LogAppendTime")


def store_backlog(home: Path, vehicle: str, records: int) -> None:
    """A drive at 1 Hz of about so many records, stored by an agent that reaches no broker."""
    home.mkdir(parents=True)
    drive = home / "drive.nmea"
    with drive.open("w") as out:
        subprocess.run([program("odograph-sim"), "drive", "--seconds", str(round(records * _DRIVEN_PER_S)), "--seed",
                        "7"], stdout=out, check=True, timeout=600)
    words = settings(home, vehicle__id=vehicle, kafka__brokers=f'["127.0.0.1:{free_port()}"]')
    run([program("odograph-agent"), "replay", drive, *words, "--as-fast-as-possible", "--until-stored"], deadline_s=600)
    drive.unlink()


def drain(home: Path, vehicle: str, server: KafkaServer, deadline_s: float, inside: tuple = ()) -> Drained:
    """Runs the agent on the backlog until it is drained, its receiver speaking."""
    receiver = Receiver(home / "gps")
    words = settings(home, vehicle__id=vehicle, kafka__brokers=f'["{server.bootstrap}"]',
                     rules__speed_limit_kmh=str(_LIMIT_KMH), rules__clear_duration="0s",
                     rules__accuracy_gate="false", source__0__name="gps",
                     source__0__driver="nmea", source__0__device=str(receiver.path))
    agent = Watched(["run", *words], home, inside)
    try:
        backlog = agent.status()["lanes"]["bulk"]["waiting"]
        before = agent.cpu_s()
        _speak_until_drained(agent, receiver, deadline_s)
        cpu_us = (agent.cpu_s() - before) * 1e6 / backlog
        sent = agent.status()["sending"]["sent_bytes"]
    finally:
        agent.end()
        receiver.unplug()
    drained = _read(server, vehicle)
    drained.cpu_us_per_record, drained.sent_bytes = cpu_us, sent
    return drained


def _speak_until_drained(agent: Watched, receiver: Receiver, deadline_s: float) -> None:
    fixes = 0

    def is_drained() -> bool:
        nonlocal fixes
        fast = fixes // _PHASE_FIXES % 2
        receiver.tell(rmc(now(), fixes / _FIXES_PER_S, _FAST_KNOTS if fast else _SLOW_KNOTS))
        fixes += 1
        if fixes % _FIXES_PER_S:
            return False  # Each answer costs the agent CPU time.
        return agent.status()["lanes"]["bulk"]["waiting"] <= 2 * _FIXES_PER_S
    wait_for(is_drained, deadline_s, "the backlog to be drained", interval_s=1 / _FIXES_PER_S)


def _read(server: KafkaServer, vehicle: str) -> Drained:
    """What of this vehicle is at the broker, in its order there."""
    command = [program("odograph-fleet"), "decode", "--brokers", server.bootstrap, "--topic", TOPIC, "--until-end",
               "--with-offsets"]
    drained = Drained(0, 0, 0)
    last, first_at, last_at, preview_at = {}, None, None, None
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as reader:
        for line in reader.stdout:
            row = json.loads(line)
            if row["vehicle_id"] != vehicle:
                continue
            came = _seconds(row["timestamp"])
            if row["lane"] == "live":
                drained.preview_s.append(came - _seconds(row["time"]))
                drained.preview_gap_s = max(drained.preview_gap_s, came - (preview_at or came))
                preview_at = came
                continue
            expected = last.get((row["lane"], row["boot"]), 0) + 1
            drained.missing += max(0, row["n"] - expected)
            drained.out_of_order += row["n"] < expected or any(
                lane == row["lane"] and boot > row["boot"] for lane, boot in last)
            last[row["lane"], row["boot"]] = row["n"]
            if row["lane"] == "alert":
                drained.alert_s.append(came - _seconds(row["time"]))
            elif row["lane"] == "bulk" and row["boot"] == 1:
                drained.records += 1
                first_at, last_at = first_at or came, came
    assert reader.returncode == 0
    drained.took_s = last_at - first_at
    return drained


def _seconds(time_text: str) -> float:
    return datetime.fromisoformat(time_text.replace("Z", "+00:00")).timestamp()
