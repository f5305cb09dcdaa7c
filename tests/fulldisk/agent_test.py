"""The real agent on a disk that is too small for what is configured, and then full."""

import errno
import os
import signal

import pytest

from tests.e2e.vehicle import Receiver, Vehicle
from tests.fulldisk.full_disk_test import mounted
from tests.support.ports import free_port
from tests.support.wait import pace

_DISK_MIB = 32


class Filler:
    """Takes every byte that there is."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def close(self) -> None:
        os.close(self._fd)

    def fill(self) -> None:
        for size in (1 << 20, 4096, 1):
            while self._write(size):
                pass

    def _write(self, size: int) -> bool:
        try:
            return os.write(self._fd, bytes(size)) > 0
        except OSError as full:
            assert full.errno == errno.ENOSPC
            return False


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_the_agent_says_how_much_room_it_has_and_keeps_storing_in_it(kind, tmp_path):
    with mounted(tmp_path, kind, _DISK_MIB) as medium:
        receiver = Receiver(tmp_path / "gps")
        vehicle = Vehicle(medium / "home", f"127.0.0.1:{free_port()}", receiver.path)
        filler = Filler(medium / "ballast")
        try:
            _full_disk(vehicle, receiver, filler)
        finally:
            vehicle.end()
            receiver.unplug()
            filler.close()


def _full_disk(vehicle: Vehicle, receiver: Receiver, filler: Filler) -> None:
    vehicle.start("storage.cap=64MiB")
    storage = vehicle.status()["storage"]
    assert storage["reserved"] == "part" and storage["wanted_cap_bytes"] == 64 << 20
    assert 15 << 20 < storage["cap_bytes"] < _DISK_MIB << 20
    line = next(line for line in vehicle.words().splitlines() if line.startswith("room "))
    assert line.endswith(" MiB of the 64.0 MiB configured: the disk has no room for more")
    waiting = 0
    for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        for _ in range(20):
            filler.fill()
            receiver.fix()
            pace()
        now = vehicle.wait_status(lambda now: now["lanes"]["bulk"]["waiting"] >= waiting + 15, "more is stored")
        assert now["storage"]["state"] == "ok", now["storage"]
        waiting = now["lanes"]["bulk"]["waiting"]
        vehicle.runs[-1].process.send_signal(end)
        vehicle.runs[-1].process.wait(timeout=10)
        filler.fill()
        vehicle.start("storage.cap=64MiB")
        assert vehicle.status()["lanes"]["bulk"]["waiting"] >= waiting
    print(vehicle.words())
