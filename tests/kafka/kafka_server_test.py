"""The broker that every other Kafka test stands on: does it do what the fixture promises?"""

import socket
import ssl

import pytest

from tests.kafka import protocol
from tests.kafka.kafka_server import KafkaServer, find_running


@pytest.fixture
def own_kafka(kafka_available, tmp_path):
    with KafkaServer(tmp_path / "kafka", tls=True, client_auth="required") as server:
        yield server


def tls_connect(server: KafkaServer, context: ssl.SSLContext) -> dict:
    host, port = server.tls_bootstrap.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as connection:
            return protocol.api_versions(connection)


def test_answers_the_protocol(kafka):
    with kafka.connect() as connection:
        versions = protocol.api_versions(connection)
    assert {0, 1, 18, 22} <= versions.keys()  # Produce, Fetch, ApiVersions, InitProducerId


def test_makes_topics_only_when_told(kafka):
    with kafka.connect() as connection:
        assert protocol.partition_count(connection, "not-made") == 0
        assert protocol.partition_count(connection, "not-made") == 0
    kafka.create_topic("made", partitions=3)
    with kafka.connect() as connection:
        assert protocol.partition_count(connection, "made") == 3
    with pytest.raises(protocol.ProtocolError, match="error code 36"):  # TOPIC_ALREADY_EXISTS
        kafka.create_topic("made", partitions=3)


def test_tls_needs_the_right_authority(kafka):
    good = ssl.create_default_context(cafile=str(kafka.certificates.ca))
    assert tls_connect(kafka, good)
    wrong = ssl.create_default_context(cafile=str(kafka.certificates.other_ca))
    with pytest.raises(ssl.SSLCertVerificationError):
        tls_connect(kafka, wrong)


def test_client_certificate_is_asked_for(own_kafka):
    context = ssl.create_default_context(cafile=str(own_kafka.certificates.ca))
    with pytest.raises((OSError, protocol.ProtocolError)):
        tls_connect(own_kafka, context)
    context.load_cert_chain(own_kafka.certificates.client_cert, own_kafka.certificates.client_key)
    assert tls_connect(own_kafka, context)
    assert own_kafka.certificates.client_key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_keeps_data_and_ports_over_a_restart(own_kafka, how):
    own_kafka.create_topic("kept", partitions=2)
    bootstrap = own_kafka.bootstrap
    getattr(own_kafka, how)()
    with pytest.raises(OSError):
        own_kafka.connect()
    own_kafka.start()
    assert own_kafka.bootstrap == bootstrap
    with own_kafka.connect() as connection:
        assert protocol.partition_count(connection, "kept") == 2


def test_two_servers_run_side_by_side(kafka, own_kafka):
    kafka.create_topic("only-here")
    with own_kafka.connect() as connection:
        assert protocol.partition_count(connection, "only-here") == 0


def test_another_process_finds_what_runs(own_kafka):
    found = find_running(own_kafka.directory)
    assert found and found.bootstrap == own_kafka.bootstrap
    own_kafka.kill()
    assert find_running(own_kafka.directory) is None


def test_says_why_it_does_not_start(kafka, tmp_path):
    taken = int(kafka.bootstrap.split(":")[1])
    with pytest.raises(RuntimeError, match="Address already in use"):
        KafkaServer(tmp_path / "kafka", port=taken).start()
