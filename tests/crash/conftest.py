from tests.e2e.conftest import broker, receiver, vehicle  # noqa: F401 - the fixtures of a vehicle with a receiver.
