"""The real agent on a medium that hangs: a frozen file system lets no write come back until it is thawed."""

import signal
import subprocess
from contextlib import contextmanager

from tests.conftest import missing
from tests.e2e.vehicle import Receiver, Vehicle
from tests.fulldisk.full_disk_test import mounted
from tests.support.ports import free_port
from tests.support.programs import run
from tests.support.wait import pace, wait_for

_HANGS = "the medium hangs, a call has not come back"


@contextmanager
def frozen(medium):
    try:
        done = subprocess.run(["fsfreeze", "--freeze", medium], capture_output=True, text=True, timeout=60)
    except FileNotFoundError as error:
        missing(str(error))
    if done.returncode != 0:
        missing(f"freezing a file system: {done.stderr.strip()}")
    try:
        yield
    finally:
        run(["fsfreeze", "--unfreeze", medium])


def test_a_medium_that_hangs_is_told_and_does_not_keep_the_agent_from_ending(tmp_path):
    with mounted(tmp_path, "ext4", 32) as medium:
        receiver = Receiver(tmp_path / "gps")
        vehicle = Vehicle(tmp_path / "home", f"127.0.0.1:{free_port()}", receiver.path)
        data = f"storage.directory={medium}/data"
        try:
            vehicle.start(data, "storage.cap=8MiB")
            for _ in range(3):
                receiver.fix()
                pace()
            before = vehicle.wait_bulk("durable", 2)["lanes"]["bulk"]["durable"]
            process = vehicle.runs[-1].process
            with frozen(medium):
                for _ in range(5):
                    receiver.fix()
                    pace()
                told = vehicle.wait_status(lambda now: now["storage"]["state"] == "hanging", "it is noticed", 60)
                assert told["storage"]["hanging_s"] >= 10 and told["storage"]["trouble"].endswith(_HANGS)
                assert vehicle.words().startswith(f"not storing: data directory {medium}/data: {_HANGS} since ")
                waits = vehicle.wait_status(lambda now: now["lanes"]["bulk"]["made"] >= before + 4, "records wait")
                assert waits["lanes"]["bulk"]["durable"] <= before + 1 and waits["records"]["lost"]["ring_full"] == 0
                vehicle.wait_log(f"storage: data directory {medium}/data: {_HANGS}")
                process.send_signal(signal.SIGTERM)
                # As far as it can: the kernel keeps a thread that it has put to sleep, and with it the process.
                wait_for(lambda: "stopped without storage" in vehicle.log(), 30, "the end")
                assert "records are not durable and may be lost" in vehicle.log()
                assert vehicle.log().count(f"storage: data directory {medium}/data: {_HANGS}") == 1
                assert not vehicle.socket.exists()
            assert process.wait(timeout=60) == 1
            vehicle.start(data)
            assert vehicle.status()["lanes"]["bulk"]["waiting"] >= before
        finally:
            vehicle.end()
            receiver.unplug()
