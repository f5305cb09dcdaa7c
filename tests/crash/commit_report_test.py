"""`--commit-report` of the real program: refused where it cannot go, harmless where nobody reads."""

import contextlib
import json
import os
import subprocess

import pytest

from tests.crash import drive
from tests.e2e.vehicle import now, rmc
from tests.support.agent_status import status_of
from tests.support.programs import Background, die_with_parent, program, run
from tests.support.wait import wait_for

RECORDS = 3_000


@pytest.fixture
def recording(tmp_path):
    drive.write(tmp_path / "drive.nmea", RECORDS)
    return tmp_path / "drive.nmea"


def words(recording, tmp_path, *more):
    settings = ["vehicle.id=t", f"storage.directory={tmp_path}/data", f"status.socket={tmp_path}/agent.sock",
                'kafka.brokers=["127.0.0.1:1"]', "sampling.mode=all", "storage.commit_bulk=1ms"]
    return [program("odograph-agent"), "replay", recording, "--as-fast-as-possible", *more,
            *(word for setting in settings for word in ("--set", setting))]


def start(command, theirs):
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, pass_fds=[theirs], preexec_fn=die_with_parent)
    os.close(theirs)
    return process


def hear(fd: int, told: bytearray) -> bytearray:
    """Adds what waits on `fd` to `told`."""
    with contextlib.suppress(BlockingIOError):
        told += os.read(fd, 65536)
    return told


def status(tmp_path) -> dict:
    return status_of(tmp_path / "agent.sock")


@pytest.mark.parametrize("command", ["replay", "run"])
@pytest.mark.parametrize("name, fd, why", [
    ("closed", 77, "descriptor 77 is not open"),
    ("for reading", "read", "is open for reading only"),
    ("a file", "file", "is neither a pipe nor a socket"),
    ("the log", 2, "descriptor 2 is taken"),
    ("no number", "three", "--commit-report"),
])
def test_a_descriptor_that_cannot_be_told_is_refused_at_the_start(command, name, fd, why, recording, tmp_path):
    opened = {"read": (recording, os.O_RDONLY), "file": (tmp_path / "report", os.O_CREAT | os.O_WRONLY)}
    passed = [os.open(*opened[fd])] if fd in opened else []
    given = passed[0] if passed else fd
    source = [recording] if command == "replay" else []
    done = run([program("odograph-agent"), command, *source, "--set", "vehicle.id=t", "--set",
                f"storage.directory={tmp_path}/data", "--commit-report", given], expect=None, pass_fds=passed)
    for each in passed:
        os.close(each)
    assert done.returncode != 0 and why in done.stderr, done.stderr
    assert not (tmp_path / "data").exists(), "refused before anything is made"


def test_every_record_is_told_once_and_in_order(recording, tmp_path):
    ours, theirs = os.pipe()
    process = start(words(recording, tmp_path, "--until-stored", "--commit-report", theirs), theirs)
    with open(ours, encoding="ascii") as pipe:
        lines = [json.loads(line) for line in pipe]
    assert process.wait(30) == 0
    bulk = [line for line in lines if line["lane"] == "bulk"]
    assert [line["first_n"] for line in bulk] == [1, *(line["last_n"] + 1 for line in bulk[:-1])]
    assert sum(line["count"] for line in bulk) == RECORDS
    # The time is believed from the third fix on; a commit that ends before it has none to tell.
    timed = [line for line in bulk if "last_time" in line]
    assert all(line["last_n"] < 3 for line in bulk if line not in timed)
    assert all(line["last_time"] == drive.fix(line["last_n"] - 1).time for line in timed)
    assert bulk[-1]["mark"] == {"offset": recording.stat().st_size, "index": 0}
    assert {line["lane"]: line.get("own") for line in lines} == {"event": 1, "bulk": None}


def test_a_reader_that_is_gone_costs_no_record(recording, tmp_path):
    ours, theirs = os.pipe()
    os.close(ours)
    process = start(words(recording, tmp_path, "--until-stored", "--commit-report", theirs), theirs)
    said = process.communicate(timeout=30)[1]
    # One more than was made from the recording: the agent's own.
    assert process.returncode == 0 and f" {RECORDS + 1:,} durable" in said
    assert "commit report: ended, nobody reads it: Broken pipe" in said


def test_a_reader_that_sleeps_stops_nothing_and_hears_all_of_it_later(recording, tmp_path):
    ours, theirs = os.pipe()
    os.write(theirs, b"\n" * 65536)  # Full.
    process = start(words(recording, tmp_path, "--stay", "--commit-report", theirs), theirs)
    wait_for(lambda: status(tmp_path).get("replay", {}).get("durable") == RECORDS, 30, "all records durable")
    assert status(tmp_path)["commit_report"]["lines"] == 0
    told = bytearray()
    os.set_blocking(ours, False)
    wait_for(lambda: b'"last_n":%d,' % RECORDS in hear(ours, told), 30, "the last record told")
    bulk = [line for line in map(json.loads, told.split()) if line["lane"] == "bulk"]
    assert sum(line["count"] for line in bulk) == RECORDS
    process.kill()
    process.communicate(timeout=10)
    os.close(ours)


def test_a_vehicle_tells_its_receiver_what_is_durable(vehicle, receiver):
    ours, theirs = os.pipe()
    vehicle.runs.append(Background([program("odograph-agent"), "run", "--config", vehicle.config,
                                    "--commit-report", theirs], pass_fds=[theirs]))
    os.close(theirs)
    vehicle.wait_log("running as")
    told, sent = bytearray(), []
    os.set_blocking(ours, False)

    def fix_told():
        sent.append(now())
        receiver.tell(rmc(sent[-1], len(sent)))
        return b'"last_time"' in hear(ours, told)
    # A vehicle's time is told once three fixes have agreed on it.
    wait_for(fix_told, 30, "a fix with its time told", interval_s=0.05)
    last = [json.loads(line) for line in told.splitlines() if b'"last_time"' in line][-1]
    assert last["lane"] == "bulk" and last["boot"] == 1 and "mark" not in last
    assert last["last_time"] in {f"{one:%Y-%m-%dT%H:%M:%S}.{one.microsecond // 10_000:02d}0Z" for one in sent}
    before = vehicle.status()["lanes"]["bulk"]["durable"]
    os.close(ours)
    receiver.tell(rmc(now()))
    vehicle.wait_bulk("durable", before + 1)
    vehicle.wait_log("commit report: ended, nobody reads it")
    assert vehicle.runs[-1].running()
