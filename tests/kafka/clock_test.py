"""The agent with a clock that is years off, or steps as it runs: no token, no loss, and on as soon as it is right."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.kafka import policies
from tests.kafka.iam_server import IamServer
from tests.kafka.msk_token import REGION, Identity
from tests.support.agent_status import wait_status
from tests.support.programs import Background, program, run, tool

SECONDS = 1200  # Of the drive, which lasts longer than any scene.
SESSION_S = 1  # So that a wrong clock shows soon: every connection needs a token.
YEAR_S = 31_556_952
STEP_S = 2400  # More than a signature may be off, and less than the hour that Kafka grants a record's time.
ROLE = "arn:aws:sts::111122223333:assumed-role/vehicle/"


@pytest.fixture(scope="module")
def faketime() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        missing("no libfaketime: './dev deps test' installs it")
    return found[0]


def identity_of(name: str) -> Identity:
    return Identity(f"AKID{name.upper()}", f"secret/of+{name}", principal=f"{ROLE}{name}")


SCENES = ["born_in_1980", "born_in_2080", "steps_by_minutes", "steps_by_years"]


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    everybody = [identity_of(name.replace("_", "")) for name in SCENES]
    with IamServer(tmp_path_factory.mktemp("kafka"), everybody, SESSION_S) as kafka:
        kafka.create_topic("raw-data-topic")
        for one in everybody:
            kafka.allow(one, *policies.rules_of("vehicle.json", ["raw-data-topic"]))
        yield kafka


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    return path


class Vehicle:
    """An agent with a clock of its own."""

    def __init__(self, server, drive, faketime: Path, directory: Path, off_s: float):
        self.server, self.directory = server, directory
        self.identity = identity_of(directory.name.replace("_", ""))
        directory.mkdir()
        self.set_clock(off_s)
        keys = {"vehicle.id": directory.name, "storage.directory": f"{directory}/data", "sampling.mode": "all",
                "status.socket": f"{directory}/agent.sock", "kafka.brokers": f'["{server.iam_address}"]',
                "kafka.security": "tls_iam", "kafka.region": REGION, "kafka.ca_file": server.certificates.ca,
                "kafka.reconnect_backoff_max": "1s", "aws.credentials": "environment"}
        words = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        # The clocks that count from the start of the machine are never wrong.
        environment = {"LD_PRELOAD": f"{tool('c11_preload.so')}:{faketime}", "FAKETIME_NO_CACHE": "1",
                       "FAKETIME_TIMESTAMP_FILE": str(directory / "clock"), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.agent = Background([program("odograph-agent"), "replay", drive, "--speed", "4", "--stay", *words],
                                env={**os.environ, **environment, **self.identity.environment()})

    def __enter__(self) -> "Vehicle":
        return self

    def __exit__(self, *_) -> None:
        self.agent.__exit__(*_)

    def set_clock(self, off_s: float) -> None:
        fresh = self.directory / "clock.new"
        fresh.write_text(f"{off_s:+.0f}\n")
        fresh.replace(self.directory / "clock")

    def status(self, reached, what: str, deadline_s: float = 150) -> dict:
        return wait_status(self.agent, self.directory / "agent.sock", reached, what, deadline_s)

    def sends(self) -> None:
        before = self.status(lambda now: True, "status")["records"]["acked"]
        self.status(lambda now: now["records"]["acked"] > before + 10, "acknowledgements")

    def accepted(self) -> int:
        return self.server.accepted(self.identity)

    def signs_nothing(self, why: str) -> None:
        now = self.status(lambda now: why in now["identity"]["error"], why)
        then = self.status(lambda then: then["identity"]["token"]["failures"] > now["identity"]["token"]["failures"] or
                           then["uptime_s"] > now["uptime_s"] + 3, "another try")
        assert then["identity"]["token"]["pushed"] == now["identity"]["token"]["pushed"]

    def lost_nothing(self) -> None:
        assert self.agent.terminate() == 0, self.agent.output()
        done = run([program("odograph-fleet"), "decode", "--topic", "raw-data-topic", "--until-end", "--brokers",
                    self.server.bootstrap])
        held: dict[str, set[int]] = {}
        for row in map(json.loads, done.stdout.splitlines()):
            if row["vehicle_id"] == self.directory.name:
                held.setdefault(row["lane"], set()).add(int(row["sequence"]))
        assert held
        for sequences in held.values():
            assert max(sequences) - min(sequences) + 1 == len(sequences)


def years_until(year: int) -> float:
    return (year - time.gmtime().tm_year) * YEAR_S


def born_in_1980(vehicle) -> None:
    vehicle.signs_nothing("no token is signed before the time is known: the clock says 19")
    assert vehicle.accepted() == 0
    vehicle.set_clock(0)
    vehicle.sends()


def born_in_2080(vehicle) -> None:
    vehicle.signs_nothing("no token is signed before the time is known: the clock says 20")
    assert vehicle.accepted() == 0
    vehicle.set_clock(0)
    vehicle.sends()


def steps_by_minutes(vehicle) -> None:
    vehicle.sends()
    for off_s in (STEP_S, -STEP_S):
        pushed = vehicle.status(lambda now: True, "status")["identity"]["token"]["pushed"]
        vehicle.set_clock(off_s)
        # A token that nobody would have asked for in minutes.
        vehicle.status(lambda now: now["identity"]["token"]["pushed"] > pushed, "a new token", 10)
        vehicle.status(lambda now: now["sending"]["error"] and now["sending"]["state"] != "sending", "refusals")
        pushed = vehicle.status(lambda now: True, "status")["identity"]["token"]["pushed"]
        vehicle.set_clock(0)
        vehicle.status(lambda now: now["identity"]["token"]["pushed"] > pushed, "a new token", 10)
        vehicle.sends()


def steps_by_years(vehicle) -> None:
    vehicle.sends()
    for year in (1980, 2080):
        vehicle.set_clock(years_until(year))
        vehicle.signs_nothing("no token is signed before the time is known")
        vehicle.status(lambda now: now["records"]["waiting"] > 10, "what waits")
        vehicle.set_clock(0)
        vehicle.sends()


def test_a_clock_that_is_wrong_costs_nothing_but_time(server, drive, faketime, tmp_path):
    def play(scene, off_s: float):
        began = time.monotonic()
        with Vehicle(server, drive, faketime, tmp_path / scene.__name__, off_s) as vehicle:
            scene(vehicle)
            vehicle.lost_nothing()
        print(f"{scene.__name__}: {time.monotonic() - began:.0f} s")
    scenes = {born_in_1980: years_until(1980), born_in_2080: years_until(2080), steps_by_minutes: 0, steps_by_years: 0}
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(play, scene, off_s) for scene, off_s in scenes.items()]
        for each in running:
            each.result()
