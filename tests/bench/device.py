"""A real ext4 on a loop device: what reaches a block device is counted there, and can be copied as it is."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import run

_SIZE = 1 << 30
_SECTOR_BYTES = 512  # Of the statistics, whatever the device's own are.
_SECTORS_WRITTEN = 6  # Field of /sys/block/X/stat, from 0.
_NEEDED = ("losetup", "mkfs.ext4", "mount", "umount")


def why_not() -> str:
    """Why there can be no device here; empty if there can."""
    if os.geteuid() != 0:
        return "needs root"
    missing = [name for name in _NEEDED if not shutil.which(name)]
    if missing:
        return "needs " + ", ".join(missing)
    return "" if Path("/dev/loop-control").exists() else "needs loop devices"


class Device:
    """Mounted at `path` while it lives; `image` is what the device holds."""

    def __init__(self, image: Path, path: Path, loop: str):
        self.image, self.path = image, path
        self.stat = Path(f"/sys/block/{Path(loop).name}/stat")

    def written_bytes(self) -> int:
        """All that was written to the device so far, the file system's own journal included."""
        subprocess.run(["sync", "-f", self.path], check=True)
        return int(self.stat.read_text().split()[_SECTORS_WRITTEN]) * _SECTOR_BYTES


@contextmanager
def _mounted(image: Path):
    with tempfile.TemporaryDirectory(prefix="odograph-device-") as path:
        loop = run(["losetup", "--find", "--show", "--direct-io=on", image]).stdout.strip()
        try:
            run(["mount", "-o", "noatime", loop, path])
            try:
                yield Device(image, Path(path), loop)
            finally:
                run(["umount", path], deadline_s=60)
        finally:
            run(["losetup", "--detach", loop])


@contextmanager
def fresh(directory: Path):
    """An empty ext4 with blocks of 4096 bytes, as gateways have it; its image is in `directory`."""
    with tempfile.TemporaryDirectory(prefix="device-", dir=directory) as folder:
        image = Path(folder) / "image"
        with open(image, "wb") as file:
            file.truncate(_SIZE)
        # Nothing of its own making is left to be written while something else is measured.
        run(["mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], deadline_s=120)
        with _mounted(image) as device:
            yield device


@contextmanager
def after_power_cut(device: Device):
    """Another device with what this one holds at this moment, without a flush; the one in use is left alone."""
    copy = device.image.with_name("cut")
    run(["cp", "--sparse=always", device.image, copy], deadline_s=120)
    try:
        with _mounted(copy) as cut:
            yield cut
    finally:
        copy.unlink()
