"""A real Apache Kafka of one node (KRaft), for tests and for trying things out.

As a class: `with KafkaServer(directory) as kafka: ... kafka.bootstrap`. From the command line: `./dev help kafka`.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.kafka import protocol
from tests.kafka.certificates import Certificates, make_certificates
from tests.kafka.jars import KAFKA_VERSION, Unavailable, kafka_jars
from tests.support.ports import free_ports
from tests.support.programs import REPOSITORY, die_with_parent
from tests.support.wait import wait_for

_START_S_MAX = 60  # 2 to 3 s on an idle machine.
_STOP_S_MAX = 20
_PORT_TRIES = 3  # Somebody may take a port between choosing and binding it.
_LOG_LINES_SHOWN = 15
_JVM_FLAGS = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
              "-Djava.awt.headless=true")

_LOGGING = """<Configuration status="WARN"><Appenders><Console name="out" target="SYSTEM_OUT">
<PatternLayout pattern="%d{ISO8601} %p %c{1}: %m%n"/></Console></Appenders>
<Loggers><Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
<Root level="WARN"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""

_STARTED = "Kafka Server started"  # KafkaRaftServer's word, once all listeners are bound and the broker is registered.

_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{ports.controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
log.dirs={directory}/data
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=1
num.io.threads=2
log.retention.hours=168
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=4194304
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
"""

_TLS_SETTINGS = """listener.name.{name}.ssl.keystore.type=PEM
listener.name.{name}.ssl.keystore.location={certificate}
listener.name.{name}.ssl.truststore.type=PEM
listener.name.{name}.ssl.truststore.location={trust}
listener.name.{name}.ssl.client.auth={listener.client_auth}
"""


@dataclass(frozen=True)
class Ports:
    plain: int
    controller: int
    tls: int
    more: dict[str, int]  # By the listener's name.


@dataclass(frozen=True)
class TlsListener:
    """One more TLS listener on the loopback address."""

    certificate: str | Path = "server"  # Which of `Certificates` it shows, or a file like theirs.
    trust: Path | None = None  # A file with the authorities of clients, for others than `Certificates.ca`.
    settings: str = ""  # More of its own, a line each, with {name} for its name.
    client_auth: str = "none"
    advertised_port: int = 0  # Where clients are to come, if a proxy listens for it; 0: its own.
    sasl: str = ""  # Settings of its SASL, a line each, with {name} for the listener's own; none: no SASL.


@dataclass(frozen=True)
class Plugin:
    """What a broker is given beside Kafka itself."""

    classes: Path  # A folder, for the class path.
    settings: str  # A line each.
    flags: tuple[str, ...] = ()  # Of the JVM.


class KafkaServer:
    """One broker in `directory`; ports and data stay the same from one `start` to the next.

    `tls` adds a listener with the certificates in `certificates`; `client_auth` is none, requested or required. `more`
    adds others beside it, by name (letters only).
    `plugin`: classes of our own.
    `host` is the address of the plaintext listener. `detached` lets it live on when this process ends (the command
    line); otherwise it dies with it.
    """

    def __init__(self, directory: Path, port: int = 0, tls: bool = False, client_auth: str = "none",
                 detached: bool = False, more: dict[str, TlsListener] | None = None, host: str = "127.0.0.1",
                 plugin: Plugin | None = None):
        self.directory = Path(directory).resolve()
        self.certificates: Certificates | None = make_certificates(self.directory / "certificates") if tls else None
        self._host = host
        self._wanted_port = port
        self._tls_listeners = {"TLS": TlsListener(client_auth=client_auth), **(more or {})} if tls else {}
        self._detached = detached
        self._plugin = plugin
        self._ports: Ports | None = None
        self._pid: int | None = None
        self._process: subprocess.Popen | None = None

    @property
    def bootstrap(self) -> str:
        """host:port of the plaintext listener."""
        return f"{self._host}:{self._known_ports().plain}"

    @property
    def tls_bootstrap(self) -> str:
        """host:port of the TLS listener; the host is in the server's certificate."""
        assert self.certificates, "this server was made without TLS"
        return f"{_tls_host()}:{self._known_ports().tls}"

    def tls_address(self, listener: str) -> str:
        """The same of one of the others."""
        return f"{_tls_host()}:{self._known_ports().more[listener]}"

    @property
    def log_file(self) -> Path:
        return self.directory / "kafka.log"

    def start(self) -> "KafkaServer":
        """Starts and waits until it answers. Raises RuntimeError with the end of its log if it does not."""
        for attempt in range(_PORT_TRIES):
            fresh = self._ports is None
            if fresh:
                self._ports = self._choose_ports()
                self._format()
            self._launch()
            try:
                wait_for(self._answers_or_ended, _START_S_MAX, "Kafka to answer")
            except TimeoutError:
                self.kill()
                raise RuntimeError(f"Kafka does not answer after {_START_S_MAX} s:\n{self._log_end()}") from None
            if self._runs():
                self._remember()
                return self
            may_try_others = fresh and not self._wanted_port and attempt + 1 < _PORT_TRIES
            if not (may_try_others and "Address already in use" in self._log_end()):
                raise RuntimeError(f"Kafka ended while starting:\n{self._log_end()}")
            self._ports = None
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """SIGTERM, as an operator would; SIGKILL if that takes longer than it may. Nothing if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: no goodbye to anyone."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stops and starts again, on the same ports and data."""
        self.stop()
        self.start()

    def connect(self, timeout_s: float = 5) -> socket.socket:
        """A plain connection for `tests.kafka.protocol`."""
        return socket.create_connection((self._host, self._known_ports().plain), timeout=timeout_s)

    def create_topic(self, name: str, partitions: int = 1, **settings: str) -> None:
        """Of the topic's own settings the dots are written as underscores."""
        told = {key.replace("_", "."): value for key, value in settings.items()}
        with self.connect(timeout_s=15) as connection:
            protocol.create_topic(connection, name, partitions, told)

    def __enter__(self) -> "KafkaServer":
        return self.start()

    def __exit__(self, *_) -> None:
        self.kill()

    def _known_ports(self) -> Ports:
        assert self._ports, "this server has never been started"
        return self._ports

    def _choose_ports(self) -> Ports:
        more = [name for name in self._tls_listeners if name != "TLS"]
        plain, controller, tls, *others = free_ports(3 + len(more))
        return Ports(self._wanted_port or plain, controller, tls, dict(zip(more, others)))

    def _format(self) -> None:
        (self.directory / "data").mkdir(parents=True, exist_ok=True)
        (self.directory / "log4j2.xml").write_text(_LOGGING)
        listeners = f"CONTROLLER://127.0.0.1:{self._ports.controller},PLAIN://{self._host}:{self._ports.plain}"
        advertised = f"PLAIN://{self._host}:{self._ports.plain}"
        settings = _SETTINGS.format(ports=self._ports, directory=self.directory)
        protocols = "CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT"
        for name, listener in self._tls_listeners.items():
            port = self._ports.more.get(name, self._ports.tls)
            listeners += f",{name}://127.0.0.1:{port}"
            advertised += f",{name}://{_tls_host()}:{listener.advertised_port or port}"
            protocols += f",{name}:{'SASL_SSL' if listener.sasl else 'SSL'}"
            settings += _TLS_SETTINGS.format(name=name.lower(), listener=listener,
                                             trust=listener.trust or self.certificates.ca,
                                             certificate=self._shown_by(listener))
            settings += listener.sasl.format(name=name.lower()) + listener.settings.format(name=name.lower())
        settings += self._plugin.settings if self._plugin else ""
        settings += f"listener.security.protocol.map={protocols}\n"
        config = self.directory / "server.properties"
        config.write_text(f"{settings}listeners={listeners}\nadvertised.listeners={advertised}\n")
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", "format", "-t", "b2RvZ3JhcGgtdGVzdHMtMQ", "-c", config,
                       "--ignore-formatted"),
            capture_output=True, text=True, timeout=_START_S_MAX)
        if done.returncode != 0:
            raise RuntimeError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")

    def _java(self, main: str, *arguments) -> list:
        logging = f"-Dlog4j2.configurationFile={self.directory / 'log4j2.xml'}"
        flags = self._plugin.flags if self._plugin else ()
        classes = f"{self._plugin.classes}:" if self._plugin else ""
        return ["java", *_JVM_FLAGS, *flags, logging, "-cp", f"{classes}{kafka_jars()}/*", main, *arguments]

    def _shown_by(self, listener: TlsListener) -> Path:
        named = isinstance(listener.certificate, str)
        return getattr(self.certificates, listener.certificate) if named else listener.certificate

    def _launch(self) -> None:
        # Each start has a log of its own: the words of the last one must not explain this one.
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", self.directory / "server.properties"), cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=self._detached,
                preexec_fn=None if self._detached else die_with_parent)
        self._pid = self._process.pid

    def _answers_or_ended(self) -> bool:
        if not self._runs():
            return True
        # Only its own log tells that it is this server that answers, not another one on a port that both wanted.
        if _STARTED not in self.log_file.read_text(errors="replace"):
            return False
        try:
            with self.connect(timeout_s=2) as connection:
                return bool(protocol.api_versions(connection))
        except (OSError, protocol.ProtocolError):
            return False

    def _runs(self) -> bool:
        if self._process:
            return self._process.poll() is None
        return self._pid is not None and self._is_ours(self._pid)

    def _is_ours(self, pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.directory / "server.properties") in words

    def _end(self, how: signal.Signals) -> None:
        if self._runs():
            os.kill(self._pid, how)
            try:
                wait_for(lambda: not self._runs(), _STOP_S_MAX, "Kafka to end")
            except TimeoutError:
                os.kill(self._pid, signal.SIGKILL)
                wait_for(lambda: not self._runs(), _STOP_S_MAX, "Kafka to end after SIGKILL")
        self._pid = self._process = None
        (self.directory / "running.json").unlink(missing_ok=True)

    def _remember(self) -> None:
        state = {"pid": self._pid, "ports": asdict(self._ports), "tls": self.certificates is not None}
        (self.directory / "running.json").write_text(json.dumps(state))

    def _log_end(self) -> str:
        if not self.log_file.exists():
            return "(no log)"
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:])


def _tls_host() -> str:
    """What clients call a TLS listener by; the certificates have the name and the address.

    A root made by debootstrap has no /etc/hosts, and so no localhost.
    """
    try:
        socket.getaddrinfo("localhost", None, socket.AF_INET)
    except OSError:
        return "127.0.0.1"
    return "localhost"


def find_running(directory: Path) -> KafkaServer | None:
    """The server that runs in `directory`, started by whichever process."""
    try:
        state = json.loads((directory / "running.json").read_text())
    except (OSError, ValueError):
        return None
    server = KafkaServer(directory, tls=state["tls"], detached=True)
    server._pid, server._ports = state["pid"], Ports(**state["ports"])
    return server if server._runs() else None


def _print_addresses(server: KafkaServer) -> None:
    if server.certificates:
        print(f"TLS listener: {server.tls_bootstrap}")
        print(f"CA: {server.certificates.ca}")
        print(f"client certificate and key: {server.certificates.client_cert} {server.certificates.client_key}")
    print(server.bootstrap)


def _start(arguments) -> int:
    server = find_running(arguments.dir)
    if server:
        print(f"Apache Kafka {KAFKA_VERSION} runs already, pid {server._pid}, in {arguments.dir}", file=sys.stderr)
    else:
        # A directory is used again with its data, but the ports may have been taken meanwhile.
        server = KafkaServer(arguments.dir, arguments.port, arguments.tls, arguments.client_auth, detached=True)
        begun = time.monotonic()
        server.start()
        print(f"Apache Kafka {KAFKA_VERSION} answers after {time.monotonic() - begun:.1f} s, pid {server._pid}, "
              f"in {arguments.dir}", file=sys.stderr)
    _print_addresses(server)
    return 0


def _stop(arguments) -> int:
    server = find_running(arguments.dir)
    if not server:
        print(f"Apache Kafka does not run: nothing to stop in {arguments.dir}")
        return 0
    server.stop()
    if arguments.delete:
        shutil.rmtree(arguments.dir)
    print("stopped", file=sys.stderr)
    return 0


def _status(arguments) -> int:
    server = find_running(arguments.dir)
    if not server:
        print(f"Apache Kafka does not run: nothing in {arguments.dir}; './dev kafka start' starts it")
        return 1
    answers = "answers" if server._answers_or_ended() else "does not answer"
    print(f"Apache Kafka {KAFKA_VERSION} {answers}, pid {server._pid}, log {server.log_file}", file=sys.stderr)
    _print_addresses(server)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev kafka", description="A real Apache Kafka for trying things out.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start it and wait until it answers")
    start.add_argument("--port", type=int, default=9092, help="of the plaintext listener; 0 for any (default: 9092)")
    start.add_argument("--tls", action="store_true", help="add a TLS listener with certificates made on the spot")
    start.add_argument("--client-auth", choices=("none", "requested", "required"), default="none")
    start.set_defaults(run=_start)
    stop = commands.add_parser("stop", help="stop it; its data stay")
    stop.add_argument("--delete", action="store_true", help="delete its directory too")
    stop.set_defaults(run=_stop)
    commands.add_parser("status", help="say what runs").set_defaults(run=_status)
    for command in commands.choices.values():
        command.add_argument("--dir", type=lambda text: Path(text).resolve(), default=REPOSITORY / "build/kafka",
                             help="data, log and pid (default: build/kafka)")
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except (RuntimeError, Unavailable) as error:
        print(f"./dev kafka: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
