"""What a vehicle's link carries for its records: TLS to a real Apache Kafka, counted by a proxy on the way."""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.bench import handshakes
from tests.bench.handshakes import LISTENERS, SHAKES
from tests.bench.table import Row, Section, of
from tests.e2e.vehicle import now, rmc
from tests.kafka import policies
from tests.kafka.certificates import make_certificates, make_chain
from tests.kafka.iam_server import IamServer
from tests.kafka.jars import Unavailable, kafka_jars
from tests.kafka.kafka_server import KafkaServer, TlsListener
from tests.kafka.msk_token import REGION, Identity
from tests.support.agent_status import status_of
from tests.support.counting_proxy import CountingProxy
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

TOPIC = "raw-data-topic"
INTERVALS_S = {"ONE": 1, "TEN": 10, "SIXTY": 60}
_SPEED = 10  # Times the vehicle's own pace; intervals are as many times shorter.
_DRIVEN_PER_S = 1.1  # A simulated drive has tunnels, in which there is no fix.
_REFRESH_S = 300  # topic.metadata.refresh.interval.ms of lib/kafka.
_SESSIONS_PER_H = 4  # MSK ends a session with its token: 900 s.
# As long as those that STS gives to a role are, about.
_WHO = Identity("ASIAVEHICLE", "secret", "IQoJb3JpZ2luX2VjE" + "A8a+abc" * 140,
                "arn:aws:sts::111122223333:assumed-role/vehicle/truck-1")
_FIXES = 4  # The receiver's time is believed from the third good fix on.


@dataclass
class Counts:
    """What a proxy and the agent behind it had counted at one moment."""

    up: int
    down: int
    headers: int
    told: int  # Payload, as the agent counts it.
    records: int

    @property
    def payload(self) -> int:
        return self.up + self.down


@dataclass
class Costs:
    """What is not of a record."""

    first: Counts  # A connection and a first message.
    again: Counts  # A second connection of the same agent.
    iam: Counts  # As `first`, with a token.
    shakes: dict[str, tuple[int, int]]  # Payload of a full handshake and of a resumed one.
    refresh: tuple[Counts, int] | None  # While idle, and how often.

    def idle_per_hour(self) -> float:
        if not self.refresh or not self.refresh[1]:
            return 0
        return (self.refresh[0].payload + self.refresh[0].headers) / self.refresh[1] * 3600 / _REFRESH_S

    def iam_per_hour(self) -> float:
        return _SESSIONS_PER_H * (self.iam.payload + self.iam.headers)


class Vehicle:
    """An agent that replays a recording through a proxy of its own and then stays."""

    def __init__(self, home: Path, proxy: CountingProxy, drive: Path, words: dict, env: dict | None = None):
        home.mkdir()
        self.socket = home / "agent.sock"
        self.proxy = proxy
        given = {"vehicle.id": home.name, "storage.directory": home / "data", "status.socket": self.socket,
                 "sampling.mode": "all", "kafka.reconnect_backoff_max": "1s",
                 "kafka.brokers": f'["{_host(proxy)}"]'} | words
        settings = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
        self.agent = Background([program("odograph-agent"), "replay", drive, "--stay", "--speed", str(_SPEED),
                                 *settings], env=env)

    def status(self) -> dict:
        return status_of(self.socket)

    def wait(self, reached, deadline_s: float) -> dict:
        def answer():
            assert self.agent.running(), self.agent.output()
            told = self.status()
            return told and reached(told) and told
        return wait_for(answer, deadline_s, "the vehicle", interval_s=0.2)

    def settled(self) -> Counts:
        """Once nothing has moved for two seconds, that is longer than any answer takes here."""
        still_since, before = time.monotonic(), -1

        def is_still():
            nonlocal still_since, before
            if self.proxy.total() != before:
                still_since, before = time.monotonic(), self.proxy.total()
            return time.monotonic() - still_since > 2
        wait_for(is_still, 30, "a still link", interval_s=0.1)
        told = self.status()
        data = told["data"]
        return Counts(self.proxy.up(), self.proxy.down(), data["header_bytes"],
                      data["sent_bytes"] + data["received_bytes"], told["records"]["acked"])


def _has_sent(told: dict) -> bool:
    return told["records"]["acked"] >= _FIXES and told["records"]["waiting"] == 0


def _host(proxy: CountingProxy) -> str:
    return f"{proxy.target[0]}:{proxy.port}"


class Lines:
    """Proxies before the TLS listeners of a broker."""

    def __init__(self, stack: ExitStack, names: list[str]):
        self.proxies = {name: stack.enter_context(CountingProxy()) for name in names}

    def listeners(self, chain: Path) -> dict[str, TlsListener]:
        return {name: TlsListener(chain if name.endswith("CHAIN") else "server", advertised_port=proxy.port,
                                  settings=handshakes.ONLY_TLS_1_2 if name.startswith("OLD") else "")
                for name, proxy in self.proxies.items()}

    def begin(self, server: KafkaServer) -> None:
        for name, proxy in self.proxies.items():
            host, port = server.tls_address(name).split(":")
            proxy.target = host, int(port)


def sections(directory: Path, drive_s: int, idle_s: int) -> list[Section]:
    """Without Kafka's jars: one section that says so. `idle_s` 0: idle is not measured."""
    try:
        kafka_jars()
    except (Unavailable, RuntimeError) as error:
        return [Section("On the wire", f"Not measured: {error}.", [])]
    home = directory / "wire"
    home.mkdir()
    drives = {"drive": home / "drive.nmea", "fix": home / "fix.nmea"}
    drives["drive"].write_text(run([program("odograph-sim"), "drive", "--seconds", str(round(drive_s * _DRIVEN_PER_S)),
                                    "--seed", "7"]).stdout)
    drives["fix"].write_bytes(b"".join(rmc(now() + timedelta(seconds=n), n) for n in range(_FIXES)))
    with ExitStack() as stack:
        lines = Lines(stack, [*INTERVALS_S, "IDLE", *LISTENERS])
        make_certificates(home / "kafka/certificates")
        chain = make_chain(home / "kafka/certificates")
        server = stack.enter_context(KafkaServer(home / "kafka", tls=True, more=lines.listeners(chain)))
        lines.begin(server)
        server.create_topic(TOPIC)
        secure = {"kafka.security": "tls", "kafka.ca_file": server.certificates.ca}
        idle = Vehicle(home / "idle", lines.proxies["IDLE"], drives["fix"], secure)
        stack.enter_context(idle.agent)
        idle_from = idle.wait(_has_sent, 60) and idle.settled()
        idle_began = time.monotonic()
        moving = {}
        for name, interval_s in INTERVALS_S.items():
            pace = {"kafka.send_interval": f"{interval_s * 1000 // _SPEED}ms",
                    "storage.commit_bulk": f"{1000 // _SPEED}ms", "kafka.preview_interval": "0s"}
            moving[name] = Vehicle(home / name.lower(), lines.proxies[name], drives["drive"], secure | pace)
            stack.enter_context(moving[name].agent)
        shakes = {name: handshakes.measure(lines.proxies[one.listener], server, one.options)
                  for name, one in SHAKES.items()}
        again = _again(idle)
        iam = _iam(home / "iam", drives["fix"])
        sent = {name: _all_sent(one, drive_s) for name, one in moving.items()}
        refresh = _refresh(idle, idle_s - (time.monotonic() - idle_began)) if idle_s else None
        assert not any(one.offers_resumption() for one in lines.proxies["IDLE"].connections), "it resumes sessions now"
    costs = Costs(idle_from, again, iam, shakes, refresh)
    return [_connection_section(costs), _record_section(sent, costs)]


def _all_sent(vehicle: Vehicle, drive_s: int) -> Counts:
    vehicle.wait(lambda told: told["records"]["acked"] >= drive_s * 0.9 and told["records"]["waiting"] == 0
                 and told["replay"]["progress"] >= 1, 60 + 2 * drive_s / _SPEED)
    return vehicle.settled()


def _again(vehicle: Vehicle) -> Counts:
    """The payload of a second connection of the same agent, after the first was cut."""
    before = vehicle.settled()
    connections = len(vehicle.proxy.connections)
    vehicle.proxy.cut()
    wait_for(lambda: len(vehicle.proxy.connections) > connections, 60, "a new connection")
    after = vehicle.settled()
    return Counts(after.up - before.up, after.down - before.down, after.headers - before.headers, 0, 0)


def _iam(home: Path, drive: Path) -> Counts:
    """A connection to a listener that wants MSK's tokens, and the same message."""
    with CountingProxy() as proxy:
        with IamServer(home / "kafka", [_WHO], advertised_port=proxy.port) as server:
            host, port = server.tls_address("IAM").split(":")
            proxy.target = host, int(port)
            server.create_topic(TOPIC)
            server.allow(_WHO, *policies.rules_of("vehicle.json", [TOPIC]))
            rest = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            words = {"kafka.security": "tls_iam", "kafka.region": REGION, "kafka.ca_file": server.certificates.ca}
            vehicle = Vehicle(home / "truck", proxy, drive, words, rest | _WHO.environment())
            with vehicle.agent:
                vehicle.wait(_has_sent, 60)
                return vehicle.settled()


def _refresh(vehicle: Vehicle, seconds: float) -> tuple[Counts, int]:
    """What came within the time in which nothing was sent, and how many refreshes that was."""
    before = vehicle.settled()
    moments = [time.monotonic()]

    def is_over():
        if vehicle.proxy.total() != counted[0]:
            counted[0] = vehicle.proxy.total()
            if time.monotonic() - moments[-1] > 30:
                moments.append(time.monotonic())
        return time.monotonic() - moments[0] > seconds
    counted = [vehicle.proxy.total()]
    wait_for(is_over, seconds + 60, "the end of the idle time", interval_s=0.5)
    after = vehicle.settled()
    return Counts(after.up - before.up, after.down - before.down, after.headers - before.headers, 0, 0), \
        len(moments) - 1


def _connection_section(costs: Costs) -> Section:
    rows = []
    for name, one in SHAKES.items():
        full, resumed = costs.shakes[name]
        rows += [Row(one.called, full, "B"),
                 Row(f"{one.called}, resumed", resumed, "B", [of(resumed, "a full one", full)])]
    rows += [Row("connection, until a first message is acknowledged", costs.first.payload, "B"),
             Row("  of which up", costs.first.up, "B"),
             Row("a second connection of the same agent", costs.again.payload, "B"),
             Row("connection with an IAM token", costs.iam.payload, "B"),
             Row("  of which up", costs.iam.up, "B"),
             Row("  and headers of TCP and IP", costs.iam.headers, "B")]
    if costs.idle_per_hour():
        rows += [Row("idle, a refresh of metadata", costs.refresh[0].payload / costs.refresh[1], "B"),
                 Row("idle, with headers", costs.idle_per_hour(), "B/h"),
                 Row("idle with IAM, four sessions an hour", costs.idle_per_hour() + costs.iam_per_hour(), "B/h")]
    note = ("TCP payload either way at a proxy before a real Apache Kafka, TLS 1.3 where nothing else is said. The "
            "short certificate is of P-256, its authority signed it; the chain is of RSA-2048 with two authorities "
            "between. Resumed is what OpenSSL can by itself; librdkafka offers no session, so the agent never does. A "
            "connection is handshake (short), API versions, metadata, producer id and a message of "
            f"{_FIXES + 1} records. The IAM token is signed with a session token of {len(_WHO.session_token)} "
            "characters.")
    return Section("On the wire: a connection", note, rows)


def _record_section(sent: dict[str, Counts], costs: Costs) -> Section:
    rows = []
    full, resumed = costs.shakes["SHORT"]
    old, _ = costs.shakes["OLD"]
    _, best = costs.shakes["OLD_NUMBER"]
    for name, interval_s in INTERVALS_S.items():
        counts, every = sent[name], f"every {interval_s} s"
        up, down, headers = ((getattr(counts, part) - getattr(costs.first, part)) / counts.records
                             for part in ("up", "down", "headers"))
        driving = 3600 * (up + down + headers)
        hour = driving + costs.idle_per_hour() + costs.iam_per_hour()
        rows += [Row(f"{every}: up", up, "B/record"),
                 Row(f"{every}: down", down, "B/record"),
                 Row(f"{every}: both, with headers", up + down + headers, "B/record"),
                 Row(f"{every}: an hour of driving, with IAM", hour / 1e3, "kB"),
                 Row(f"{every}: connections' share of that", 100 * costs.iam_per_hour() / hour, "%"),
                 Row(f"{every}: handshakes' share", 100 * _SESSIONS_PER_H * full / hour, "%"),
                 Row(f"{every}: if they were resumed",
                     100 * _SESSIONS_PER_H * resumed / (hour - _SESSIONS_PER_H * (full - resumed)), "%"),
                 Row(f"{every}: by TLS 1.2, handshakes' share",
                     100 * _SESSIONS_PER_H * old / (hour + _SESSIONS_PER_H * (old - full)), "%"),
                 Row(f"{every}: by TLS 1.2, if they were resumed without tickets",
                     100 * _SESSIONS_PER_H * best / (hour + _SESSIONS_PER_H * (best - full)), "%"),
                 Row(f"{every}: payload counted by the agent", counts.told, "B",
                     [of(counts.told, "the proxy's count", counts.payload, "0.97 to 1.03")])]
    note = (f"A drive at 1 Hz, {sent['ONE'].records:,} records, replayed {_SPEED} times as fast with send and commit "
            f"intervals {_SPEED} times shorter; a connection taken off, and per hour four with IAM put to it. Headers "
            "are 52 B a segment, as the agent counts segments (TCP_INFO).")
    return Section("On the wire: records", note, rows)
