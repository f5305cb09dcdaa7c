"""`./dev demo`: its live picture, which a backlog never moves back, and its end, when all that was made has arrived."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import REPOSITORY, program, run
from simulator.told import Alerts, Newest, stands_at_the_end

DEMO = (sys.executable, str(REPOSITORY / "simulator/demo.py"))
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}


def report(second: int, lane: str = "BULK", **more) -> dict:
    return {"report": {"vehicle_id": "truck-1", "lane": lane, "time": f"2026-03-01T08:00:{second:02}.000Z",
                       "position": {"lat": second, "lon": 8.5}, "speed_mps": 10.0} | more}


@pytest.mark.parametrize("told, as_of", [
    ([report(1), report(2)], "08:00:02"),
    ([report(2), report(1)], "08:00:02"),
    ([report(1), report(50, "LIVE")], "08:00:50*"),
    ([report(50, "LIVE"), report(2), report(49)], "08:00:50*"),
    ([report(50, "LIVE"), report(51)], "08:00:51"),
    ([report(50), report(50, "LIVE")], "08:00:50"),
], ids=["in-order", "late", "preview", "backlog-behind-a-preview", "caught-up", "preview-of-what-came"])
def test_the_newest_event_time_of_any_lane_counts(told, as_of):
    newest = Newest()
    for one in told:
        newest.add(one)
    assert newest.words_of("truck-1") == ("36", f"{int(as_of[6:8]):.5f} 8.50000", as_of)


def test_what_tells_no_place_moves_nothing():
    newest = Newest()
    newest.add(report(1))
    without = report(2)
    del without["report"]["position"]
    newest.add(without)
    undated = report(3)
    del undated["report"]["time"]
    with pytest.raises(KeyError):
        newest.add(undated)
    assert newest.words_of("truck-1")[2] == "08:00:01"
    assert newest.words_of("truck-2") == ("-", "not heard of yet", "-")


def test_alerts_of_other_vehicles_are_not_shown():
    alerts = Alerts({"truck-1"})
    for vehicle in ("truck-1", "truck-2"):
        alerts.add({"alert_id": vehicle, "vehicle_id": vehicle, "state": "RAISED"})
    assert list(alerts.by_id) == ["truck-1"]


ASSIGNED = "assigned: raw-data-topic partitions 0, 1\n"
FIRST, SECOND = (f"read to the end: raw-data-topic partition {number}\n" for number in (0, 1))


@pytest.mark.parametrize("log, stands", [
    ("", False), (ASSIGNED, False), (ASSIGNED + FIRST, False), (ASSIGNED + SECOND + FIRST, True),
    (FIRST + SECOND, False), (ASSIGNED + FIRST + SECOND + ASSIGNED, False),
    ("assigned: raw-data-topic partition 1\n" + SECOND, True),
], ids=["nothing", "assigned", "one-of-two", "both", "never-assigned", "assigned-anew", "one-of-one"])
def test_the_processor_stands_at_the_end_of_all_that_it_was_given(log, stands):
    assert stands_at_the_end(log) is stands


@pytest.mark.parametrize("source", ["simulated", "replayed"])
def test_it_ends_when_all_that_was_made_has_arrived_and_says_so(tmp_path, source):
    words = []
    if source == "replayed":
        log = tmp_path / "drive.nmea"
        log.write_text(run([program("odograph-sim"), "drive", "--seconds", 3600]).stdout)
        words = ["--replay", log, "--speed", 20]
    done = run([*DEMO, "--seconds", 3, "--vehicles", 2, *words], deadline_s=90, cwd=REPOSITORY, env=ENVIRONMENT)
    made, stored, acked = re.search(r"made (\d+) records; (\d+) stored, (\d+) acknowledged", done.stdout).groups()
    assert made == stored == acked != "0", done.stdout
    assert f"the processor read {made} records" in done.stdout
    assert "none waits" in done.stdout


def processes_of(directory) -> list[str]:
    """The command lines that name it."""
    pages = [path for path in Path("/proc").glob("[0-9]*/cmdline") if path.parent.name != str(os.getpid())]
    found = []
    for page in pages:
        with contextlib.suppress(OSError):
            found.append(page.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if str(directory) in line]


@pytest.mark.parametrize("end", ["the reader goes", "the terminal is closed"])
def test_it_leaves_nothing_behind_where_nobody_looks_any_more(tmp_path, end):
    # What goes wrong besides is an error on its standard error.
    with subprocess.Popen([*DEMO, "--vehicles", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, cwd=REPOSITORY,
                          env=ENVIRONMENT | {"TMPDIR": str(tmp_path)}) as demo:
        demo.stdout.readline()
        assert len(processes_of(tmp_path)) >= 2, "the processor and the agent"
        demo.stdout.close()
        if end == "the terminal is closed":
            demo.send_signal(signal.SIGHUP)
        said = demo.stderr.read()
        assert demo.wait(60) == 0 and said == ""
    assert not processes_of(tmp_path) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_time_that_is_none_is_refused(seconds):
    said = run([*DEMO, f"--seconds={seconds}"], expect=2, cwd=REPOSITORY, env=ENVIRONMENT).stderr
    assert f"argument --seconds: expected a number above 0, found '{seconds}'" in said
