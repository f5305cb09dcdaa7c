"""./dev crashtest with a fixed seed: 20 kills while 300,000 records are fed, 2 while they are sent."""

import os
from pathlib import Path

from tests.crash import lives
from tests.crash.crash import Wanted, crash
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


def test_the_moments_of_the_kills_come_from_the_seed_alone():
    assert lives.plans(20, 7, 0.15) == lives.plans(20, 7, 0.15)
    assert lives.plans(20, 7, 0.15) != lives.plans(20, 8, 0.15)


def test_a_line_that_a_kill_cut_short_is_no_report():
    line = b'{"stream_id":"s","lane":"bulk","boot":1,"first_n":1,"last_n":2,"count":2,"commits":1}\n'
    assert len(lives.parse_report(line + line[:-1])) == 1
    assert lives.parse_report(line[:40]) == [] and lives.parse_report(b"") == []
