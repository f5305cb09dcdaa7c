"""The life of `odograph-agent run`: devices and brokers that come and go, signals, the service manager."""

import os
import signal
import socket
import time
import urllib.request

from tests.e2e.parts import topic
from tests.e2e.vehicle import VEHICLE, Vehicle
from tests.support.programs import program, run
from tests.support.wait import pace, wait_for


def tell_fixes(receiver, count: int) -> None:
    for _ in range(count):
        receiver.fix()
        pace()


def test_records_are_made_stored_sent_and_told(vehicle, broker, receiver):
    broker.start()
    vehicle.start()
    tell_fixes(receiver, 5)
    # The last epoch is closed by silence.
    status = vehicle.wait_bulk("acked", 1)
    vehicle.wait_status(lambda told: told["records"]["waiting"] == 0 and told["sending"]["state"] == "idle",
                        "nothing waits")
    status = vehicle.status()
    assert status["vehicle_id"] == VEHICLE
    assert status["records"]["made"] == status["records"]["durable"] == status["records"]["acked"]
    assert status["storage"]["state"] == "ok" and status["storage"]["trouble"] == ""
    assert status["sources"][0]["open"] and status["sources"][0]["readings"] >= 1
    assert vehicle.words().splitlines()[0] == "idle; nothing waits"
    rows = topic(broker.address, "raw-data-topic")
    assert sum(row["lane"] == "bulk" for row in rows) == status["lanes"]["bulk"]["acked"]
    assert vehicle.runs[-1].terminate(5) == 0
    assert not vehicle.socket.exists()


def test_without_a_broker_it_stops_in_time_and_the_next_run_sends(vehicle, broker, receiver):
    vehicle.start()
    tell_fixes(receiver, 3)
    durable = vehicle.wait_bulk("durable", 1)["records"]["durable"]
    vehicle.wait_status(lambda now: now["sending"]["reason"] == "broker unreachable", "the link's trouble")
    assert vehicle.words().startswith("not sending: broker unreachable since ")
    began = time.monotonic()
    assert vehicle.runs[-1].terminate(5) == 0
    assert time.monotonic() - began < 5

    assert vehicle.log().count("broker unreachable") == 1, vehicle.log()
    assert f"broker unreachable: {broker.address}: Connection refused" in vehicle.log()
    assert "thrd:" not in vehicle.log() and "librdkafka" not in vehicle.log()

    vehicle.start()
    assert vehicle.status()["records"]["waiting"] >= durable
    broker.start()
    vehicle.wait_status(lambda now: now["records"]["waiting"] == 0, "everything is sent", 60)
    assert vehicle.log().count("uplink: connected") == 1
    rows = topic(broker.address, "raw-data-topic")
    boots = [row["sequence"] >> 32 for row in rows]
    assert boots.count(1) >= durable and 2 in boots


def test_a_receiver_may_be_unplugged_and_come_back(vehicle, receiver):
    vehicle.start()
    tell_fixes(receiver, 3)
    before = vehicle.wait_bulk("made", 1)["lanes"]["bulk"]["made"]
    receiver.unplug()
    vehicle.wait_status(lambda now: not now["sources"][0]["open"], "the loss of the device")
    assert str(receiver.path) in vehicle.status()["sources"][0]["trouble"]
    receiver.plug_in()
    vehicle.wait_status(lambda now: now["sources"][0]["open"], "the device again")
    tell_fixes(receiver, 3)
    vehicle.wait_bulk("made", before + 1)
    vehicle.wait_log("source gps: well again")
    assert vehicle.log().count("warning source gps") <= 2, vehicle.log()


def test_it_waits_for_a_receiver_that_is_not_there_yet(vehicle, receiver):
    receiver.unplug()
    vehicle.start()
    vehicle.wait_log("source gps: ")
    assert str(receiver.path) in vehicle.log()
    receiver.plug_in()
    vehicle.wait_status(lambda now: now["sources"][0]["open"], "the device")
    tell_fixes(receiver, 2)
    vehicle.wait_bulk("made", 1)


def test_a_second_agent_on_the_directory_harms_nothing(vehicle, receiver, tmp_path):
    vehicle.start()
    other = Vehicle(tmp_path / "other", vehicle.broker, None)
    try:
        other.start(f"storage.directory={vehicle.data}")
        other.wait_log(f"storage: data directory {vehicle.data}: in use by another odograph-agent")
        holder = f"in use by another odograph-agent (process {vehicle.runs[-1].process.pid}); "
        assert other.words().startswith(f"not storing: data directory {vehicle.data}: {holder}")
        tell_fixes(receiver, 3)
        vehicle.wait_bulk("durable", 1)
        assert vehicle.status()["storage"]["state"] == "ok"
        assert other.runs[-1].terminate(5) == 0
        assert vehicle.runs[-1].running()
    finally:
        other.end()


def test_sighup_takes_over_what_can_be_and_names_what_cannot(vehicle, broker, receiver):
    broker.start()
    vehicle.start()
    tell_fixes(receiver, 2)
    vehicle.wait_bulk("acked", 1)

    vehicle.write_config('sampling.mode = "al"\nrules.speed_limit_kmh = 30\n')
    vehicle.hang_up()
    vehicle.wait_log("reload: nothing is changed: ")
    assert f"{vehicle.config}:7" in vehicle.log() and "sampling.mode" in vehicle.log()

    vehicle.write_config(
        'sampling.mode = "all"\nrules.speed_limit_kmh = 30\nlog.level = "debug"\nkafka.window = "1MiB"\n')
    vehicle.hang_up()
    vehicle.wait_log("reload: rules.speed_limit_kmh = 30, was unset")
    vehicle.wait_log('reload: log.level = "debug", was "info"')
    vehicle.wait_log('reload: kafka.window = "1MiB" needs a restart; it stays "2MiB"')
    for _ in range(4):
        receiver.fix(knots=40)
        pace()
    vehicle.wait_status(lambda now: now["lanes"]["alert"]["acked"] >= 1, "the alert of the new rule")


def test_records_keep_the_rules_under_which_they_were_made(vehicle, broker, receiver):
    vehicle.start()
    tell_fixes(receiver, 3)
    before = vehicle.wait_bulk("durable", 3)["lanes"]["bulk"]["durable"]
    vehicle.write_config('sampling.mode = "all"\nrules.speed_limit_kmh = 30\nrules.accuracy_gate = false\n')
    vehicle.hang_up()
    vehicle.wait_log("reload: rules.speed_limit_kmh = 30, was unset")
    for _ in range(4):
        receiver.fix(knots=40)
        pace()
    vehicle.wait_status(lambda now: now["lanes"]["alert"]["durable"] >= 1, "the alert of the new rule")
    vehicle.wait_bulk("durable", before + 4)
    broker.start()
    vehicle.wait_status(lambda now: now["records"]["waiting"] == 0, "everything is sent", 60)
    rows = topic(broker.address, "raw-data-topic")
    bulk = sorted((row["sequence"], row.get("rule_set")) for row in rows if row["lane"] == "bulk")
    rule_sets = [rule_set for _, rule_set in bulk]
    assert rule_sets[:before] == [None] * before
    assert len(set(rule_sets[before:])) == 1 and rule_sets[before]
    assert {row["rule_set"] for row in rows if row["lane"] == "alert"} == {rule_sets[before]}


def test_the_service_manager_is_told(vehicle, tmp_path):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(15)

    def next_state(wanted: str) -> None:
        while wanted not in manager.recv(4096).decode():
            pass
    environment = dict(os.environ, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="4000000")
    running = vehicle.start(env=environment)
    next_state("READY=1")
    next_state("WATCHDOG=1")
    next_state("WATCHDOG=1")
    vehicle.hang_up()
    next_state("RELOADING=1")
    next_state("READY=1")
    running.process.send_signal(signal.SIGTERM)
    next_state("STOPPING=1")
    assert running.wait(5) == 0
    manager.close()


def test_metrics_are_served_and_a_stale_socket_is_replaced(vehicle):
    vehicle.start("metrics.enabled=true", "metrics.port=0")
    url = wait_for(lambda: [word for word in vehicle.log().split() if word.startswith("http://")], 10, "the port")[0]
    text = urllib.request.urlopen(url, timeout=10).read().decode()
    assert 'odograph_records_made_total{lane="event"}' in text and "odograph_link_up 0" in text
    vehicle.runs[-1].kill()
    assert vehicle.socket.exists()
    done = run([program("odograph-agent"), "status", "--socket", vehicle.socket], expect=1)
    assert f"no agent answers on {vehicle.socket}: Connection refused" in done.stderr
    vehicle.start()
    assert vehicle.status()["storage"]["boot"] == 2


def test_a_metrics_port_that_is_taken_keeps_nobody_from_working(vehicle, receiver):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = vehicle.start("metrics.enabled=true", f"metrics.port={port}")
        receiver.fix()
        wait_for(lambda: vehicle.status()["records"]["durable"] > 1, 10, "a record")
        why = f"metrics on 127.0.0.1:{port}: Address already in use"
        assert vehicle.status()["metrics"] == {"trouble": why}
        assert f"\nmetrics   not served, {why}\n" in vehicle.words()
        assert vehicle.log().count(why) == 1 and running.running()
