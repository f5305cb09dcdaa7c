"""The outbox on real file systems that turn read-only: a tmpfs, and an ext4 on a loop device."""

import subprocess

import pytest

from tests.conftest import missing
from tests.support.programs import run, tool


@pytest.fixture
def can_mount(tmp_path):
    """Tries what the program will do."""
    image, point = tmp_path / "image", tmp_path / "point"
    image.write_bytes(bytes(8 << 20))
    point.mkdir()
    for command in (["mkfs.ext4", "-q", "-F", image], ["mount", "-o", "loop", image, point], ["umount", point]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except FileNotFoundError as error:
            missing(str(error))
        if done.returncode != 0:
            missing(f"mounting a file needs root and loop devices: {done.stderr.strip()}")


@pytest.mark.parametrize("name", ["AReadOnlyStartIsToldAndEndsWithTheMountsReadOnly",
                                  "AFileSystemThatGivesUpWhileItIsWrittenToIsTakenUpAgain",
                                  "ARemountWithoutBarriersIsSeenAndSoIsTheOneWithThem"])
def test_mounts(can_mount, name):
    done = run([tool("storage_mounts"), f"--gtest_filter=Mount.{name}"], deadline_s=60)
    assert "1 test from 1 test suite ran" in done.stdout
