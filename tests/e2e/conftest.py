import pytest

from tests.kafka.kafka_server import KafkaServer


@pytest.fixture
def new_kafka(kafka_available, tmp_path):
    """A broker of the test's own, which it may stop and start."""
    with KafkaServer(tmp_path / "kafka") as server:
        yield server
