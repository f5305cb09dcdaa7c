"""A processor that lacks one right, or whose token is refused, on a real Apache Kafka with rights as MSK has them."""

from dataclasses import replace

import pytest

from tests.kafka import policies
from tests.kafka.iam_programs import agent, environment, fleet, link
from tests.kafka.iam_server import IamServer
from tests.kafka.msk_token import Identity
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

ROLE = "arn:aws:sts::111122223333:assumed-role/"
VEHICLE = Identity("AKIDVEHICLE", "vehicle-secret", principal=f"{ROLE}vehicle/truck-1")
ADMIN = Identity("AKIDADMIN", "admin-secret", principal=f"{ROLE}admin/somebody")
NARROW = Identity("AKIDNARROW", "narrow-secret", principal=f"{ROLE}fleet/narrow")
STRANGER = replace(NARROW, secret="guessed")
MISSING = ("topic", "processed-data-topic", "write")
QUIET_S = 8  # Without a pause a processor tries some six times meanwhile.


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    topics = fleet(None, "topics", "list", "--format", "names").split()
    # No session ends here, so that each token that is taken is of a new connection.
    with IamServer(tmp_path_factory.mktemp("kafka"), [VEHICLE, ADMIN, NARROW], session_s=900) as kafka:
        kafka.allow(VEHICLE, *policies.rules_of("vehicle.json", topics))
        kafka.allow(ADMIN, *policies.rules_of("admin.json", topics))
        rules = policies.rules_of("fleet.json", topics)
        assert MISSING in rules
        kafka.allow(NARROW, *[rule for rule in rules if rule != MISSING])
        fleet(ADMIN, "topics", "create", "--dev", *link(kafka))
        yield kafka


@pytest.fixture(scope="module")
def records(server, tmp_path_factory):
    """What a processor has to do."""
    directory = tmp_path_factory.mktemp("truck")
    path = directory / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", "60"]).stdout)
    with agent(server, VEHICLE, path, directory, "--as-fast-as-possible") as vehicle:
        assert vehicle.wait(60) == 0, vehicle.output()


def tries(server) -> int:
    """New connections, of whoever was taken or not."""
    return server.accepted(NARROW) + len(server.refusals())


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(("identity", "told", "tries_most"), [
    (NARROW, "identity AKIDNARROW (environment) may not write to processed-data-topic", 1),
    # Its consumers go on by themselves, up to ten seconds apart.
    (STRANGER, "token of AKIDNARROW (environment): Access denied", 12),
], ids=["one_write_is_missing", "wrong_secret"])
def test_a_processor_that_is_refused_says_so_and_waits(server, tmp_path, identity, told, tries_most):
    socket = tmp_path / "fleet.sock"
    told = f"{told}; next try in "

    def first_words() -> str:
        return run([program("odograph-fleet"), "status", "--socket", socket]).stdout.splitlines()[0]

    command = [program("odograph-fleet"), "process", *link(server), "--set", f"status.socket={socket}"]
    with Background(command, env=environment(identity)) as processor:
        wait_for(lambda: told in processor.output(), 60, told)
        before = tries(server)
        assert first_words().startswith("paused: ") and told in first_words()
        with pytest.raises(TimeoutError):  # The first pause is of 30 to 60 s.
            wait_for(lambda: processor.output().count(told) > 1 or not processor.running(), QUIET_S, "another try")
        made = tries(server) - before
        print(f"{made} new connections in {QUIET_S} s")
        assert made <= tries_most, "nobody tries again and again"
        assert first_words().startswith("paused: ")
        assert "TXNERR" not in processor.output() and "ADDPARTS" not in processor.output(), processor.output()
        assert processor.terminate() == 0, processor.output()
