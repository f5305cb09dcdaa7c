"""TLS between our programs and a real Apache Kafka: what has to work, and what has to be refused in plain words."""

import contextlib
import json
import shutil
from dataclasses import dataclass

import pytest

from tests.kafka.kafka_server import KafkaServer, TlsListener
from tests.support.portal import Portal
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

RECORDS = 12  # Of the drive below, with the default sampling.


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    listeners = {"MUTUAL": TlsListener(client_auth="required"), "OTHERNAME": TlsListener("other_name"),
                 "EXPIRED": TlsListener("expired"), "SELFSIGNED": TlsListener("self_signed")}
    with KafkaServer(tmp_path_factory.mktemp("kafka"), tls=True, more=listeners) as kafka:
        run([program("odograph-fleet"), "topics", "create", "--dev", "--brokers", kafka.bootstrap])
        yield kafka


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", "60"]).stdout)
    return path


# Listener, the files of `Certificates`, and what the fleet has to say, one of these; the address is put in.
# Java 17.0.15 answers a missing certificate with the alert "bad certificate", 17.0.21 says that one is required.
FLEET_REFUSALS = {
    "other_name": ("OTHERNAME", ["ca"], ["broker not trusted: {}: its certificate is for another {kind}"]),
    "no_client_certificate": ("MUTUAL", ["ca"], [
        "broker refused the client: {} wants a client certificate; it got none, or a bad one (cert_file, key_file)",
        "broker refused the client: {} wants a client certificate and got none (cert_file, key_file)"]),
    "plaintext_where_tls_is_spoken": ("TLS", [], ["no answer from {}; is kafka.security right?"]),
}


@pytest.fixture(scope="module", autouse=True)
def refused_fleets(server):
    """Each gives up after its 10 s; the other tests run meanwhile."""
    with contextlib.ExitStack() as stack:
        running = {}
        for name, (listener, files, _) in FLEET_REFUSALS.items():
            secure = tls(*[getattr(server.certificates, file) for file in files]) if files else []
            words = ["topics", "create", "--dev", "--brokers", address_of(server, listener), *secure]
            running[name] = stack.enter_context(Background([program("odograph-fleet"), *words]))
        yield running


def address_of(server, listener: str) -> str:
    return server.tls_bootstrap if listener == "TLS" else server.tls_address(listener)


def tls(ca, cert=None, key=None) -> list[str]:
    """The options of agent and fleet alike."""
    files = {"ca_file": ca, "cert_file": cert, "key_file": key}
    given = [f"kafka.{name}={path}" for name, path in files.items() if path]
    return [word for setting in ["kafka.security=tls", *given] for word in ("--set", setting)]


def mutual(server) -> list[str]:
    own = server.certificates
    return tls(own.ca, own.client_cert, own.client_key)


def replay(drive, directory, brokers, *more) -> list:
    """The words of an agent that is called like its directory."""
    settings = [f"vehicle.id={directory.name}", f"storage.directory={directory}/data",
                f"status.socket={directory}/agent.sock", f'kafka.brokers=["{brokers}"]',
                "kafka.reconnect_backoff_max=1s"]
    return [program("odograph-agent"), "replay", drive, "--as-fast-as-possible",
            *[word for setting in settings for word in ("--set", setting)], *more]


def status(directory) -> dict | None:
    done = run([program("odograph-agent"), "status", "--json", "--socket", directory / "agent.sock"], expect=None)
    return json.loads(done.stdout) if done.returncode == 0 else None


def fleet(*words) -> str:
    return run([program("odograph-fleet"), *words], deadline_s=60).stdout


def rows_of(vehicle: str, *how) -> list[dict]:
    rows = map(json.loads, fleet("decode", "--topic", "raw-data-topic", "--until-end", *how).splitlines())
    return [row for row in rows if row["vehicle_id"] == vehicle]


@pytest.mark.parametrize("with_client_certificate", [False, True], ids=["server", "mutual"])
def test_records_arrive(server, drive, tmp_path, with_client_certificate):
    brokers = server.tls_address("MUTUAL") if with_client_certificate else server.tls_bootstrap
    secure = mutual(server) if with_client_certificate else tls(server.certificates.ca)
    done = run(replay(drive, tmp_path, brokers, *secure))
    assert "librdkafka: CONFWARN" not in done.stderr
    over_tls = rows_of(tmp_path.name, "--brokers", brokers, *secure)
    assert len(over_tls) == RECORDS
    assert over_tls == rows_of(tmp_path.name, "--brokers", server.bootstrap)


def test_the_fleet_works_over_tls(server, drive, tmp_path):
    there = ["--brokers", server.tls_address("MUTUAL"), *mutual(server)]
    fleet("topics", "create", "--dev", *there)
    assert "as they should be" in fleet("topics", "check", "--dev", *there)
    run(replay(drive, tmp_path, server.bootstrap))
    with Background([program("odograph-fleet"), "process", *there, "--set", "kafka.group=tls"]) as processor:
        def processed():
            assert processor.running(), processor.output()
            return tmp_path.name in fleet("decode", "--topic", "processed-data-topic", "--until-end", *there)
        wait_for(processed, 30, "reports", interval_s=0.2)
        assert processor.terminate() == 0, processor.output()


@dataclass(frozen=True)
class Refusal:
    listener: str
    files: tuple  # Of `Certificates`: ca, cert, key.
    reason: str
    cause: str


REFUSALS = {
    "wrong_authority": Refusal("TLS", ("other_ca",), "broker not trusted", "not signed by an authority of ca_file"),
    "wrong_host_name": Refusal("OTHERNAME", ("ca",), "broker not trusted", "is for another "),
    "expired": Refusal("EXPIRED", ("ca",), "broker not trusted", "has expired"),
    "self_signed": Refusal("SELFSIGNED", ("ca",), "broker not trusted", "is signed by itself"),
    "no_client_certificate": Refusal("MUTUAL", ("ca",), "broker refused the client", "wants a client certificate"),
    "client_of_another_authority": Refusal("MUTUAL", ("ca", "other_client_cert", "other_client_key"),
                                           "broker refused the client", "does not know the authority"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_link_that_is_not_safe_gets_nothing_and_says_why(server, drive, tmp_path, name):
    row = REFUSALS[name]
    brokers = address_of(server, row.listener)
    secure = tls(*[getattr(server.certificates, file) for file in row.files])
    with Background(replay(drive, tmp_path, brokers, "--stay", *secure)) as agent:
        def refused():
            assert agent.running(), agent.output()
            now = status(tmp_path)
            return now and now["sending"]["error"] and now["records"]["waiting"] == RECORDS and now
        now = wait_for(refused, 30, "a refusal")
        assert agent.terminate() == 0
    sending = now["sending"]
    assert sending["state"] == "not_sending" and sending["reason"] == row.reason
    assert brokers in sending["error"] and row.cause in sending["error"] and "\n" not in sending["error"]
    assert now["records"]["acked"] == 0
    assert brokers in agent.output(), "the log tells too"
    assert not rows_of(tmp_path.name, "--brokers", server.bootstrap)


def test_a_captive_portal_gets_nothing_until_it_lets_tls_through(server, drive, tmp_path):
    host, port = server.tls_bootstrap.split(":")
    with Portal() as portal, Background(
            replay(drive, tmp_path, f"{host}:{portal.port}", "--stay", *tls(server.certificates.ca))) as agent:
        def sending(state: str, waiting: int):
            assert agent.running(), agent.output()
            now = status(tmp_path)
            return now and now["records"]["waiting"] == waiting and now["sending"]["state"] == state and now["sending"]
        line = wait_for(lambda: sending("not_sending", RECORDS), 30, "the portal")
        assert line["reason"] == "broker unreachable"
        assert line["error"] == (f"broker unreachable: {host}:{portal.port}: answers, but not in TLS: "
                                 "a captive portal, or a listener without TLS")
        portal.log_in(host, int(port))
        wait_for(lambda: sending("idle", 0), 30, "the broker")
        assert agent.terminate() == 0
    assert len(rows_of(tmp_path.name, "--brokers", server.bootstrap)) == RECORDS


def test_plaintext_where_tls_is_spoken_has_its_line(server, drive, tmp_path):
    with Background(replay(drive, tmp_path, server.tls_bootstrap, "--stay")) as agent:
        line = "broker unreachable: hangs up without a word; is kafka.security right?"
        wait_for(lambda: (status(tmp_path) or {"sending": {}})["sending"].get("error") == line, 30, line)
        assert agent.terminate() == 0


def test_files_that_cannot_serve_stop_the_agent_before_it_connects(server, drive, tmp_path):
    own = server.certificates
    open_key = tmp_path / "open.key"
    shutil.copy(own.client_key, open_key)
    open_key.chmod(0o644)
    missing = tmp_path / "missing.pem"
    cases = [
        (tls(own.ca, own.client_cert, open_key), [str(open_key), "0644", "chmod"]),
        (tls(missing), [str(missing), "No such file"]),
        (tls(own.ca, missing, own.client_key), [str(missing), "No such file"]),
        (tls(own.ca, own.client_cert), ["cert_file", "needs kafka.key_file"]),
        (tls(own.ca, own.client_cert, own.other_client_key), [str(own.other_client_key), "mismatch"]),
        (tls(drive), [str(drive), "no PEM block"]),
    ]
    for files, says in cases:
        done = run(replay(drive, tmp_path, server.tls_address("MUTUAL"), *files), expect=1)
        lines = done.stderr.splitlines()
        assert len(lines) == 1, done.stderr
        assert all(part in lines[0] for part in says), lines[0]
    assert not rows_of(tmp_path.name, "--brokers", server.bootstrap)


@pytest.mark.parametrize("name", FLEET_REFUSALS)
def test_the_fleet_says_why_too(server, refused_fleets, name):
    listener, _, words = FLEET_REFUSALS[name]
    assert refused_fleets[name].wait(30) == 1
    kind = "address" if server.tls_bootstrap.startswith("127.") else "host name"
    where = address_of(server, listener)
    expected = ["odograph-fleet: read metadata: " + one.format(where, kind=kind) for one in words]
    lines = refused_fleets[name].output().splitlines()
    assert len(lines) == 1 and lines[0] in expected, lines
