"""Bad input (issue: what must be shown, 5): each a clear error, nothing accepted lost."""

import os
import random
import re
import resource
import shutil
import subprocess
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

from tests.e2e.parts import Agent, topic
from tests.e2e.vehicle import Vehicle, now, rmc, sentence
from tests.support.programs import program, run
from tests.support.wait import pace

NOISE = random.Random(5).randbytes(100_000)
GARBAGE = {
    "noise": NOISE,
    "a megabyte without newline": b"x" * 1_000_000,
    "a megabyte of dollar signs": b"$" * 1_000_000,
    "wrong checksums": b"".join(
        rmc(datetime(2026, 3, 1, tzinfo=timezone.utc), step)[:-4] + b"ZZ\r\n" for step in range(100)),
    "numbers that are none": sentence("GPRMC,999999.00,A,9999.9999,N,99999.9999,E,nan,inf,999999,,,A"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_good_fixes_around_garbage_are_kept(name, broker, tmp_path):
    start = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
    before = [rmc(start + timedelta(seconds=step), step) for step in range(10)]
    after = [rmc(start + timedelta(seconds=step), step) for step in range(10, 20)]
    path = tmp_path / "bad.nmea"
    path.write_bytes(b"".join(before) + GARBAGE[name] + b"\r\n" + b"".join(after))
    broker.start()
    done = Agent(path, tmp_path / "agent", broker.address).start("--as-fast-as-possible")
    assert done.wait(60) == 0, done.output()
    times = {row["time"] for row in topic(broker.address, "raw-data-topic") if "lat" in row}
    assert times == {f"{start + timedelta(seconds=step):%Y-%m-%dT%H:%M:%S}.000Z" for step in range(20)}


@pytest.mark.parametrize("year", [1980, 2080])
def test_a_receiver_with_a_wrong_date_never_sends_it(year, broker, vehicle, receiver):
    broker.start()
    vehicle.start()
    for _ in range(5):
        receiver.fix()
        pace()
    wrong = datetime(year, 1, 6, 12, tzinfo=timezone.utc)
    for step in range(5):
        receiver.tell(rmc(wrong + timedelta(milliseconds=50 * step), 5 + step))
        pace()
    receiver.steps = 10
    for _ in range(5):
        receiver.fix()
        pace()
    vehicle.wait_status(lambda told: told["sources"][0]["readings"] >= 14 and told["records"]["waiting"] == 0,
                        "all is sent")
    rows = topic(broker.address, "raw-data-topic")
    assert len([row for row in rows if "lat" in row]) >= 14
    assert {row["time"][:4] for row in rows} == {str(now().year)}
    assert any("time_uncertain" in row["flags"] for row in rows)


def test_a_recording_with_wrong_dates_keeps_everything_and_flags_them(broker, tmp_path):
    start = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
    times = [start + timedelta(seconds=step) for step in range(10)]
    times[4] = times[4].replace(year=1980)
    times[6] = times[6].replace(year=2080)
    path = tmp_path / "dates.nmea"
    path.write_bytes(b"".join(rmc(time, step) for step, time in enumerate(times)))
    broker.start()
    done = Agent(path, tmp_path / "agent", broker.address).start("--as-fast-as-possible")
    assert done.wait(60) == 0, done.output()
    rows = [row for row in topic(broker.address, "raw-data-topic") if "lat" in row]
    assert len(rows) == 10
    assert {row["time"][:4] for row in rows} == {"2026"}
    assert [index for index, row in enumerate(rows) if "time_uncertain" in row["flags"]] == [4, 6]


@pytest.mark.parametrize("text, problem", [
    ('vehicle.id = "t"\nkafka.broker = ["a:1"]\n', ":2:7: kafka.broker: unknown key, did you mean `kafka.brokers`?"),
    ('vehicle.id = "t"\n[storge]\ncap = "1GiB"\n', ":2:2: storge: unknown key, did you mean `storage`?"),
    ('vehicle.id = "t"\nstorage.cap = "1KiB"\n',
     ':2:9: storage.cap: expected a size such as "64KiB" or "256MiB" from 8MiB to 8GiB, found the text "1KiB"'),
    ('vehicle.id = "t t"\n', ":1:9: vehicle.id: expected 1 to 64 of A-Z a-z 0-9 . _ -, found the text"),
    ('vehicle.id = "t\n', ":1:"),
    ("# nothing\n", ": vehicle.id: missing, expected 1 to 64 of A-Z a-z 0-9 . _ -"),
    ("", ": the file is empty"),
])
def test_a_bad_configuration_is_refused_with_its_place(tmp_path, text, problem):
    config = tmp_path / "agent.toml"
    config.write_text(text)
    for command in ("run", "check-config"):
        done = run([program("odograph-agent"), command, "--config", config], expect=1)
        assert problem in done.stderr and str(config) in done.stderr, done.stderr


def mounted(tmp_path, options: str):
    """A small file system in memory at `tmp_path`/medium; skips by name where mounting is not allowed."""
    medium = tmp_path / "medium"
    medium.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", medium], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"mounting a tmpfs: {done.stderr.strip()}")
    return medium


@pytest.fixture
def medium(tmp_path):
    yield lambda options: mounted(tmp_path, options)
    if (tmp_path / "medium").is_mount():
        subprocess.run(["umount", "-l", tmp_path / "medium"], check=True)


def keeps_going(vehicle: Vehicle, receiver, trouble: str, mend) -> None:
    """The agent tells the trouble in one line, keeps its records in memory, and stores them once it is mended."""
    vehicle.start(f"storage.directory={vehicle.data}")
    vehicle.wait_log(trouble)
    for _ in range(4):
        receiver.fix()
        pace()
    made = vehicle.wait_bulk("made", 1)["records"]["made"]
    assert vehicle.status()["records"]["durable"] == 0
    assert "not storing: " in vehicle.words().splitlines()[0]
    mend()
    status = vehicle.wait_status(lambda told: told["records"]["durable"] >= made, "records made durable", 40)
    assert status["records"]["lost"] == {"ring_full": 0, "evicted": 0, "thinned": 0, "corrupt": 0}
    vehicle.wait_log("storage: well again")
    assert vehicle.log().count(trouble) == 1, vehicle.log()


def refuses_to_replay(vehicle: Vehicle, trouble: str, tmp_path) -> None:
    path = tmp_path / "one.nmea"
    path.write_bytes(rmc(now()))
    done = run([program("odograph-agent"), "replay", path, "--set", f"storage.directory={vehicle.data}",
                "--set", f"status.socket={tmp_path}/replay.sock"], expect=1)
    assert trouble in done.stderr and str(vehicle.data) in done.stderr, done.stderr


def test_a_directory_that_is_read_only(vehicle, receiver, medium, tmp_path):
    vehicle.data = medium("size=32m")
    subprocess.run(["mount", "-o", "remount,ro", vehicle.data], check=True)
    refuses_to_replay(vehicle, "cannot be written (Read-only file system)", tmp_path)
    keeps_going(vehicle, receiver, f"storage: data directory {vehicle.data}: cannot be written (Read-only file system)",
                lambda: subprocess.run(["mount", "-o", "remount,rw", vehicle.data], check=True))


def test_a_directory_that_is_full(vehicle, receiver, medium, tmp_path):
    vehicle.data = medium("size=32m")
    ballast = vehicle.data / "ballast"
    try:
        ballast.write_bytes(bytes(33 << 20))
    except OSError:
        pass
    refuses_to_replay(vehicle, "full", tmp_path)
    keeps_going(vehicle, receiver, f"storage: outbox {vehicle.data}", ballast.unlink)


def test_a_directory_whose_parent_is_missing(vehicle, receiver, tmp_path):
    vehicle.data = tmp_path / "nowhere" / "data"
    keeps_going(vehicle, receiver, f"storage: data directory {vehicle.data}: does not exist",
                lambda: vehicle.data.mkdir(parents=True))


def test_what_could_not_be_stored_to_the_end_is_told(vehicle, receiver, tmp_path):
    vehicle.data = tmp_path / "nowhere" / "data"
    vehicle.start(f"storage.directory={vehicle.data}")
    for _ in range(3):
        receiver.fix()
        pace()
    made = vehicle.wait_bulk("made", 2)["records"]["made"]
    assert vehicle.runs[-1].terminate() == 0
    told = re.search(r"error +(\d+) records could not be stored and are lost: data directory .*: does not exist",
                     vehicle.log())
    assert told and int(told.group(1)) >= made, vehicle.log()


def test_a_file_in_the_directorys_place(vehicle, receiver, tmp_path):
    vehicle.data = tmp_path / "file"
    vehicle.data.write_text("something else\n")
    refuses_to_replay(vehicle, "is not a directory", tmp_path)

    def mend():
        assert vehicle.data.read_text() == "something else\n"
        vehicle.data.unlink()
        vehicle.data.mkdir()
    keeps_going(vehicle, receiver, f"storage: data directory {vehicle.data}: is not a directory", mend)


def test_somebody_elses_database_is_left_alone(vehicle, receiver, tmp_path):
    database = vehicle.data / "outbox.db"
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE theirs (name TEXT)")
        other.execute("INSERT INTO theirs VALUES ('precious')")
    other.close()
    before = database.read_bytes()
    refuses_to_replay(vehicle, "database", tmp_path)

    def mend():
        assert database.read_bytes() == before
        shutil.move(database, tmp_path / "theirs.db")
    keeps_going(vehicle, receiver, str(vehicle.data), mend)


def test_a_file_in_which_nothing_of_ours_is_found_is_kept_and_told(vehicle, receiver, tmp_path):
    noise = os.urandom(50_001)
    kept = vehicle.data / "unrecognised/outbox.db"
    came_of_it = f"nothing of ours was found in it; kept as {kept}"
    (vehicle.data / "outbox.db").write_bytes(noise)
    path = tmp_path / "one.nmea"
    path.write_bytes(rmc(now()))
    said = run([program("odograph-agent"), "replay", path, "--until-stored",
                "--set", f"storage.directory={vehicle.data}", "--set", f"status.socket={tmp_path}/replay.sock"]).stderr
    assert f"storage: a broken file was put aside as {vehicle.data}/quarantine-1, " in said
    # It has all night; the replay had a second.
    vehicle.start(f"storage.directory={vehicle.data}")
    if "nothing of ours" not in said:
        vehicle.wait_log(f"storage: quarantine-1: {came_of_it}")
        assert vehicle.status()["storage"]["rot"]["outcome"] == f"quarantine-1: {came_of_it}"
        assert came_of_it in vehicle.words()
    assert kept.read_bytes() == noise
    receiver.fix()
    vehicle.wait_bulk("durable", 1)


def test_a_limit_on_the_size_of_files_is_an_error_like_others(vehicle, receiver):
    """As systemd's LimitFSIZE sets it; the signal that comes with it would end the agent."""
    vehicle.start()
    agent = vehicle.runs[-1].process.pid
    before = resource.prlimit(agent, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    receiver.fix()
    vehicle.wait_log("storage: outbox ")
    for _ in range(3):
        receiver.fix()
        pace()
    made = vehicle.wait_bulk("made", 2)["records"]["made"]
    resource.prlimit(agent, resource.RLIMIT_FSIZE, before)
    status = vehicle.wait_status(lambda told: told["records"]["durable"] >= made, "records made durable", 40)
    assert sum(status["records"]["lost"].values()) == 0
