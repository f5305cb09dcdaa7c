"""The real agent where no file can be written: it sends from memory and says so, and stores again once it can."""

import sqlite3

from tests.e2e.parts import holes, topic
from tests.e2e.vehicle import Broker, Receiver, Vehicle
from tests.support.wait import pace


def _tell_fixes(receiver, count: int, knots: float = 20) -> None:
    for _ in range(count):
        receiver.fix(knots)
        pace()


def test_a_foreign_file_is_left_alone_and_records_go_out_until_it_is_gone(tmp_path):
    receiver, broker = Receiver(tmp_path / "gps"), Broker()
    vehicle = Vehicle(tmp_path / "home", broker.address, receiver.path)
    vehicle.write_config('sampling.mode = "all"\nrules.speed_limit_kmh = 30\nrules.accuracy_gate = false\n')
    foreign = vehicle.data / "outbox.db"
    with sqlite3.connect(foreign) as theirs:
        theirs.execute("CREATE TABLE theirs(x)")
    theirs.close()
    before = foreign.read_bytes()
    try:
        broker.start()
        vehicle.start()
        _tell_fixes(receiver, 8, knots=40)
        told = vehicle.wait_status(lambda now: now["lanes"]["bulk"]["from_memory"] >= 6
                                   and now["lanes"]["alert"]["from_memory"] >= 1, "it is sent all the same")
        assert told["storage"]["state"] == "degraded_ram" and told["storage"]["sends_from_memory"]
        words = vehicle.words()
        assert words.startswith("not storing: ") and "; sending from memory: nothing is durable; " in words
        vehicle.wait_log("storage: sending from memory: nothing is durable")
        assert foreign.read_bytes() == before

        foreign.unlink()
        told = vehicle.wait_status(lambda now: now["storage"]["state"] == "ok", "a file", 60)
        assert not told["storage"]["sends_from_memory"]
        made = told["lanes"]["bulk"]["made"]
        _tell_fixes(receiver, 5, knots=40)
        told = vehicle.wait_status(lambda now: now["lanes"]["bulk"]["made"] >= made + 4
                                   and now["records"]["waiting"] == 0, "all is sent", 60)
        assert told["records"]["acked"] == told["records"]["made"]
        rows = topic(broker.address, "raw-data-topic")
        assert len({row["stream_id"] for row in rows}) == 2
        assert not holes(rows)
        bulk = [row for row in rows if row["lane"] == "bulk"]
        assert len({row["lat"] for row in bulk}) == len(bulk) >= told["lanes"]["bulk"]["made"], "each once"
        assert vehicle.runs[-1].terminate(30) == 0
    finally:
        vehicle.end()
        broker.stop()
        receiver.unplug()
