"""File systems that are full to the last byte: the outbox keeps taking records in, by its policy (README.md)."""

import json
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.programs import run, tool

_SIZE_MIB = 24


def _mount(commands) -> None:
    for command in commands:
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
        except FileNotFoundError as error:
            missing(str(error))
        if done.returncode != 0:
            missing(f"mounting needs root, and loop devices for a file: {done.stderr.strip()}")


@contextmanager
def mounted(folder: Path, kind: str, size_mib: int = _SIZE_MIB):
    """An empty file system of that kind, in `folder`."""
    image, medium = folder / "image", folder / "medium"
    medium.mkdir()
    if kind == "tmpfs":
        _mount([["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", medium]])
    else:
        with image.open("wb") as file:
            file.truncate(size_mib << 20)
        _mount([[f"mkfs.{kind}", "-q", "-F", "-b", "4096", image], ["mount", "-o", "loop", image, medium]])
    try:
        yield medium
    finally:
        run(["umount", "--lazy", medium])


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_full_disk_is_no_reason_to_stop(kind, tmp_path):
    with mounted(tmp_path, kind) as medium:
        done = run([tool("fulldisk"), medium], deadline_s=200)
    print(done.stdout)
    assert done.stdout.startswith("kept: ")
    assert "beside a broken file: cap 1024 KiB" in done.stdout
    if folder := os.environ.get("ODOGRAPH_FIGURES"):
        commits = int(re.match(r"kept: (\d+) commits", done.stdout)[1])
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"fulldisk-{kind}.json").write_text(json.dumps({"commits": commits}) + "\n")


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_without_its_room_it_stops_as_soon_as_the_disk_is_full(kind, tmp_path):
    """The negative control: else the test above would see nothing."""
    with mounted(tmp_path, kind) as medium:
        done = run([tool("fulldisk"), medium, "--control", "unreserved"], deadline_s=60, expect=1)
    assert "BROKEN: not durable" in done.stdout
    assert "database or disk is full" in done.stdout


def test_a_file_system_that_cannot_hold_room_is_told(tmp_path):
    with mounted(tmp_path, "ext3") as medium:
        done = run([tool("fulldisk"), medium], deadline_s=60, expect=1)
    assert "not all is reserved: this file system cannot hold room for a file" in done.stdout
