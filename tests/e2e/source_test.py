"""What `odograph-agent run` makes of its sources: a file, a folder, what cannot be waited for, none at all."""

import os
import shutil
import stat
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.parts import topic
from tests.e2e.vehicle import now, rmc
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for


def test_a_file_waits_for_the_storage_and_is_read_to_its_end(vehicle, broker, tmp_path):
    start = now() - timedelta(hours=9)
    path = tmp_path / "drive.nmea"
    # More than the rings hold while nothing can be stored, nor sent from memory.
    path.write_bytes(b"".join(rmc(start + timedelta(seconds=step), step % 1000) for step in range(30_000)))
    vehicle.device = path
    vehicle.data = tmp_path / "nowhere" / "data"
    vehicle.write_config()
    vehicle.start()
    full = vehicle.wait_bulk("made", 10_000)
    assert full["sources"][0]["open"] and full["sources"][0]["readings"] < 30_000
    vehicle.data.mkdir(parents=True)
    vehicle.wait_status(lambda told: told["sources"][0]["ended"], "the end of the file, stored")
    broker.start()
    told = vehicle.wait_status(lambda told: told["sources"][0]["ended"] and told["records"]["waiting"] == 0,
                               "the end of the file, sent")
    source = told["sources"][0]
    assert source["ended"] == f"{path} was read to its end" and not source["open"] and source["trouble"] == ""
    assert source["readings"] == 30_000 and source["reopened"] == 0 and source["bytes"] == path.stat().st_size
    assert told["records"]["lost"] == {"ring_full": 0, "evicted": 0, "thinned": 0, "corrupt": 0}
    assert told["lanes"]["bulk"]["acked"] == 30_000
    assert vehicle.words().splitlines()[0] == "idle; nothing waits"
    assert f"source    gps: {path} was read to its end, 30,000 readings" in vehicle.words()
    vehicle.wait_log(f"info    source gps: {path} was read to its end, 30,000 readings")
    assert sum("lat" in row for row in topic(broker.address, "raw-data-topic")) == 30_000


@pytest.mark.parametrize("device, trouble", [
    ("/dev/null", "cannot wait for its data: Operation not supported"),
    ("/", "open /: Is a directory"),
    ("/nowhere/ttyUSB9", "open /nowhere/ttyUSB9: No such file or directory"),
])
def test_what_cannot_be_read_is_told_and_tried_again(vehicle, device, trouble):
    vehicle.device = device
    vehicle.write_config()
    vehicle.start()
    vehicle.wait_log(f"warning source gps: {trouble}")
    told = vehicle.wait_status(lambda told: told["sources"][0]["reopened"] >= 2, "two more attempts")
    assert told["sources"][0]["trouble"] == trouble
    assert vehicle.words().startswith("source gps is not open; ")
    assert f"source    gps: not open ({trouble}), 0 readings" in vehicle.words()
    assert vehicle.log().count(trouble) == 1, vehicle.log()


@pytest.mark.parametrize("mode, who_may", [(0o660, " (members of the group root may)"), (0o600, "")])
def test_a_device_that_is_for_a_group_names_it(mode, who_may, vehicle):
    if os.geteuid() != 0:
        pytest.skip("making a device and running as somebody else: not root")
    # The folders of pytest and of the build may be closed to others.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        device = Path(folder) / "ttyUSB0"
        os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        os.chmod(device, mode)
        agent = shutil.copy(program("odograph-agent"), folder)
        vehicle.device = device
        vehicle.write_config()
        config = shutil.copy(vehicle.config, folder)
        os.chmod(config, 0o644)
        command = [str(agent), "run", "--config", str(config), "--set", f"storage.directory={folder}/data"]
        with Background(command, user=65534, group=65534, extra_groups=[]) as running:
            wait_for(lambda: f"open {device}: Permission denied{who_may}\n" in running.output(), 20, "who may read it")


def test_without_a_source_it_says_that_nothing_is_read(vehicle, broker):
    vehicle.device = None
    vehicle.write_config()
    doubt = "no source is configured ([[source]]): nothing will be read"
    checked = run([program("odograph-agent"), "check-config", "--config", vehicle.config])
    assert checked.stderr == f"odograph-agent: warning: {doubt}\n"
    assert checked.stdout.startswith("The configuration is sound")
    broker.start()
    vehicle.start()
    vehicle.wait_log(f"warning {doubt}")
    vehicle.wait_status(lambda told: told["sending"]["state"] == "idle" and told["records"]["acked"] > 0, "all is sent")
    assert vehicle.words().splitlines()[0] == "nothing is read: no source is configured; idle; nothing waits"


def test_with_a_source_there_is_nothing_to_doubt(vehicle):
    assert run([program("odograph-agent"), "check-config", "--config", vehicle.config]).stderr == ""
