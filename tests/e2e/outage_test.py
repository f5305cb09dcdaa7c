"""What a vehicle tells first when its broker is back after more than half a minute."""

import json
from datetime import datetime
from itertools import groupby

from tests.support.programs import program, run
from tests.support.wait import pace, wait_for

AWAY_S = 33  # Longer than what counts as an outage, and longer than bulk may be behind without a preview.
SPREAD_S = 5  # truck-17 begins 4.9 s into it.


def drive(receiver, seconds: int) -> None:
    for second in range(seconds):
        receiver.fix(60 if second // 3 % 2 else 20)
        pace(1)


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_alerts_and_a_preview_go_at_once_and_the_backlog_at_the_vehicles_own_moment(vehicle, broker, receiver):
    broker.start()
    vehicle.start("rules.speed_limit_kmh=50", "rules.clear_duration=0s", "rules.accuracy_gate=false",
                  "kafka.reconnect_backoff_max=1s",
                  f"kafka.backlog_spread={SPREAD_S}s")
    drive(receiver, 4)
    vehicle.wait_bulk("acked", 2)
    broker.stop()
    drive(receiver, AWAY_S)
    assert vehicle.status()["sending"]["previews"]["sent"] == 0
    broker.start()
    wait_for(lambda: vehicle.log().count("uplink: connected") == 2, 20, "the link")
    drive(receiver, SPREAD_S + 1)
    status = vehicle.wait_status(lambda now: now["lanes"]["bulk"]["waiting"] == 0, "the backlog to be over")
    assert status["sending"]["previews"]["sent"] == status["sending"]["previews"]["stored"] == 1

    lines = run([program("odograph-fleet"), "decode", "--brokers", broker.address, "--topic", "raw-data-topic",
                 "--until-end", "--with-offsets"]).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    preview = next(row for row in rows if row["lane"] == "live")
    began = seconds_of(preview["timestamp"])
    # What was on its way when the broker went is told from the time before.
    since = [row for row in rows if seconds_of(row["timestamp"]) > began - 5 and row["lane"] != "event"]
    assert [lane for lane, _ in groupby(row["lane"] for row in since)][:2] == ["alert", "live"]
    assert len([row for row in since if seconds_of(row["time"]) < began - 3 and row["lane"] == "alert"]) >= 8
    assert next(seconds_of(row["timestamp"]) for row in since if row["lane"] == "bulk") - began > SPREAD_S * 0.5
    numbers = [row["n"] for row in rows if row["lane"] == "bulk"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) and len(numbers) > AWAY_S
    assert began - seconds_of(preview["time"]) < AWAY_S / 2, "the newest state, not the oldest"
    assert "sequence" not in preview
