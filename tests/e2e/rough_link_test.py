"""The agent on links as vehicles have them: deaf, forgetful, without names, behind a portal, slow and far away.

Each time it keeps its records, says in one line what is wrong, and goes on by itself once the link is better.
"""

import contextlib
import json
import time

import pytest

from tests.conftest import missing
from tests.e2e.parts import holes, without_repeats
from tests.support.portal import Portal
from tests.support.ports import free_port
from tests.support.agent_status import status_of
from tests.support.programs import Background, program, run
from tests.support.rough_link import RoughLink, unavailable
from tests.support.wait import wait_for

SECONDS = 300  # Of the drive; one record each, and the first one's event.
QUICK = ("kafka.answer_timeout=2s", "kafka.reconnect_backoff_max=1s")
SILENT = "went silent: what was sent is not answered"
NOTHING = "nothing comes back: no link, or a firewall that drops packets"


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    return path


@contextlib.contextmanager
def link_and_broker():
    """A link, and the port of the broker at its far end."""
    if why := unavailable():
        missing(why)
    with contextlib.ExitStack() as stack:
        try:
            link = stack.enter_context(RoughLink())
        except RuntimeError as error:
            missing(str(error))
        port = free_port()
        broker = stack.enter_context(Background([*link.far(), program("odograph-sim"), "broker", "--port", port]))
        wait_for(lambda: "listening on" in broker.output(), 20, "the broker")
        yield link, port


@pytest.fixture(scope="module")
def world():
    """For all tests but the one below."""
    with link_and_broker() as both:
        yield both


@pytest.fixture(scope="module", autouse=True)
def stuck(drive, tmp_path_factory):
    """A vehicle whose larger packets vanish, and its link and address. It takes its time; the others are tried
    meanwhile."""
    with link_and_broker() as (link, port):
        link.up_bytes_max = 400
        address = f"127.0.0.1:{port}"
        with Vehicle(drive, tmp_path_factory.mktemp("stuck"), address, *QUICK, near=link.near()) as vehicle:
            yield vehicle, link, address


@pytest.fixture
def link(world):
    """As good as new for each test."""
    link = world[0]
    yield link
    link.deaf, link.bits_per_s, link.delay_s = False, 0, 0.0


class Vehicle:
    """`odograph-agent replay` of the drive in 4 s, called like its directory."""

    def __init__(self, drive, directory, broker: str, *settings: str, near=()):
        self.name = directory.name
        self.socket = directory / "agent.sock"
        every = [f"vehicle.id={self.name}", f"storage.directory={directory}/data", f"status.socket={self.socket}",
                 f'kafka.brokers=["{broker}"]', "sampling.mode=all", "kafka.send_interval=100ms", *settings]
        self.agent = Background([*near, program("odograph-agent"), "replay", drive, "--speed", "75", "--stay",
                                 *[word for setting in every for word in ("--set", setting)]])

    def wait(self, reached, what: str, deadline_s: float = 30) -> dict:
        last = {}

        def look():
            assert self.agent.running(), self.agent.output()
            last.update(status_of(self.socket))
            return last and reached(last)
        try:
            wait_for(look, deadline_s, what, interval_s=0.1)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\n{json.dumps(last.get('sending'), indent=1)}\n{self.agent.output()}") from None
        return last

    def wait_error(self, line: str) -> dict:
        """Until that is what the link has; the records made meanwhile are kept."""
        now = self.wait(lambda now: now["sending"]["state"] == "not_sending" and now["sending"]["error"] == line, line)
        assert now["sending"]["reason"] == "broker unreachable"
        assert f"link      last error: {line}\n" in run(
            [program("odograph-agent"), "status", "--socket", self.socket]).stdout
        return self.wait(lambda now: now["records"]["made"] > SECONDS, "the whole drive")

    def wait_all(self) -> dict:
        now = self.wait(lambda now: now["records"]["made"] > SECONDS and now["records"]["waiting"] == 0,
                        "all to be sent")
        assert now["records"]["acked"] == now["records"]["made"] and not any(now["records"]["lost"].values())
        return now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.agent.kill()


def assert_all_arrived(vehicle: Vehicle, broker: str, far=()) -> None:
    lines = run([*far, program("odograph-fleet"), "decode", "--brokers", broker, "--topic", "raw-data-topic",
                 "--until-end"]).stdout.splitlines()
    rows, _ = without_repeats([row for row in map(json.loads, lines) if row["vehicle_id"] == vehicle.name])
    assert len([row for row in rows if row["lane"] == "bulk"]) == SECONDS and not holes(rows)


def test_a_link_that_swallows_everything(world, link, drive, tmp_path):
    address = f"127.0.0.1:{world[1]}"
    with Vehicle(drive, tmp_path, address, *QUICK, near=link.near()) as vehicle:
        vehicle.wait(lambda now: now["records"]["acked"] > 5, "the first ones")
        link.deaf = True
        now = vehicle.wait_error(f"broker unreachable: {address}: {NOTHING}")
        assert now["records"]["waiting"] > 0 and now["sending"]["disconnects"] == 1
        assert f"{SILENT}\n" in vehicle.agent.output(), "how it began"
        link.deaf = False
        vehicle.wait_all()
        assert vehicle.agent.output().count("uplink: connected") == 2
    assert_all_arrived(vehicle, address, link.far())


def test_connections_whose_other_end_has_gone_without_a_word(world, link, drive, tmp_path):
    address = f"127.0.0.1:{world[1]}"
    with Vehicle(drive, tmp_path, address, *QUICK, near=link.near()) as vehicle:
        before = vehicle.wait(lambda now: now["records"]["acked"] > 5, "the first ones")
        link.forget()
        vehicle.wait(lambda now: now["data"]["connections"] > before["data"]["connections"], "another connection", 10)
        vehicle.wait_all()
    assert_all_arrived(vehicle, address, link.far())


def test_a_name_that_nobody_knows_yet(world, link, drive, tmp_path):
    address = f"broker.test:{world[1]}"
    hosts, resolver = tmp_path / "hosts", tmp_path / "resolv.conf"
    hosts.write_text("127.0.0.2 other.test\n")
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")  # Nothing listens there.
    files = (f"{hosts}:/etc/hosts", f"{resolver}:/etc/resolv.conf")
    with Vehicle(drive, tmp_path, address, *QUICK, near=link.near(*files)) as vehicle:
        vehicle.wait_error(f"broker unreachable: {address}: its name cannot be looked up: no DNS server answers")
        hosts.write_text("127.0.0.1 broker.test\n")
        vehicle.wait_all()
    assert_all_arrived(vehicle, f"127.0.0.1:{world[1]}", link.far())


def test_a_captive_portal(broker, drive, tmp_path):
    broker.start()
    began = time.monotonic()
    with Portal() as portal, Vehicle(drive, tmp_path, f"127.0.0.1:{portal.port}", *QUICK) as vehicle:
        vehicle.wait_error(f"broker unreachable: 127.0.0.1:{portal.port}: answers in HTTP: a captive portal, "
                           "or no Kafka broker at that port")
        assert portal.visits < 4 + 2 * (time.monotonic() - began), "once a second, and not as often as it is answered"
        portal.log_in("127.0.0.1", broker.port)
        vehicle.wait_all()
    assert_all_arrived(vehicle, broker.address)


def test_a_link_that_is_slow_and_far_away_is_no_outage(world, link, drive, tmp_path):
    link.bits_per_s, link.delay_s = 40_000, 0.3
    began = time.monotonic()
    with Vehicle(drive, tmp_path, f"127.0.0.1:{world[1]}", near=link.near()) as vehicle:
        now = vehicle.wait_all()
        took_s = time.monotonic() - began
        assert now["sending"]["disconnects"] == 0 and now["sending"]["error"] == ""
        assert now["sending"]["repeated_records"] == 0
        assert now["data"]["connections"] == 2, "where it comes in, and where it is told to go"
        assert now["data"]["sent_bytes"] * 8 / link.bits_per_s + 4 * link.delay_s < took_s, "the link is slow"
    assert_all_arrived(vehicle, f"127.0.0.1:{world[1]}", link.far())


def test_a_link_on_which_nothing_gets_on_gets_a_new_client(stuck):
    vehicle, link, address = stuck
    wait_for(lambda: "uplink: reconnecting, the broker did not answer: " in vehicle.agent.output(), 40, "the watchdog")
    vehicle.wait(lambda now: now["records"]["made"] > SECONDS and now["records"]["waiting"] > SECONDS / 2, "the drive")
    link.up_bytes_max = 0
    vehicle.wait_all()
    assert_all_arrived(vehicle, address, link.far())
