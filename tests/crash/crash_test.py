"""./dev crashtest with a fixed seed: 20 kills while 300,000 records are fed, 2 while they are sent."""

import json
import os
from pathlib import Path

import pytest

from tests.crash import lives
from tests.crash.crash import Wanted, crash, told
from tests.crash.live import crash_live, fed_by_boot
from tests.kafka.kafka_server import KafkaServer

WANTED = Wanted(kills=20, seed=1, records=300_000, feeding_s=0.15)


def test_nothing_is_lost_or_altered_by_kills_while_records_are_fed(kafka_available, tmp_path):
    kafka = KafkaServer(tmp_path / "kafka")
    try:
        result = crash(WANTED, tmp_path, kafka)
    finally:
        kafka.kill()
    result.tell()
    if folder := os.environ.get("ODOGRAPH_FIGURES"):
        result.write(Path(folder) / "crash.json")
    assert not result.is_broken(), result
    assert result.reported > WANTED.records / 2, "a report that says nothing proves nothing"
    assert not result.is_vacuous(), result.is_vacuous()


def test_a_receiver_that_goes_on_where_the_report_says_loses_nothing(kafka_available, tmp_path):
    kafka = KafkaServer(tmp_path / "kafka")
    wanted = Wanted(kills=8, seed=1, records=6_000, feeding_s=0.15)
    try:
        result = crash_live(wanted, tmp_path, kafka)
    finally:
        kafka.kill()
    result.tell()
    assert not result.is_broken(), result
    own = wanted.kills + 1  # A boot record a life at most.
    assert wanted.records < result.reported <= wanted.records + own, "each fix is reported durable once"
    assert not result.is_vacuous(), result.is_vacuous()


@pytest.mark.parametrize("name, begins, ends, fed", [
    ("one life", {1: 0}, {1: 10}, {1: range(10)}),
    ("a second one from where the first was durable", {1: 0, 2: 7}, {1: 10, 2: 3}, {1: range(10), 2: range(7, 10)}),
    ("one between that reported nothing", {1: 0, 3: 7}, {1: 7, 2: 2, 3: 3},
     {1: range(7), 2: range(7, 9), 3: range(7, 10)}),
    ("a last one that reported nothing", {1: 0}, {1: 7, 2: 2}, {1: range(7), 2: range(7, 9)}),
])
def test_what_each_boot_was_fed(name, begins, ends, fed):
    assert fed_by_boot(begins, ends, 7) == fed


def test_the_moments_of_the_kills_come_from_the_seed_alone():
    assert lives.plans(20, 7, 0.15) == lives.plans(20, 7, 0.15)
    assert lives.plans(20, 7, 0.15) != lives.plans(20, 8, 0.15)


def test_previews_and_other_vehicles_are_nothing_that_was_fed():
    fix = {"stream_id": "s", "boot": 1, "time": "2026-03-01T08:00:00Z", "lat": 1.0, "lon": 2.0, "speed": 3.0,
           "track": 4.0}
    of_lives = {**fix, "vehicle_id": lives.VEHICLE, "lane": "bulk", "n": 7}
    others = [{**of_lives, "vehicle_id": "another"}, {**fix, "vehicle_id": lives.VEHICLE, "lane": "live"}]
    rows, losses, alerts = told("".join(json.dumps(record) + "\n" for record in [*others, of_lives]))
    assert [(row.lane, row.n) for row in rows] == [("bulk", 7)] and not losses and not alerts


def test_a_line_that_a_kill_cut_short_is_no_report():
    line = b'{"stream_id":"s","lane":"bulk","boot":1,"first_n":1,"last_n":2,"count":2,"commits":1}\n'
    assert len(lives.parse_report(line + line[:-1])) == 1
    assert lives.parse_report(line[:40]) == [] and lives.parse_report(b"") == []
