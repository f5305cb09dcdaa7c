"""`odograph-agent replay`: killed, resumed, begun anew; packed and damaged recordings; the progress bar."""

import fcntl
import gzip
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
from datetime import datetime

import pytest

from tests.e2e.parts import Agent, holes, topic, without_repeats
from tests.support.programs import die_with_parent, program, run
from tests.support.wait import wait_for

FAST = "--as-fast-as-possible"


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """A drive of 25 min at 1 Hz, with its tunnels and gaps."""
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seed", "7", "--seconds", 1500]).stdout)
    return path


@pytest.fixture(scope="module")
def epochs(drive):
    return len({line.split(",")[1] for line in drive.read_text().splitlines() if line.startswith("$GPRMC")})


def replay(path, directory, *more, brokers="127.0.0.1:1", expect=0):
    """A replay to its end; returns what it said."""
    agent = Agent(path, directory, brokers)
    running = agent.start(*more)
    code = running.wait(60)
    assert code == expect, running.output()
    return running.output()


def told(rows):
    """What the records say, without the numbers of the runs that made them."""
    return [{key: row.get(key) for key in ("time", "lat", "lon", "speed", "track", "flags", "reason")}
            for row in rows if row["lane"] == "bulk"]


def test_a_killed_replay_goes_on_where_it_ended(drive, epochs, broker, tmp_path):
    broker.start()
    replay(drive, tmp_path / "whole", FAST, brokers=broker.address)
    whole = topic(broker.address, "raw-data-topic")
    broker.stop()
    broker.start()  # Empty again.
    agent = Agent(drive, tmp_path / "killed", broker.address)
    for kill_at in (400, 900):
        agent.start("--speed", "300")
        assert agent.wait_durable(kill_at) < epochs
        agent.runs[-1].kill()
    assert agent.start(FAST).wait(60) == 0, agent.runs[-1].output()
    rows, _ = without_repeats(topic(broker.address, "raw-data-topic"))
    assert not holes(rows)
    assert len(told(rows)) == epochs
    # A topic of several partitions has one of them per vehicle, so that the order is the lane's.
    assert told(rows) == told(whole)


def test_a_finished_replay_says_so_and_restart_begins_anew(drive, epochs, tmp_path):
    first = replay(drive, tmp_path / "agent", FAST, "--until-stored")
    assert f"done: {epochs + 1:,} records made" in first
    again = replay(drive, tmp_path / "agent", FAST, "--until-stored")
    assert "this recording was replayed to its end before; --restart begins anew" in again
    assert f"done: 1 record made, the agent's own, 1 durable, {epochs:,} more were so before" in again
    anew = replay(drive, tmp_path / "agent", FAST, "--until-stored", "--restart")
    assert f"done: {epochs + 1:,} records made" in anew and f"{3 + 2 * epochs:,} wait for the broker" in anew


@pytest.mark.parametrize("pace", [(FAST,), ("--speed", "1.5")])
def test_no_record_is_stamped_with_a_time_to_come(drive, tmp_path, pace):
    said = replay(drive, tmp_path / "data", "--restamp", *pace, expect=1)
    assert "--restamp" in said and "expected --speed of 1" in said
    assert not (tmp_path / "data/data").exists()


def test_records_are_restamped_as_of_now(drive, broker, tmp_path):
    broker.start()
    begun = time.time()
    few = tmp_path / "few.nmea"
    few.write_text("".join(drive.read_text().splitlines(keepends=True)[:12]))
    replay(few, tmp_path / "data", "--restamp", brokers=broker.address)
    times = [row["time"] for row in topic(broker.address, "raw-data-topic") if "lat" in row]
    stamps = [datetime.fromisoformat(one).timestamp() for one in times]
    assert stamps and all(begun - 1 <= one <= time.time() for one in stamps), times


@pytest.mark.parametrize("packed", ["gz", "zst"])
def test_packed_recordings_give_the_same_records(drive, epochs, tmp_path, packed):
    path = tmp_path / f"drive.{packed}"
    if packed == "gz":
        path.write_bytes(gzip.compress(drive.read_bytes()))
    else:
        run(["zstd", "-q", drive, "-o", path])
    assert f"done: {epochs + 1:,} records made" in replay(path, tmp_path / "agent", FAST, "--until-stored")


def test_of_a_damaged_recording_everything_before_the_damage_is_kept(drive, epochs, tmp_path):
    path = tmp_path / "drive.gz"
    packed = gzip.compress(drive.read_bytes())
    path.write_bytes(packed[:len(packed) // 2])
    said = replay(path, tmp_path / "agent", FAST, "--until-stored", expect=1)
    assert f"{path}: damaged compression before byte " in said
    assert "cut short" in said and "what came before is kept" in said
    kept = int(said.split(" durable")[0].rsplit(" ", 1)[1].replace(",", ""))
    assert epochs * 0.3 < kept < epochs * 0.7


@pytest.mark.parametrize("what, reason", [
    ("missing", "No such file or directory"), ("folder", "is a directory"),
])
def test_what_is_no_recording_is_refused(tmp_path, what, reason):
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    assert f"open recording {path}: {reason}" in replay(path, tmp_path / "agent", expect=1)


def test_a_data_directory_that_cannot_be_made_is_told(drive, tmp_path):
    said = replay(drive, tmp_path / "agent", "--set", "storage.directory=/sys/odograph", expect=1)
    assert said.startswith("odograph-agent: data directory /sys/odograph: cannot be created: "), said


def on_terminal(command):
    """Runs `command` with a terminal of 80 columns as its stderr; a way to read it, and the process."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stderr=theirs,
                               preexec_fn=die_with_parent)
    os.close(theirs)
    seen = bytearray()

    def read() -> str:
        os.set_blocking(ours, False)
        try:
            while piece := os.read(ours, 4096):
                seen.extend(piece)
        except OSError:  # Nothing now, or nothing any more.
            pass
        return seen.decode()
    return read, process


def test_a_bar_is_drawn_for_a_person_and_control_c_ends_it(drive, epochs, tmp_path):
    agent = Agent(drive, tmp_path / "agent", "127.0.0.1:1")
    agent.directory.mkdir()
    read, process = on_terminal([*agent._command, "--speed", "100", "--until-stored"])
    wait_for(lambda: "drive.nmea " in read() and "#" in read(), 20, "the bar")
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert process.wait(5) == 0 and time.monotonic() - began < 5
    assert "stopped: " in read() and "the next replay goes on here" in read()
    done = agent.start(FAST, "--until-stored")
    assert done.wait(30) == 0
    counts = re.search(r"done: ([0-9,]+) records made .*, ([0-9,]+) more were so before", done.output())
    assert sum(int(count.replace(",", "")) for count in counts.groups()) == epochs + 1, done.output()
    assert "#" not in done.output() and "\r" not in done.output(), "a bar without a terminal"


def test_records_go_out_as_the_vehicle_that_made_them(drive, epochs, broker, tmp_path):
    replay(drive, tmp_path / "one", FAST, "--until-stored")
    broker.start()
    agent = Agent(drive, tmp_path / "one", broker.address, "vehicle.id=truck-18")
    assert agent.start("--stay").running()
    told_before = "vehicle.id is truck-18, and was truck-17 when "
    wait_for(lambda: told_before in agent.runs[-1].output(), 20, "the change is told")
    wait_for(lambda: (agent.status() or {"records": {"waiting": 1}})["records"]["waiting"] == 0, 60, "all is sent")
    assert agent.status()["vehicle_before"] == "truck-17"
    # A preview is of the vehicle that sends it.
    rows = [row for row in topic(broker.address, "raw-data-topic") if row["lane"] != "live"]
    made = {vehicle: sum(row["vehicle_id"] == vehicle for row in rows) for vehicle in ("truck-17", "truck-18")}
    # The boot record of each start, too.
    assert made == {"truck-17": epochs + 1, "truck-18": 1}
    assert agent.runs[-1].terminate() == 0
