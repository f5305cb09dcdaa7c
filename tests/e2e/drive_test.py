"""A recorded drive through the real programs and a real Apache Kafka."""

import json
from datetime import datetime

import pytest

from tests.e2e.parts import VEHICLE, Agent, create_topics, holes, processor, topic, without_repeats
from tests.e2e.recordings import recording
from tests.e2e.reference import episodes
from tests.support.wait import wait_for


EXTRA_KILLS_MAX = 5


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    return recording(tmp_path_factory.mktemp("drive"))


@pytest.fixture
def brokers(new_kafka):
    create_topics(new_kafka.bootstrap)
    return new_kafka.bootstrap


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def check_raw(rows: list[dict], drive) -> int:
    """Every valid fix exactly once with its exact integers, dense sequences; returns the repeats that went out."""
    rows, repeats = without_repeats(rows)
    assert not holes(rows)
    placed = [row for row in rows if row["lane"] == "bulk" and "lat" in row]
    assert [(utc(row["time"]), round(row["lat"] * 1e7), round(row["lon"] * 1e7)) for row in placed] == \
        [(fix.time, fix.lat_e7, fix.lon_e7) for fix in drive.fixes]
    voids = [row for row in rows if row["lane"] == "bulk" and "lat" not in row]
    assert len(voids) == drive.voids
    assert all("replayed" in row["flags"] for row in placed)
    return repeats


def cmps_near(speed_kmh):
    """In m/s what a record says of a speed: rounded to mm/s, then to cm/s, so off by 5.5 mm/s at most."""
    return pytest.approx(float(speed_kmh) / 3.6, abs=0.0056)


def check_alerts(alerts: list[dict], drive) -> None:
    """The alerts are those of the naive reference: one id an episode, raised, then cleared."""
    expected = episodes(drive.fixes)
    assert len(expected) >= 3
    ids = list(dict.fromkeys(alert["alert_id"] for alert in alerts))
    assert len(ids) == len(expected)
    for alert_id, episode in zip(ids, expected):
        own = [alert for alert in alerts if alert["alert_id"] == alert_id]
        assert [alert["revision"] for alert in own] == list(range(1, len(own) + 1))
        assert all(alert["vehicle_id"] == VEHICLE and alert["rule"] == "overspeed" for alert in own)
        assert own[0]["state"] == "RAISED" and utc(own[0]["start_time"]) == utc(own[0]["time"]) == episode.start
        first = next(fix for fix in drive.fixes if fix.time == episode.start)
        assert {axis: round(value * 1e7) for axis, value in own[0]["position"].items()} == \
            {"lat": first.lat_e7, "lon": first.lon_e7}
        assert own[0]["value"] == cmps_near(first.speed_kmh)
        assert all(alert["state"] == "UPDATED" for alert in own[1:-1])
        if episode.end is None:
            continue
        assert own[-1]["state"] == "CLEARED" and utc(own[-1]["end_time"]) == episode.end
        assert own[-1]["peak"] == cmps_near(episode.peak_kmh)


@pytest.fixture(scope="module")
def alerts_of() -> dict:
    """What each place of the rule made of the drive: the second is compared with the first."""
    return {}


def process_all(brokers, directory, records: int) -> dict:
    """Runs the processor until it has written a report for every record; returns its own report."""
    with processor(brokers, directory) as running:
        wait_for(lambda: len(topic(brokers, "processed-data-topic")) >= records, 90, f"{records} processed records",
                 interval_s=1)
        assert running.terminate() == 0, running.output()
    return json.loads((directory / "report.json").read_text())


# Where the rule is evaluated: the alerts are the same.
everywhere = pytest.mark.parametrize("rules", [[], ["rules.speed_limit_kmh=120"]], ids=["fleet", "vehicle"])


@everywhere
def test_every_fix_arrives_once_and_the_alerts_are_the_references(drive, brokers, tmp_path, rules, alerts_of):
    agent = Agent(drive.path, tmp_path / "agent", brokers, *rules)
    running = agent.start("--as-fast-as-possible")
    assert running.wait(120) == 0, running.output()
    rows = topic(brokers, "raw-data-topic")
    assert check_raw(rows, drive) == 0
    report = process_all(brokers, tmp_path / "fleet", len(rows))
    assert report["gaps_unexplained"] == 0 and report["dead_letters"] == 0 and report["records"] == len(rows)
    alerts = topic(brokers, "alerts-topic")
    check_alerts(alerts, drive)
    alerts_of[bool(rules)] = alerts
    assert all(other == alerts for other in alerts_of.values())


def kill_until_records_went_out_twice(agent, pace, brokers) -> int:
    """Kills the agent while the broker gets what the outbox has not removed yet; returns how often that took.

    The agent runs when it returns, and what the last kill left to be sent again is on its way.
    """
    for kills in range(EXTRA_KILLS_MAX + 1):
        agent.wait_sent()
        if kills == EXTRA_KILLS_MAX or (kills and without_repeats(topic(brokers, "raw-data-topic"))[1] > 0):
            break
        agent.runs[-1].kill()
        agent.start(*pace)
    return kills


@everywhere
def test_a_broker_outage_and_two_kills_lose_nothing(drive, new_kafka, tmp_path, rules):
    brokers = new_kafka.bootstrap
    create_topics(brokers)
    agent = Agent(drive.path, tmp_path / "agent", brokers, *rules)
    pace = ["--speed", "500"]  # about 21 s for the whole drive: it cannot be over at any of the points below
    for kill_at in (2000, 5000):
        agent.start(*pace)
        if kill_at == 5000:
            agent.wait_durable(3000)
            new_kafka.stop()
        before = agent.wait_durable(kill_at)
        assert before < len(drive.fixes) + drive.voids
        agent.runs[-1].kill()
    agent.start(*pace)
    agent.wait_durable(7000)
    new_kafka.start()
    kills = kill_until_records_went_out_twice(agent, pace, brokers)
    running = agent.runs[-1]
    assert running.wait(180) == 0, running.output()

    rows = topic(brokers, "raw-data-topic")
    repeats = check_raw(rows, drive)
    assert repeats > 0, "the removal of repeats was not put to the test"
    report = process_all(brokers, tmp_path / "fleet", len(rows) - repeats)
    print(f"repeats after {2 + kills} kills and an outage: {repeats} of {len(rows)} records")
    assert report["repeats"] == repeats
    ids = [row["id"] for row in topic(brokers, "processed-data-topic")]
    assert len(ids) == len(set(ids)) == len(rows) - repeats
    assert report["gaps_unexplained"] == 0
    check_alerts(topic(brokers, "alerts-topic"), drive)
