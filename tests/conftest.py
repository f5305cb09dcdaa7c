"""Fixtures for every test in Python, and the rule about what cannot be tested on a machine."""

import os
from pathlib import Path

import pytest

from tests.kafka.jars import Unavailable, kafka_jars
from tests.kafka.kafka_server import KafkaServer

_SKIPPED = 77  # What ctest's SKIP_RETURN_CODE stands at.


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def missing(what: str) -> None:
    """Call it where a service cannot be had: an error in CI, elsewhere the test is reported as skipped, with `what`."""
    if in_ci():
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def kafka_available() -> None:
    """For tests that make their own KafkaServer."""
    try:
        kafka_jars()
    except Unavailable as error:
        missing(str(error))


@pytest.fixture(scope="session")
def kafka(kafka_available, tmp_path_factory) -> KafkaServer:
    """One broker for the whole run, with a TLS listener; use topics of your own. Do not stop it: make your own then."""
    with KafkaServer(Path(tmp_path_factory.mktemp("kafka")), tls=True) as server:
        yield server


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if in_ci() else _SKIPPED
