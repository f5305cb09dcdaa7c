"""`storage.hold`: positions go out first, and only what no broker acknowledges comes into the file."""

from tests.e2e.parts import topic
from tests.support.wait import pace


def _tell_fixes(receiver, count: int) -> None:
    for _ in range(count):
        receiver.fix()
        pace()


def test_what_is_acknowledged_in_time_is_never_stored(vehicle, broker, receiver):
    broker.start()
    # Stored first nothing would be sent within the time that is waited here.
    vehicle.start("storage.hold=true", "storage.commit_bulk=1min")
    _tell_fixes(receiver, 5)
    before = vehicle.wait_bulk("acked", 1)["lanes"]["bulk"]["acked"]
    commits = vehicle.status()["storage"]["commits"]
    _tell_fixes(receiver, 15)
    status = vehicle.wait_bulk("acked", before + 10)
    assert status["storage"]["commits"] <= commits + 1, "one may delete the boot's record"
    vehicle.runs[-1].kill()  # Nothing of it is lost with the agent.
    rows = [row for row in topic(broker.address, "raw-data-topic") if row["lane"] == "bulk"]
    numbers = [row["n"] for row in rows]
    assert numbers == list(range(1, len(numbers) + 1)), "each once, in order"
    assert len(numbers) >= before + 10


def test_what_no_broker_takes_is_stored_at_its_time(vehicle, broker, receiver):
    vehicle.start("storage.hold=true", "storage.commit_bulk=1s")
    _tell_fixes(receiver, 5)
    stored = vehicle.wait_bulk("durable", 1)["lanes"]["bulk"]["durable"]
    vehicle.runs[-1].kill()
    broker.start()
    vehicle.start("storage.hold=true", "storage.commit_bulk=1s")
    vehicle.wait_status(lambda now: now["records"]["waiting"] == 0 and now["sending"]["state"] == "idle", "all sent",
                        60)
    first_boot = [row["n"] for row in topic(broker.address, "raw-data-topic")
                  if row["lane"] == "bulk" and row["boot"] == 1]
    assert first_boot[:stored] == list(range(1, stored + 1))
