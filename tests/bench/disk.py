"""Bytes to disk a record: the outbox, beside what the file system asks for at the least and SQLite used plainly.

Counted is what a process gave the file system to write, by the kernel (write_bytes of /proc/PID/io): whole pages.
"""

import multiprocessing
import os
import sqlite3
from pathlib import Path

from tests.bench.table import Row, Section, less_than, of
from tests.bench.watched import Watched, settings
from tests.support.programs import program, run

_ROWS_ALONE = 1_000  # As many as show what a row costs: each is the same.


def _counted(work, *arguments) -> int:
    """The bytes that `work` gives the file system to write, in a process of its own."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=lambda: (work(*arguments), theirs.send(_own_written_bytes())))
    child.start()
    child.join()
    assert child.exitcode == 0
    return ours.recv()


def _own_written_bytes() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("write_bytes:")))


def _append(path: Path, payloads: list[bytes]) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for payload in payloads:
        os.write(file, payload)
        os.fdatasync(file)
    os.close(file)


def _row_each(path: Path, rows: list[bytes]) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE records(id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
    for row in rows:
        database.execute("INSERT INTO records(payload) VALUES(?)", (row,))
    database.close()


class Pace:
    """A recording replayed so fast that commits come as full as in a vehicle, only sooner."""

    def __init__(self, records_per_commit: int, commit_ms: int):
        self.records_per_commit, self.commit_ms = records_per_commit, commit_ms
        self.speed = records_per_commit * 1000 / commit_ms


PACES = (Pace(10, 50), Pace(60, 100))


class _Paced:
    """An agent at a pace, with a broker or with none."""

    def __init__(self, home: Path, drive: Path, pace: Pace, brokers: str):
        home.mkdir()
        words = settings(home, storage__commit_bulk=f"{pace.commit_ms}ms", kafka__brokers=f'["{brokers}"]',
                         kafka__send_interval="100ms")
        self.agent = Watched(["replay", drive, *words, "--speed", pace.speed, "--stay"], home)
        self.before = self.agent.status()

    def settle(self) -> None:
        """Waits until everything is durable, notes what there is, and asks the agent to end."""
        after = self.agent.wait_for_status("the drive's end", lambda status: status["replay"]["progress"] >= 1
                                           and status["records"]["made"] == status["records"]["durable"])
        self.records = after["records"]["durable"] - self.before["records"]["durable"]
        self.commits = after["storage"]["commits"] - self.before["storage"]["commits"]
        self.agent.ask_to_end()

    def end(self) -> tuple[float, float]:
        """Bytes a record, and records a commit."""
        return self.agent.end() / self.records, self.records / self.commits

    def payloads(self) -> list[bytes]:
        with sqlite3.connect(self.agent.home / "data/outbox.db") as database:
            return [payload for (payload,) in database.execute("SELECT payload FROM bulk ORDER BY id")]


def _rows_of(directory: Path, sending: _Paced, keeping: _Paced) -> list[Row]:
    sent, per_commit = sending.end()
    kept, _ = keeping.end()
    chunks = keeping.payloads()
    directory.mkdir()
    raw = _counted(_append, directory / "raw", chunks) / len(chunks) / per_commit
    size = max(1, round(sum(map(len, chunks)) / len(chunks) / per_commit))
    row_each = _counted(_row_each, directory / "rows.db", [os.urandom(size)] * _ROWS_ALONE) / _ROWS_ALONE
    told = f"{per_commit:.0f} records a commit"
    against = [("an append and fdatasync of the same", of, raw), ("a row and a commit a record", less_than, row_each)]
    return [Row(f"{told}, {what}", value, "B/record", [how(value, name, other) for name, how, other in against])
            for what, value in (("sent and deleted", sent), ("kept, no broker", kept))]


def section(directory: Path, brokers: str, seconds: float) -> Section:
    """Runs all paces side by side, `seconds` long: bytes do not depend on who else is at work."""
    paced = []
    for pace in PACES:
        drive = directory / f"drive{pace.records_per_commit}.nmea"
        log = run([program("odograph-sim"), "drive", "--seconds", round(seconds * pace.speed), "--seed", "7"]).stdout
        drive.write_text(log)
        name = str(pace.records_per_commit)
        sending = _Paced(directory / f"sending{name}", drive, pace, brokers)
        keeping = _Paced(directory / f"keeping{name}", drive, pace, "127.0.0.1:1")
        paced.append((directory / f"beside{name}", sending, keeping))
    for _, *agents in paced:
        for agent in agents:
            agent.settle()
    rows = [row for one in paced for row in _rows_of(*one)]
    note = ("What the process gave the file system to write, closing the file included; the file system's own journal "
            "is not in it. A replay also stores its place in the recording, which a vehicle does not. Beside it "
            "SQLite: WAL, synchronous=FULL, rows as small as ours.")
    return Section("Bytes to disk", note, rows)
