"""odograph-fleet and a real Apache Kafka: topics, dead letters, and two processors of which one is killed."""

import json
import os
import re
import sys
from collections import Counter

import pytest

from tests.kafka import protocol
from tests.kafka.kafka_server import KafkaServer
from tests.support.agent_status import status_of
from tests.support.programs import REPOSITORY, Background, program, run
from tests.support.wait import wait_for

SECONDS = 240


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


def fleet(server, *words, expect=0) -> str:
    return run([program("odograph-fleet"), *words, "--brokers", server.bootstrap], expect=expect, deadline_s=60).stdout


def topic(server, name: str) -> list[dict]:
    return [json.loads(line) for line in fleet(server, "decode", "--topic", name, "--until-end").splitlines()]


def processor(server, directory, *more) -> Background:
    settings = [*more, f"status.socket={directory}.sock", "kafka.session_timeout=6s", "process.commit_interval=3s",
                "rules.speed_limit_kmh=20", "rules.accuracy_gate=false", f"metrics.emf={directory}.emf",
                "metrics.emf_interval=1s"]
    return Background([program("odograph-fleet"), "process", "--brokers", server.bootstrap,
                       *[word for setting in settings for word in ("--set", setting)]])


def counts(directory) -> dict:
    """The processor's own; empty while it does not answer."""
    return status_of(f"{directory}.sock")


def status(directory) -> dict:
    return json.loads(run([program("odograph-fleet"), "status", "--json", "--socket", f"{directory}.sock"]).stdout)


@pytest.fixture
def drive(tmp_path):
    path = tmp_path / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    return path


def start_agents(server, drive, directory, vehicles) -> list[Background]:
    """The drive, once for each of the vehicles."""
    running = []
    for vehicle in vehicles:
        settings = [f"vehicle.id={vehicle}", f"storage.directory={directory}/{vehicle}",
                    f"status.socket={directory}/{vehicle}.sock", f'kafka.brokers=["{server.bootstrap}"]',
                    "sampling.mode=all"]
        running.append(Background([program("odograph-agent"), "replay", drive, "--as-fast-as-possible",
                                   *[word for setting in settings for word in ("--set", setting)]]))
    return running


def wait_sent(agents: list[Background]) -> None:
    """Returns when the broker has all of it."""
    for agent in agents:
        assert agent.wait(60) == 0, agent.output()


def report_id(row: dict) -> str:
    """What the report of a row of raw-data-topic is called."""
    return f"{row['vehicle_id']}/{row['stream_id']}/{row['lane']}/{row['sequence']}/{row['boot_nonce']}"


def test_topics_are_made_once_and_checked(server):
    first = fleet(server, "topics", "create", "--dev")
    assert "created raw-data-topic (3 partitions, 1 replicas)" in first
    again = fleet(server, "topics", "create", "--dev")
    assert "created" not in again and "as they should be" in again
    assert "as they should be" in fleet(server, "topics", "check", "--dev")
    wrong = fleet(server, "topics", "check", "--dev", "--partitions", "5", expect=1)
    assert "raw-data-topic: has 3 partitions, expected 5." in wrong and "--partitions" in wrong
    with server.connect() as connection:
        assert protocol.partition_count(connection, "raw-data-topic") == 3


def test_what_cannot_be_read_is_kept_with_its_reason(server, tmp_path):
    fleet(server, "topics", "create", "--dev")
    with server.connect() as connection:
        protocol.produce(connection, "raw-data-topic", b"truck-9", b"no batch at all")
    with processor(server, tmp_path / "one") as running:
        letters = wait_for(lambda: topic(server, "dead-letter-topic"), 30, "a dead letter", interval_s=0.5)
        assert running.terminate() == 0, running.output()
    letter = letters[0]
    print(letter)
    assert letter["key"] == "truck-9" and letter["source_topic"] == "raw-data-topic"
    assert letter["source_partition"] == 0 and letter["source_offset"] == 0 and letter["reason"]
    assert "dead letter: raw-data-topic partition 0 offset 0" in running.output()


def test_two_processors_share_and_the_death_of_one_loses_and_repeats_nothing(server, drive, tmp_path):
    fleet(server, "topics", "create", "--dev")
    vehicles = [f"truck-{i}" for i in range(6)]
    with processor(server, tmp_path / "one") as one, processor(server, tmp_path / "two") as two:
        wait_for(lambda: counts(tmp_path / "one") and counts(tmp_path / "two"), 20, "two processors")
        wait_sent(start_agents(server, drive, tmp_path, vehicles[:3]))

        def shared():
            each = [counts(tmp_path / name).get("records", 0) for name in ("one", "two")]
            return all(each) and each
        before = wait_for(shared, 30, "work for both")
        agents = start_agents(server, drive, tmp_path, vehicles[3:])
        # It dies with work that it has written about and not committed, and with more on its way to it.
        wait_for(lambda: counts(tmp_path / "one")["records"] > before[0], 30, "more work",
                 interval_s=0.01)
        one.kill()
        wait_sent(agents)
        sent = {report_id(row) for row in topic(server, "raw-data-topic") if row["vehicle_id"] in vehicles}
        assert len(sent) >= len(vehicles) * SECONDS

        def all_there():
            written = Counter(report["id"] for report in topic(server, "processed-data-topic"))
            return sent <= written.keys() and written
        written = wait_for(all_there, 60, "all reports", interval_s=1)
        wait_for(lambda: status(tmp_path / "two")["lag"]["messages"] == 0, 30, "nothing to wait")
        told = status(tmp_path / "two")
        assert told["latency"]["append"]["count"] > 0 and told["latency"]["append"]["recent"]["p90_s"] < 300, told
        words = run([program("odograph-fleet"), "status", "--socket", f"{tmp_path}/two.sock"]).stdout
        assert words.startswith("keeping up: nothing waits\nprocessor of group odograph-process at "), words
        lines = [json.loads(line) for line in (tmp_path / "two.emf").read_text().splitlines()]
        assert lines and all({"group", "lag_messages", "records"} <= line.keys() for line in lines), lines
        assert two.terminate() == 0, two.output()
    repeats = sum(count - 1 for count in written.values())
    assert repeats == 0, f"{repeats} repeats of {len(sent)} reports"
    alerts = topic(server, "alerts-topic")
    assert {alert["vehicle_id"] for alert in alerts} == set(vehicles)


def test_a_name_is_one_processors_and_the_memory_one_groups(server, drive, tmp_path):
    """A second one of the name ends the first, which must not look well meanwhile; a second group is refused."""
    fleet(server, "topics", "create", "--dev")
    name = "kafka.instance=one"
    with processor(server, tmp_path / "first", name) as first:
        wait_for(lambda: counts(tmp_path / "first").get("doing") == "working", 30, "work for the first")
        with processor(server, tmp_path / "second", name) as second:
            assert first.wait(60) == 1, first.output()
            assert "another one came into group odograph-process under the name one" in first.output()
            wait_sent(start_agents(server, drive, tmp_path, ["truck-20"]))
            wait_for(lambda: counts(tmp_path / "second").get("commits"), 60, "a commit of the second")
            with processor(server, tmp_path / "third", "kafka.group=looking-on") as third:
                assert third.wait(60) == 1, third.output()
                assert "vehicle-state-topic is kept by group odograph-process, and this is looking-on" in third.output()
            assert second.terminate() == 0, second.output()


def test_a_demo_shows_what_it_makes_itself_and_takes_nobodys_part(server, drive, tmp_path):
    """Neither alerts nor records that are there from before, not even those of vehicles of the same names."""
    fleet(server, "topics", "create", "--dev")
    with processor(server, tmp_path / "one") as running:
        wait_sent(start_agents(server, drive, tmp_path, ["truck-1", "truck-8"]))
        wait_for(lambda: {"truck-1", "truck-8"} <= {alert["vehicle_id"] for alert in topic(server, "alerts-topic")},
                 60, "old alerts", interval_s=0.5)
        # It goes on while the demo runs, with partitions of its own group.
        done = run([sys.executable, REPOSITORY / "simulator/demo.py", "--brokers", server.bootstrap, "--vehicles", "1",
                    "--seconds", "1"],
                   deadline_s=120, cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": str(REPOSITORY)})
        assert "handing over" not in running.output()
        assert running.terminate() == 0, running.output()
    made, acked = re.search(r"made (\d+) records; \d+ stored, (\d+) acknowledged", done.stdout).groups()
    assert made == acked != "0", done.stdout
    assert f"the processor read {made} records, dropped 0 repeats, found 0 unexplained gaps" in done.stdout
    shown = set(re.findall(r"truck-\S+", done.stdout))
    assert len(shown) == 1 and re.fullmatch("truck-1-[0-9a-f]{4}", shown.pop()), done.stdout
