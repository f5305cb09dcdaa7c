"""odograph-fleet trips and a real Apache Kafka: what is put comes back in its own partition, or nothing is put."""

import json

import pytest

from tests.kafka.kafka_server import KafkaServer
from tests.kafka.murmur2 import murmur2
from tests.kafka.trip_rows import trip
from tests.support.programs import program, run

PARTITIONS = 3  # Of --dev.


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as kafka:
        fleet(kafka, "topics", "create", "--dev")
        yield kafka


def fleet(server, *words, expect=0):
    return run([program("odograph-fleet"), *words, "--brokers", server.bootstrap], expect=expect, deadline_s=60)


def trips(server, *words, expect=0) -> str:
    done = fleet(server, "trips", *words, expect=expect)
    return done.stdout if expect == 0 else done.stderr


def messages(server) -> list[dict]:
    """By partition and offset; between partitions a reader promises no order."""
    lines = fleet(server, "decode", "--topic", "trips-topic", "--until-end", "--with-offsets").stdout.splitlines()
    return sorted((json.loads(line) for line in lines), key=lambda one: (one["partition"], one["offset"]))


def write_lines(path, *rows: dict):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_what_is_put_is_listed_and_cancelled(server, tmp_path):
    vehicles = [f"van-{i}" for i in range(8)]
    lines = write_lines(tmp_path / "plan.jsonl", *(trip(f"t{i}", vehicle) for i, vehicle in enumerate(vehicles)))
    assert "8 trips: 8 new" in trips(server, "put", lines)
    table = tmp_path / "more.csv"
    table.write_text("Trip ID;Vehicle ID;Start time;path_wkt;Stop ID;Lat;Lon;Planned arrival;Planned departure;Driver\n"
                     "c1;van-0;2026-03-03T08:00:00+01:00;LINESTRING (8 47, 8.02 47);a;47,0;8,01;"
                     "2026-03-03T08:02:00+01:00;2026-03-03T08:04:00+01:00;Jo\n"
                     ";;;;b;47,0;8,02;2026-03-03T08:10:00+01:00;2026-03-03T08:12:00+01:00;\n")
    said = trips(server, "put", table)
    assert "1 trip: 1 new" in said and "columns that are not looked at: Driver" in said
    assert "van-0    c1           1  2026-03-03T07:00Z  2026-03-03T07:12Z      2  1.5" in trips(server, "list")

    for message in messages(server):
        assert message["partition"] == murmur2(message["vehicle_id"].encode()) % PARTITIONS
    everything = tmp_path / "everything.jsonl"
    everything.write_text(trips(server, "list", "--json"))
    before = len(messages(server))
    assert "9 as they were\n0 vehicles written" in trips(server, "put", everything)
    assert "1 moved" in trips(server, "put", write_lines(tmp_path / "moved.jsonl", trip("t1", "van-2", 2)))
    assert "vehicle van-3 has no trip any more" in trips(server, "cancel", "t3", "c1")
    last = {}
    for message in messages(server)[:]:
        last[message.get("vehicle_id", message.get("key"))] = message
    assert last["van-1"].get("deleted") and last["van-3"].get("deleted")
    assert [one["trip_id"] for one in last["van-2"]["trips"]] == ["t1", "t2"]
    assert [one["trip_id"] for one in last["van-0"]["trips"]] == ["t0"]
    assert len(messages(server)) == before + 4
    print(trips(server, "list"))


def test_nothing_is_written_of_a_file_with_a_fault(server, tmp_path):
    trips(server, "put", write_lines(tmp_path / "first.jsonl", trip("f1", "cab", 5)))
    before = messages(server)
    faulty = write_lines(tmp_path / "faulty.jsonl", trip("f2", "cab"), {**trip("f3", "cab"), "path": [[8, 47]]})
    assert f"{faulty}:2: path: 1 places" in trips(server, "put", faulty, expect=1)
    older = write_lines(tmp_path / "older.jsonl", trip("f2", "cab"), trip("f1", "cab", 4))
    assert "trip f1: revision 5 is in force, the file has 4" in trips(server, "put", older, expect=1)
    assert "trip nobody: not in force" in trips(server, "cancel", "f1", "nobody", expect=1)
    sound = write_lines(tmp_path / "sound.jsonl", trip("f2", "cab"))
    assert "1 vehicle would be written" in trips(server, "put", sound, "--dry-run")
    assert messages(server) == before
