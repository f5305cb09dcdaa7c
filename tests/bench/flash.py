"""Bytes to the flash a record, at the block layer: the outbox beside raw logs and SQLite used plainly."""

import json
from pathlib import Path

from tests.bench import device
from tests.bench.table import Against, Row, Section, less_than, of
from tests.support.programs import bench, run

_TITLE = "Bytes to the flash"
# Records a commit, and how much less than a row each is the goal.
_PACES = ((10, 15), (60, 75))
_RAW_GOAL = "<= 1.5"


class Size:
    """`outage`: commits that are kept first, so that the file is one that has seen some life."""

    def __init__(self, quick: bool):
        self.outage, self.warm_up, self.commits = (200, 150, 150) if quick else (1000, 300, 600)
        self.rows_warm_up, self.rows = (1_200, 500) if quick else (3_000, 2_000)


def _device_bytes(directory: Path, way: str, runs: int = 1, **options: int) -> float:
    """Bytes a record, of the last of `runs` on one device."""
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    with device.fresh(directory) as target:
        folder = target.path / "data"
        folder.mkdir()
        for _ in range(runs):
            told = json.loads(run([bench("flash_bench"), way, folder, "--stat", target.stat, *words],
                                  deadline_s=600).stdout)
    return told["device"] / told["records"]


def _rows(directory: Path, size: Size, per_commit: int, goal: int, row_each: float) -> list[Row]:
    seasoned = {"per_commit": per_commit, "outage": size.outage, "warm_up": size.warm_up, "commits": size.commits}
    append = _device_bytes(directory, "append", per_commit=per_commit, commits=size.commits)
    prewritten = _device_bytes(directory, "prewritten", per_commit=per_commit, commits=size.commits)

    def against(value: float) -> list[Against]:
        return [of(value, "append and fdatasync", append, _RAW_GOAL),
                of(value, "the same, file written before", prewritten),
                less_than(value, "a row and a commit a record", row_each, f">= {goal}")]

    rows = []
    drive = {"per_commit": per_commit, "commits": 7200 // per_commit}
    for what, way, options in (("sent and deleted", "outbox", seasoned), ("kept, no broker", "outbox-kept", seasoned),
                               ("a first drive of 2 h", "outbox", drive),
                               ("a later one, start and end in it", "outbox", drive | {"runs": 2}),
                               ("the same with storage.hold", "outbox-hold", drive | {"runs": 2})):
        value = _device_bytes(directory, way, **options)
        rows.append(Row(f"{per_commit} records a commit, {what}", value, "B/record", against(value)))
    return rows


def section(directory: Path, quick: bool) -> Section:
    size = Size(quick)
    row_each = _device_bytes(directory, "rows", per_commit=1, warm_up=size.rows_warm_up, commits=size.rows)
    rows = [row for per_commit, goal in _PACES for row in _rows(directory, size, per_commit, goal, row_each)]
    note = ("Sectors that a loop device with ext4 (blocks of 4096 bytes) got, the file system's journal included; a "
            "1 Hz drive on an injected clock, what is sent acknowledged a second later. The file has been through an "
            "outage before, and every WAL has come to its length, SQLite's too, but for the first drive: there making "
            "the files counts. Commits follow each other at once; where they are seconds apart ext4's journal adds to "
            "each.")
    return Section(_TITLE, note, rows)
