"""A region that is not the one in the brokers' names is told in the log, once, when a program starts."""

import pytest

from tests.support.programs import Background, program
from tests.support.wait import wait_for

# Nobody is there; the name alone counts.
BROKER = "b-1.nobody.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098"


def command(name: str, folder, region: str) -> list:
    given = ["kafka.security=tls_iam", f"kafka.region={region}", f'kafka.brokers=["{BROKER}"]',
             "aws.credentials=process", "aws.process_command=false"]
    verb = "process"
    if name == "odograph-agent":
        given += ["vehicle.id=truck-17", f"storage.directory={folder}/data", f"status.socket={folder}/agent.sock",
                  "storage.cap=16MiB"]
        verb = "run"
    return [program(name), verb, *[word for each in given for word in ("--set", each)]]


# What each says once it has started.
STARTED = {"odograph-agent": "running as truck-17", "odograph-fleet": "processing raw-data-topic"}


@pytest.mark.parametrize(("region", "times"), [("eu-west-1", 1), ("eu-central-1", 0)], ids=["another", "the_same"])
@pytest.mark.parametrize("name", STARTED)
def test_the_log_tells_it_once(name, region, times, tmp_path):
    with Background(command(name, tmp_path, region)) as running:
        wait_for(lambda: STARTED[name] in running.output(), 30, STARTED[name])
        running.terminate(30)
        assert running.output().count("the region is set to eu-west-1, but the broker") == times
