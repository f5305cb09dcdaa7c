"""The real agent, whose data directory somebody removes while it runs: nothing is lost, and it says so."""

import shutil

from tests.e2e.parts import topic
from tests.e2e.vehicle import Broker, Receiver, Vehicle
from tests.support.wait import pace


def test_a_data_directory_that_is_removed_is_made_again_and_what_it_held_is_sent(tmp_path):
    receiver, broker = Receiver(tmp_path / "gps"), Broker()
    vehicle = Vehicle(tmp_path / "home", broker.address, receiver.path)
    vehicle.data.chmod(0o750)
    try:
        vehicle.start("storage.cap=8MiB")
        for _ in range(5):
            receiver.fix()
            pace()
        before = vehicle.wait_bulk("durable", 4)["records"]["durable"]
        shutil.rmtree(vehicle.data)
        for _ in range(5):
            receiver.fix()
            pace()
        told = vehicle.wait_status(lambda now: now["storage"]["rot"]["files_rescued"] == 1, "it is noticed", 60)
        assert told["storage"]["state"] == "ok" and told["storage"]["rot"]["directories_made_again"] == 1
        assert "1 file was removed by somebody while in use, 1 of them copied in time" in vehicle.words()
        assert vehicle.data.stat().st_mode & 0o777 == 0o750
        vehicle.wait_log("storage: the file in use was removed; it was copied, and its records are sent on")
        vehicle.wait_log("storage: the data directory was gone, and was made again")
        broker.start()
        done = vehicle.wait_status(lambda now: now["storage"]["rot"]["waiting"] == 0 and now["records"]["waiting"] == 0
                                   and now["lanes"]["bulk"]["made"] >= 9, "all is sent", 60)
        assert done["storage"]["rot"]["salvaged_records"] >= before and done["storage"]["rot"]["lost_records"] == 0
        bulk = [row for row in topic(broker.address, "raw-data-topic") if row["lane"] == "bulk"]
        # What was on its way when it was removed comes again, under the same numbers.
        places = {row["lat"] for row in bulk}
        assert len(places) == len({(row["stream_id"], row["sequence"]) for row in bulk})
        # The last epoch is closed by silence, maybe after that status.
        assert len(places) >= done["lanes"]["bulk"]["made"]
        assert vehicle.runs[-1].terminate(30) == 0
    finally:
        vehicle.end()
        broker.stop()
        receiver.unplug()
