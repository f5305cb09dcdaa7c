"""From a plan to arrivals and alerts on a real Apache Kafka, with a processor that is killed in the middle of it."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

import pytest

from tests.e2e.vehicle import sentence
from tests.kafka.kafka_server import KafkaServer
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

START = datetime(2026, 11, 20, 8, tzinfo=timezone.utc)
DEGREE_M = 111_195.0
STOPS_M, SPEED_MPS, DWELL_S, STEP_S = (6000, 12000, 18000), 15, 60, 5
# They all drive at the planned speed, so that nothing is to be learnt and the order of vehicles does not matter.
LATE_S = {"van-ontime": 0, "van-late": 800, "van-gone": 800}
ARRIVING = ("van-ontime", "van-late")


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as kafka:
        fleet(kafka, "topics", "create", "--dev")
        yield kafka


def fleet(server, *words) -> str:
    return run([program("odograph-fleet"), *words, "--brokers", server.bootstrap], deadline_s=60).stdout


def topic(server, name: str) -> list[dict]:
    return [json.loads(line) for line in fleet(server, "decode", "--topic", name, "--until-end").splitlines()]


def moment(second: float) -> str:
    return f"{START + timedelta(seconds=second):%FT%TZ}"


def seconds(text: str) -> float:
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - START).total_seconds()


def plan(vehicle: str) -> dict:
    """North along a meridian, with a stop every six kilometres."""
    stops = []
    for index, metres in enumerate(STOPS_M):
        arrival = metres / SPEED_MPS + DWELL_S * index
        stops.append({"stop_id": f"{vehicle}-{index}", "sequence": index + 1, "lat": round(47 + metres / DEGREE_M, 7),
                      "lon": 8.0, "radius_m": 60, "planned_arrival": moment(arrival), "planned_dwell_s": DWELL_S,
                      "planned_departure": moment(arrival + DWELL_S)})
    return {"trip_id": f"trip-{vehicle}", "vehicle_id": vehicle, "revision": 1, "start_time": moment(0),
            "path": [[8.0, 47.0], [8.0, 47 + STOPS_M[-1] / DEGREE_M]], "stops": stops}


def drive(late_s: int) -> list[bytes]:
    """The plan driven so much later, as its receiver tells it."""
    fixes, second, at_m = [], late_s, 0.0
    for stop_m in STOPS_M:
        while at_m < stop_m:
            fixes.append((second, at_m, SPEED_MPS))
            second, at_m = second + STEP_S, at_m + SPEED_MPS * STEP_S
        at_m = stop_m
        fixes += [(second + i * STEP_S, at_m, 0) for i in range(DWELL_S // STEP_S)]
        second += DWELL_S
    sentences = []
    for second, metres, mps in fixes:
        time, minutes = START + timedelta(seconds=second), metres / DEGREE_M * 60
        sentences.append(sentence(f"GPRMC,{time:%H%M%S}.00,A,47{minutes:07.4f},N,00800.0000,E,{mps * 1.943844:.2f},"
                                  f"000.0,{time:%d%m%y},,,A"))
    return sentences


def start_agent(server, vehicle: str, directory, sentences: list[bytes]) -> Background:
    file = directory / f"{vehicle}-{len(list(directory.glob('*.nmea')))}.nmea"
    file.write_bytes(b"".join(sentences))
    settings = [f"vehicle.id={vehicle}", f"storage.directory={directory}/{vehicle}", "sampling.mode=all",
                f"status.socket={directory}/{vehicle}.sock", f'kafka.brokers=["{server.bootstrap}"]']
    return Background([program("odograph-agent"), "replay", file, "--as-fast-as-possible",
                       *[word for setting in settings for word in ("--set", setting)]])


def processor(server, directory) -> Background:
    rules = directory / "fleet.toml"
    rules.write_text('[kafka]\ninstance = "one"\nsession_timeout = "6s"\n[process]\ncommit_interval = "2s"\n'
                     '[[rule]]\nkind = "delay"\nnotice = "0s"\n')  # However far ahead.
    return Background([program("odograph-fleet"), "process", "--config", rules, "--brokers", server.bootstrap])


def fence(at_m: float, from_s: float) -> dict:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [8.0, 47 + at_m / DEGREE_M]},
            "properties": {"id": "yard", "radius_m": 500, "when": "inside", "valid_from": moment(from_s)}}


def put_fences(server, directory) -> None:
    """The yard is where the first stop is, and from 700 s on where the second one is; then it is given up."""
    file = directory / "fences.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection",
                                "features": [fence(STOPS_M[0], 0), fence(STOPS_M[1], 700)]}))
    put = [program("odograph-fleet"), "fences", "put", file, "--brokers", server.bootstrap]
    refused = run(put, expect=1, deadline_s=60).stderr
    assert f"fence yard: valid_from {moment(0)[:-1]}.000Z, expected " in refused and "--past" in refused
    assert "2 features: 1 new, 1 changed" in run([*put, "--past"], deadline_s=60).stdout
    file.write_text(fleet(server, "fences", "list", "--json"))
    assert "2 as they were\n0 fences written" in run(put, deadline_s=60).stdout


def check_fences(alerts: list[dict]) -> None:
    """Each vehicle by the yard of its own time, whatever was known first, and through the kill."""
    told = [(alert["vehicle_id"], alert["state"], alert.get("reason"),
             round((alert["position"]["lat"] - 47) * DEGREE_M / 1000))
            for alert in alerts if alert["rule"] == "geofence"]
    stay = [("RAISED", None, 12), ("CLEARED", "RECOVERED", 13)]
    assert [one[1:] for one in told if one[0] == "van-ontime"] == \
        [("RAISED", None, 6), ("CLEARED", "RECOVERED", 7), *stay]
    assert [one[1:] for one in told if one[0] == "van-late"] == stay
    assert not [one for one in told if one[0] == "van-gone"]


def stop_events(rows: list[dict], vehicle: str) -> list[tuple]:
    events = [row["stop_event"] for row in rows if row.get("stop_event", {}).get("vehicle_id") == vehicle]
    return [(event["stop_id"], event["kind"], event["delay_s"]) for event in events]


def check_estimates(rows: list[dict]) -> None:
    """In order and never silent for longer than a minute of driving."""
    by_stop = defaultdict(list)
    for row in rows:
        if row.get("arrival", {}).get("status") in ("IN_TRANSIT_TO", "INCOMING_AT"):
            by_stop[row["arrival"]["vehicle_id"], row["arrival"]["stop_id"]].append(row["arrival"])
    assert len(by_stop) == len(LATE_S) * len(STOPS_M)
    for (vehicle, _), told in by_stop.items():
        made = [seconds(one["made_at"]) for one in told]
        assert made[0] == LATE_S[vehicle] and max(b - a for a, b in zip(made, made[1:])) <= 60
        assert made == sorted(set(made))
        assert all(one["p10"] <= one["p50"] <= one["p90"] for one in told)


def test_a_plan_becomes_arrivals_and_alerts_and_a_kill_changes_nothing(server, tmp_path):
    (tmp_path / "plan.jsonl").write_text("".join(json.dumps(plan(vehicle)) + "\n" for vehicle in LATE_S))
    assert "3 trips: 3 new" in fleet(server, "trips", "put", tmp_path / "plan.jsonl")
    put_fences(server, tmp_path)
    drives = {vehicle: drive(late_s) for vehicle, late_s in LATE_S.items()}
    half = {vehicle: len(fixes) // 2 for vehicle, fixes in drives.items()}
    with processor(server, tmp_path) as first:
        agents = [start_agent(server, vehicle, tmp_path, fixes[:half[vehicle]]) for vehicle, fixes in drives.items()]
        for agent in agents:
            assert agent.wait(60) == 0, agent.output()

        def late_ones():
            assert first.running(), first.output()
            return {"van-late-2", "van-gone-2"} <= {alert["scope"] for alert in topic(server, "alerts-topic")}
        wait_for(late_ones, 60, "alerts on delays", interval_s=0.5)
        agents = [start_agent(server, vehicle, tmp_path, drives[vehicle][half[vehicle]:])
                  for vehicle in ARRIVING]
        first.kill()  # With more on its way to it.
    assert "has no trip any more" in fleet(server, "trips", "cancel", "trip-van-gone")
    assert "1 fence ends at" in fleet(server, "fences", "remove", "yard", "--valid-from", moment(9000), "--past")
    for agent in agents:
        assert agent.wait(60) == 0, agent.output()
    with processor(server, tmp_path) as second:
        def all_there():
            assert second.running(), second.output()
            rows = topic(server, "processed-data-topic")
            return all(f"{vehicle}-2" in [stop for stop, _, _ in stop_events(rows, vehicle)] for vehicle in ARRIVING)
        wait_for(all_there, 60, "the last arrivals", interval_s=0.5)
        assert second.terminate() == 0, second.output()
    rows = topic(server, "processed-data-topic")
    assert [name for name, count in Counter(row["id"] for row in rows).items() if count > 1] == []
    for vehicle in ARRIVING:
        arrived = [(stop, delay) for stop, kind, delay in stop_events(rows, vehicle) if kind == "ARRIVED"]
        assert arrived == [(f"{vehicle}-{index}", pytest.approx(LATE_S[vehicle], abs=1)) for index in range(3)]
        departed = [stop for stop, kind, _ in stop_events(rows, vehicle) if kind == "DEPARTED"]
        assert departed == [f"{vehicle}-{index}" for index in range(2)], "each once"
    check_estimates(rows)
    check_alerts(topic(server, "alerts-topic"))
    check_fences(topic(server, "alerts-topic"))
    versions = [one["valid_from"] for one in topic(server, "geofences-topic")[-1]["versions"]]
    assert versions == [f"{moment(second)[:-1]}.000Z" for second in (0, 700, 9000)]
    print(second.output())


def check_alerts(alerts: list[dict]) -> None:
    """Every revision once; the second life of the processor clears what the first one raised."""
    revisions = defaultdict(list)
    for alert in alerts:
        revisions[alert["alert_id"]].append(alert)
    ends = {}
    for told in revisions.values():
        assert [alert["revision"] for alert in told] == list(range(1, len(told) + 1))
        assert told[0]["state"] == "RAISED" and told[-1]["state"] == "CLEARED"
        ends[told[0]["scope"]] = told[-1]["reason"]
        if told[0]["scope"] in ("van-late-1", "van-late-2"):
            assert seconds(told[-1]["end_time"]) - seconds(told[0]["time"]) > 600, "well ahead of the arrival"
    assert ends["van-late-1"] == ends["van-late-2"] == "ARRIVED"
    assert ends["van-gone-1"] == ends["van-gone-2"] == "TRIP_ENDED", "cancelled while nobody looked"
    assert not any(scope.startswith("van-ontime") for scope in ends), "nobody waits for it"
