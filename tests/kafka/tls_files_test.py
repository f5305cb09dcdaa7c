"""Certificate files that change under a running agent, files that pin, and versions of TLS that are too old."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kafka import protocol
from tests.kafka.kafka_server import KafkaServer, Plugin, TlsListener
from tests.support.agent_status import wait_status
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

SECONDS = 1200  # Of the drive, which lasts longer than any test.
OLD_TLS = "".join(f"listener.name.{{name}}.ssl.{key}=TLSv1.1\n" for key in ("protocol", "enabled.protocols"))
LET_OLD_TLS_IN = "jdk.tls.disabledAlgorithms=SSLv3, RC4, DES, MD5withRSA, anon, NULL\n"
# What would let our programs speak it, were it for the system's policy alone.
LAX_OPENSSL = """openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = policy
[policy]
MinProtocol = TLSv1
CipherString = ALL@SECLEVEL=0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kafka")


@pytest.fixture(scope="module")
def server(kafka_available, folder):
    (folder / "java.security").write_text(LET_OLD_TLS_IN)
    listeners = {"MUTUAL": TlsListener(client_auth="required", trust=folder / "trust.pem"),
                 "SELFSIGNED": TlsListener("self_signed"), "OLD": TlsListener(settings=OLD_TLS)}
    plugin = Plugin(folder / "classes", "", (f"-Djava.security.properties={folder / 'java.security'}",))
    kafka = KafkaServer(folder, tls=True, more=listeners, plugin=plugin)
    trust(kafka, folder, "ca", "other_ca")
    with kafka:
        for topic in run([program("odograph-fleet"), "topics", "list", "--format", "names"]).stdout.split():
            kafka.create_topic(topic)
        yield kafka


def trust(kafka, folder, *authorities: str) -> None:
    """Whom the listener MUTUAL believes from its next start on."""
    texts = [getattr(kafka.certificates, name).read_text() for name in authorities]
    (folder / "trust.pem").write_text("".join(texts))


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    return path


class Vehicle:
    """An agent in the middle of a drive, with certificate files of its own."""

    def __init__(self, server, drive, directory: Path, brokers: str, files: dict[str, Path | None], **environment):
        self.server, self.directory = server, directory
        directory.mkdir()
        for name, path in files.items():
            if path:
                self.put(name, path)
        keys = {"vehicle.id": directory.name, "storage.directory": f"{directory}/data", "sampling.mode": "all",
                "status.socket": f"{directory}/agent.sock", "kafka.brokers": f'["{brokers}"]',
                "kafka.security": "tls", "kafka.reconnect_backoff_max": "1s",
                **{f"kafka.{name}": directory / name for name, path in files.items() if path}}
        words = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        self.agent = Background([program("odograph-agent"), "replay", drive, "--speed", "4", "--stay", *words],
                                env={**os.environ, **environment})

    def __enter__(self) -> "Vehicle":
        return self

    def __exit__(self, *_) -> None:
        self.agent.__exit__(*_)

    def put(self, name: str, source: Path) -> None:
        """As a careful rotation does it."""
        fresh = self.directory / f"{name}.new"
        shutil.copy(source, fresh)
        fresh.chmod(0o600)
        fresh.replace(self.directory / name)

    def status(self, reached, what: str, deadline_s: float = 60) -> dict:
        return wait_status(self.agent, self.directory / "agent.sock", reached, what, deadline_s)

    def says(self, what: str, deadline_s: float = 60) -> None:
        try:
            wait_for(lambda: what in self.agent.output(), deadline_s, what, interval_s=0.2)
        except TimeoutError:
            print(self.agent.output())
            raise

    def refused(self, cause: str) -> None:
        """One line says why, and what is made from now on waits."""
        now = self.status(lambda now: cause in now["sending"]["error"] and now["sending"]["state"] == "not_sending"
                          and now["records"]["waiting"] > 0, cause)
        assert "\n" not in now["sending"]["error"]
        acked = now["records"]["acked"]
        then = self.status(lambda then: then["records"]["waiting"] > now["records"]["waiting"], "more that waits")
        assert then["records"]["acked"] == acked, "nothing gets through"
        # Another cause than the one that was told is told after a minute at the earliest.
        assert self.agent.output().count(cause) <= 1, self.agent.output()

    def sends(self) -> None:
        """Again, or still: newer records are acknowledged."""
        before = self.status(lambda now: True, "status")["records"]["acked"]
        self.status(lambda now: now["records"]["acked"] > before + 10, "acknowledgements")

    def lost_nothing(self) -> None:
        assert self.agent.terminate() == 0, self.agent.output()
        done = run([program("odograph-fleet"), "decode", "--topic", "raw-data-topic", "--until-end", "--brokers",
                    self.server.bootstrap])
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        held: dict[str, set[int]] = {}
        for row in rows:
            if row["vehicle_id"] == self.directory.name:
                held.setdefault(row["lane"], set()).add(int(row["sequence"]))
        assert held
        for sequences in held.values():
            assert max(sequences) - min(sequences) + 1 == len(sequences)


def rotated_certificate(server, drive, folder, directory) -> None:
    own = server.certificates
    files = {"ca_file": own.ca, "cert_file": own.client_cert, "key_file": own.client_key}
    with Vehicle(server, drive, directory, server.tls_address("MUTUAL"), files) as vehicle:
        vehicle.sends()
        vehicle.put("cert_file", own.other_client_cert)
        vehicle.says("the certificate files are others, which cannot serve; those from before stay in use: ")
        vehicle.sends()
        assert "reconnecting with other certificate files" not in vehicle.agent.output()
        vehicle.put("key_file", own.other_client_key)
        vehicle.says("uplink: reconnecting with other certificate files: the certificate files are others")
        vehicle.sends()
        # The broker no longer trusts the new one's authority. It would take the one from before.
        trust(server, folder, "ca")
        server.restart()
        vehicle.refused("does not know the authority that signed cert_file")
        vehicle.put("cert_file", own.client_cert)
        vehicle.put("key_file", own.client_key)
        vehicle.sends()
        vehicle.lost_nothing()


def authority_that_is_removed(server, drive, _, directory) -> None:
    own = server.certificates
    with Vehicle(server, drive, directory, server.tls_bootstrap, {"ca_file": own.ca}) as vehicle:
        vehicle.sends()
        vehicle.put("ca_file", own.other_ca)
        vehicle.refused("its certificate is not signed by an authority of ca_file")
        told = "uplink: broker not trusted: " + server.tls_bootstrap + ": its certificate is not signed by"
        assert vehicle.agent.output().count(told) == 1, vehicle.agent.output()
        vehicle.put("ca_file", own.ca)
        vehicle.sends()
        vehicle.lost_nothing()


def key_that_is_taken_away(server, drive, _, directory) -> None:
    own = server.certificates
    # By the listener that asks for none: that the agent stops is its own doing.
    files = {"ca_file": own.ca, "cert_file": own.client_cert, "key_file": own.client_key}
    with Vehicle(server, drive, directory, server.tls_bootstrap, files) as vehicle:
        vehicle.sends()
        (directory / "key_file").unlink()
        vehicle.says(f"kafka.key_file {directory}/key_file was taken away")
        vehicle.says(f"uplink: no new connection: kafka.key_file {directory}/key_file: No such file or directory")
        now = vehicle.status(lambda now: now["records"]["waiting"] > 0, "what waits")
        vehicle.status(lambda then: then["records"]["waiting"] > now["records"]["waiting"], "more that waits")
        vehicle.put("key_file", own.client_key)
        vehicle.sends()
        vehicle.lost_nothing()


def processor_with_other_authorities(server, _, folder, directory) -> None:
    """It works on what the vehicles beside it send."""
    own = server.certificates
    directory.mkdir()

    def put(*authorities: Path) -> None:
        (directory / "fresh.pem").write_text("".join(each.read_text() for each in authorities))
        (directory / "fresh.pem").replace(directory / "ca.pem")
    put(own.ca)
    command = [program("odograph-fleet"), "process", "--brokers", server.tls_bootstrap,
               "--report", directory / "report.json", "--set", "kafka.security=tls",
               "--set", f"kafka.ca_file={directory}/ca.pem"]
    with Background(command) as processor:
        def reports(beyond: int) -> int:
            def found():
                assert processor.running(), processor.output()
                with server.connect() as operator:
                    end = protocol.end_offset(operator, "processed-data-topic")
                return end > beyond and end
            return wait_for(found, 60, "reports", interval_s=0.5)
        first = reports(0)
        put(own.ca, own.other_ca)
        told = "reconnecting with other certificate files: the certificate files are others"
        wait_for(lambda: told in processor.output(), 60, told)
        second = reports(reports(first))
        (directory / "ca.pem").unlink()
        gone = f"kafka.ca_file {directory}/ca.pem was taken away"
        assert processor.wait(60) == 1 and gone in processor.output(), processor.output()
    counted = json.loads((directory / "report.json").read_text())
    assert counted["reports"] >= second / 2, "what was counted before the files were others is not forgotten"
    assert counted["reports"] > 0 and counted["restores"] >= 2, counted


def test_files_count_while_the_programs_run(server, drive, folder, tmp_path):
    """All at once, because most of it is waiting for a look at the files."""
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(scene, server, drive, folder, tmp_path / scene.__name__)
                   for scene in (authority_that_is_removed, key_that_is_taken_away,
                                 processor_with_other_authorities)]
        # On this thread: a broker ends with the one that started it.
        rotated_certificate(server, drive, folder, tmp_path / "rotated_certificate")
        for each in running:
            each.result()


@pytest.mark.parametrize("pinned", ["other_ca", "ca", "self_signed"])
def test_a_pinned_file_counts_alone(server, drive, tmp_path, pinned):
    own = server.certificates
    authority = own.self_signed.with_suffix(".crt") if pinned == "self_signed" else getattr(own, pinned)
    brokers = server.tls_address("SELFSIGNED") if pinned == "self_signed" else server.tls_bootstrap
    # The system knows the broker's authority.
    system = {"SSL_CERT_FILE": str(own.ca), "SSL_CERT_DIR": str(tmp_path)}
    with Vehicle(server, drive, tmp_path / pinned, brokers, {"ca_file": authority}, **system) as vehicle:
        if pinned == "other_ca":
            vehicle.refused("not signed by an authority of ca_file")
        else:
            vehicle.sends()


def test_without_a_file_the_system_s_authorities_count(server, drive, tmp_path):
    system = {"SSL_CERT_FILE": str(server.certificates.ca), "SSL_CERT_DIR": str(tmp_path)}
    with Vehicle(server, drive, tmp_path / "system", server.tls_bootstrap, {"ca_file": None}, **system) as vehicle:
        vehicle.sends()


def test_tls_older_than_1_2_is_refused_whatever_the_system_allows(server, drive, tmp_path):
    lax = tmp_path / "openssl.cnf"
    lax.write_text(LAX_OPENSSL)
    brokers = server.tls_address("OLD")
    done = subprocess.run(["openssl", "s_client", "-connect", brokers, "-brief"], input="", text=True,
                          capture_output=True, timeout=30, env={**os.environ, "OPENSSL_CONF": str(lax)})
    assert "Protocol version: TLSv1.1" in done.stderr, "the next lines would tell nothing: " + done.stderr
    with Vehicle(server, drive, tmp_path / "old", brokers, {"ca_file": server.certificates.ca},
                 OPENSSL_CONF=str(lax)) as vehicle:
        vehicle.refused("another version of TLS")
