import pytest

from tests.e2e.vehicle import Broker, Receiver, Vehicle
from tests.kafka.kafka_server import KafkaServer


@pytest.fixture
def new_kafka(kafka_available, tmp_path):
    """A broker of the test's own, which it may stop and start."""
    with KafkaServer(tmp_path / "kafka") as server:
        yield server


@pytest.fixture
def broker():
    """The development broker, not started yet."""
    one = Broker()
    yield one
    one.stop()


@pytest.fixture
def receiver(tmp_path):
    return Receiver(tmp_path / "gps")


@pytest.fixture
def vehicle(tmp_path, broker, receiver):
    """A vehicle with a receiver; nothing is started yet."""
    one = Vehicle(tmp_path / "vehicle", broker.address, receiver.path)
    yield one
    one.end()
