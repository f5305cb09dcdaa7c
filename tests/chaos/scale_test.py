"""Three partitions become five while records flow, and then eight: nothing is lost or doubled, and each vehicle's state
and trips follow it."""

import json
from collections import defaultdict

from tests.chaos.chaos import Wanted, catch_up, dump, feeder, make_topics, undisturbed
from tests.chaos.compare import compare, newest_states
from tests.chaos.instances import Instances
from tests.kafka.kafka_server import KafkaServer
from tests.kafka.murmur2 import murmur2
from tests.support.programs import Background, program, run
from tests.support.wait import pace, wait_for

BEFORE, AFTER, AT_LAST = 3, 5, 8
SETTLE_S = 4
TRIPS = 24


def scale(server, settle_s: int, partitions: int = AFTER) -> Background:
    return Background([program("odograph-fleet"), "topics", "scale", "--partitions", partitions, "--settle", settle_s,
                       "--brokers", server.bootstrap])


def fleet(server, *words, expect=0):
    return run([program("odograph-fleet"), *words, "--brokers", server.bootstrap], expect=expect, deadline_s=120)


def rows_by_partition(server, topic: str) -> dict[int, list[dict]]:
    rows = defaultdict(list)
    for line in fleet(server, "decode", "--topic", topic, "--until-end", "--with-offsets").stdout.splitlines():
        row = json.loads(line)
        rows[row["partition"]].append(row)
    return rows


def lanes_in_order(server) -> int:
    """How many lanes of vehicles have reports in two partitions; each must go on in one where it ended in the other."""
    seen = defaultdict(dict)
    for partition, rows in rows_by_partition(server, "processed-data-topic").items():
        for row in rows:
            report = row["report"]
            sequences = seen[report["vehicle_id"], report["stream_id"], report["lane"]].setdefault(partition, [])
            assert not sequences or sequences[-1] < report["sequence"], row
            sequences.append(report["sequence"])
    for lane, partitions in seen.items():
        first, *rest = sorted(partitions.values())
        assert len(rest) <= 1 and all(first[-1] < other[0] for other in rest), lane
    return sum(len(partitions) == 2 for partitions in seen.values())


def states_of(server) -> dict[str, dict]:
    """Of vehicles, each in one partition, without where their rows and messages stand."""
    states = {}
    for rows in rows_by_partition(server, "vehicle-state-topic").values():
        newest = {key: row for key, row in newest_states(rows).items() if not key.startswith("/")}
        assert not newest.keys() & states.keys(), "a vehicle in two partitions"
        states |= newest
    gone = ("source_offset", "topic", "partition", "offset", "timestamp")
    return {key: {name: value for name, value in row.items() if name not in gone} for key, row in states.items()}


def put_trips(server, directory) -> list[str]:
    """Of vehicles that send nothing, so that all else is as without them; what `list` says then."""
    stop = {"stop_id": "depot", "sequence": 1, "lat": 47, "lon": 8.01, "radius_m": 60, "planned_dwell_s": 120,
            "planned_arrival": "2026-03-02T08:02:00Z", "planned_departure": "2026-03-02T08:04:00Z"}
    trips = [{"trip_id": f"trip-{i}", "vehicle_id": f"planned-{i}", "revision": 1, "path": [[8, 47], [8.01, 47]],
              "start_time": "2026-03-02T08:00:00Z", "stops": [stop]} for i in range(TRIPS)]
    plan = directory / "plan.jsonl"
    plan.write_text("".join(json.dumps(trip) + "\n" for trip in trips))
    assert f"{TRIPS} trips: {TRIPS} new" in fleet(server, "trips", "put", plan).stdout
    return trips_of(server)


def trips_of(server) -> list[str]:
    return sorted(fleet(server, "trips", "list", "--json").stdout.splitlines())


def check_places(server, partitions: int) -> None:
    """Each vehicle's rows are in its own partition, and taken away from every other."""
    for topic in ("trips-topic", "vehicle-state-topic"):
        held = set()
        for partition, rows in rows_by_partition(server, topic).items():
            newest = {row.get("key") or row["vehicle_id"]: row for row in rows}
            here = {key for key, row in newest.items() if "deleted" not in row and not key.startswith("/")}
            assert all(murmur2(key.encode()) % partitions == partition for key in here), (topic, partition)
            held |= here
        assert len(held) > 10, topic


def scaled_again(server, instances, states: dict[str, dict], plan: list[str]) -> None:
    """With nothing under way: rows move, and nothing else changes."""
    with scale(server, SETTLE_S, AT_LAST) as again:
        assert again.wait(90) == 0, again.output()
        assert "partitions: 5 before, 8 now" in again.output() and "done: 0 messages wait" in again.output()
    check_places(server, AT_LAST)
    assert states_of(server) == states and trips_of(server) == plan
    assert "nothing to do" in fleet(server, "topics", "scale", "--partitions", AT_LAST).stdout
    catch_up(instances, AT_LAST)
    assert states_of(server) == states, "there was nothing to do"


def interrupted(server, instances) -> None:
    """A first try is killed while it waits; then no processor works, and a second one finishes it."""
    with scale(server, settle_s=60) as first:
        wait_for(lambda: "until every vehicle knows" in first.output(), 60, "new partitions")
        first.kill()
    instances.start("processor-1")
    wait_for(lambda: "topics scale is under way" in instances.output("processor-1"), 30, "a refusal to work")
    instances.kill("processor-1")
    with scale(server, SETTLE_S) as second:
        assert second.wait(90) == 0, second.output()
        print(second.output())
        assert "partitions: 3 before, 5 now" in second.output() and "start the processors again" in second.output()
    refused = fleet(server, "topics", "scale", "--partitions", AT_LAST, "--settle", 0, expect=1).stderr
    assert "has not settled since the last time" in refused, "messages wait in the partitions of before"


def test_vehicles_change_their_partition_under_load(kafka_available, tmp_path):
    # Half a minute of records; the seed decides which.
    wanted = Wanted(kills=17, seed=20261124, messages_per_second=300, suspensions=0, broker_restarts=0,
                    with_trips=False)
    with KafkaServer(tmp_path / "kafka") as server:
        make_topics(server, BEFORE)
        plan = put_trips(server, tmp_path)
        assert "none can be taken away" in fleet(server, "topics", "scale", "--partitions", "2", expect=1).stderr
        instances = Instances(server.bootstrap, tmp_path)
        try:
            with feeder(server, wanted, wanted.messages_per_second) as feeding:
                instances.start("processor-0")
                instances.start("processor-1")
                wait_for(lambda: instances.counts("processor-0").get("commits", 0) > 2, 30, "work")
                pace(3)
                instances.kill("processor-0")  # With work that is written and not committed.
                instances.stop("processor-1")
                interrupted(server, instances)
                for name in ("processor-0", "processor-1", "processor-2"):
                    instances.start(name)
                pace(2)
                instances.kill("processor-2")  # Perhaps while it reads what vehicles sent to their old partitions.
                instances.start("processor-2")
                assert feeding.wait(120) == 0, feeding.output()
            catch_up(instances, AFTER)
            scaled, states = dump(server), states_of(server)
            check_places(server, AFTER)
            assert trips_of(server) == plan
            assert lanes_in_order(server) > 10
            scaled_again(server, instances, states, plan)
        finally:
            instances.end()
        (tmp_path / "instances.log").write_text("".join(instances.outputs))
        assert any("what they sent there comes first" in output for output in instances.outputs)
    expected = undisturbed(wanted, tmp_path)
    verdict = compare(scaled, expected)
    print(vars(verdict))
    assert (verdict.lost, verdict.doubled, verdict.strangers) == (0, 0, 0), verdict.examples
    assert verdict.inputs > 10_000 and verdict.alerts > 100
    as_set = [sorted(json.dumps(row, sort_keys=True) for row in rows.alerts) for rows in (scaled, expected)]
    assert as_set[0] == as_set[1]
    expected_states = newest_states(expected.states)
    for key, state in states.items():
        assert state == {name: expected_states[key][name] for name in state}, key
    assert len(states) == sum(not key.startswith("/") for key in expected_states)
