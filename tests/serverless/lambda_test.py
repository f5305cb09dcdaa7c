"""odograph-lambda, run against the runtime API: what it answers and writes is what the processor writes."""

import base64
import json
import random
from dataclasses import dataclass

import pytest

from tests.e2e.parts import LIMIT_KMH, Agent, create_topics, topic
from tests.e2e.recordings import recording
from tests.e2e.vehicle import Broker
from tests.kafka.kafka_server import KafkaServer
from tests.serverless.environment import Environment, FunctionError, batches
from tests.support.agent_status import status_of
from tests.support.programs import Background, program, run, tool
from tests.support.wait import wait_for

RULES = f"[rules]\nspeed_limit_kmh = {LIMIT_KMH}\naccuracy_gate = false\n"


LARGEST = 5  # Messages in a batch: most alerts are open over the end of some.


@dataclass(frozen=True)
class Drive:
    """What the agent sent of a drive, and what the processor wrote because of it."""

    raw: list[dict]
    alerts: list[dict]
    words: list[dict]  # The alerts, decoded.


def messages(brokers: str, name: str) -> list[dict]:
    """All of a topic, as Lambda would hand it in."""
    done = run([tool("serverless_messages"), brokers, name, "3"], deadline_s=90)
    return [json.loads(line) for line in done.stdout.splitlines()]


def content(alerts: list[dict]) -> list[tuple]:
    """Key, value and headers, to the byte."""
    return [(base64.b64decode(each["key"]), base64.b64decode(each["value"]),
             [(name, bytes(byte & 0xFF for byte in value)) for one in each["headers"] for name, value in one.items()])
            for each in alerts]


def answered(answers: list[dict]) -> list[tuple]:
    """The same of the alerts in the function's answers."""
    return [(each["key"].encode(), base64.b64decode(each["value"]),
             [(name, value.encode()) for name, value in each["headers"].items()])
            for answer in answers for each in answer["alerts"]]


@pytest.fixture(scope="module")
def drive(tmp_path_factory) -> Drive:
    folder = tmp_path_factory.mktemp("drive")
    broker = Broker()
    broker.start()
    try:
        agent = Agent(recording(folder).path, folder / "agent", broker.address).start("--as-fast-as-possible")
        assert agent.wait(120) == 0, agent.output()
        raw = messages(broker.address, "raw-data-topic")
        (folder / "fleet.toml").write_text(RULES + '[process]\nguarantee = "at_least_once"\n')
        with Background([program("odograph-fleet"), "process", "--config", folder / "fleet.toml", "--brokers",
                         broker.address, "--set", f"status.socket={folder}/fleet.sock"]) as processor:
            def done():
                return status_of(folder / "fleet.sock").get("messages") == len(raw)
            wait_for(done, 90, "the processor", interval_s=0.2)
            assert processor.terminate() == 0, processor.output()
        return Drive(raw, messages(broker.address, "alerts-topic"), topic(broker.address, "alerts-topic"))
    finally:
        broker.stop()


@pytest.fixture
def configuration(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(RULES + '[lambda]\nstate = "caller"\n')
    return path


@pytest.fixture(scope="module")
def without_broker(tmp_path_factory, drive):
    """An invocation that fails after 10 s, while the other tests run."""
    path = tmp_path_factory.mktemp("without") / "fleet.toml"
    path.write_text(RULES)
    with Environment(ODOGRAPH_CONFIG=str(path), ODOGRAPH_BROKERS="127.0.0.1:1") as environment:
        yield environment, environment.begin(batches(drive.raw[:1], lambda: 1)[0])


def test_the_drive_has_alerts_and_many_messages(drive, without_broker):
    assert len(drive.alerts) >= 6 and len(drive.raw) >= 20


@pytest.mark.parametrize("seed", [1, 2])
def test_the_answers_are_the_processors_alerts(drive, configuration, seed):
    """Batches cut at random, each in an environment that may be another one, some handed in twice."""
    choose = random.Random(seed)
    answers, state = [], []
    with Environment(ODOGRAPH_CONFIG=str(configuration)) as one, \
            Environment(ODOGRAPH_CONFIG=str(configuration)) as other:
        for event in batches(drive.raw, lambda: choose.randint(1, 12)):
            event["state"] = state
            answer = choose.choice([one, other]).invoke(event)
            if choose.random() < 0.3:
                assert choose.choice([one, other]).invoke(event) == answer
            answers.append(answer)
            state = answer["state"]
    assert answered(answers) == content(drive.alerts)
    assert [each["alert"] for answer in answers for each in answer["alerts"]] == drive.words
    assert not any(answer["dead_letters"] for answer in answers)


def test_a_bad_event_is_an_error_and_a_poisoned_record_is_not(configuration):
    noise = {"topic": "raw-data-topic", "partition": 1, "offset": 4, "timestamp": 1545084650987,
             "timestampType": "CREATE_TIME", "key": "dHJ1Y2stMTc=", "value": "bm9pc2U=", "headers": []}
    (event,) = batches([noise], lambda: 1)
    with Environment(ODOGRAPH_CONFIG=str(configuration)) as environment:
        for bad in (b"", b"{}", json.dumps(event).replace("bm9pc2U=", "bm9pc2U").encode()):
            with pytest.raises(FunctionError) as failure:
                environment.invoke(bad)
            assert failure.value.kind == failure.value.told["errorType"] == "Odograph.BadEvent"
        assert failure.value.told["errorMessage"] == 'event: records["raw-data-topic-1"][0].value: is no base64'
        (letter,) = environment.invoke(event)["dead_letters"]
        assert letter["source_offset"] == 4 and letter["value"] == noise["value"] and letter["reason"]
        assert environment.running.running()


def test_what_it_cannot_start_with_is_told_to_lambda_and_ends_it(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text("[rules]\nspeed_limit = 80\n")
    with Environment(ODOGRAPH_CONFIG=str(path)) as environment:
        what, kind, told = environment.answer()
        assert (what, kind) == ("init/error", "Odograph.Misconfigured")
        assert "fleet.toml:2:1: rules.speed_limit" in told["errorMessage"]
        assert environment.running.wait() == 1


def test_it_says_what_it_is_where_nobody_runs_it_as_a_function():
    done = run([program("odograph-lambda")], expect=1, env={})
    assert "AWS_LAMBDA_RUNTIME_API is not set: this program is the runtime of an AWS Lambda function" in done.stderr


def test_the_configuration_comes_with_the_zip(tmp_path, drive):
    (tmp_path / "fleet.toml").write_text(RULES + '[lambda]\nstate = "caller"\n')
    with Environment(LAMBDA_TASK_ROOT=str(tmp_path)) as environment:
        (event,) = batches(drive.raw, lambda: len(drive.raw))
        assert answered([environment.invoke(event)]) == content(drive.alerts)


@pytest.fixture(scope="module")
def kafka_server(kafka_available, tmp_path_factory):
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        create_topics(server.bootstrap)
        yield server


def test_the_topics_hold_the_processors_alerts_once(drive, kafka_server, tmp_path):
    """On a real broker: environments that take partitions from each other, are killed, and get batches twice."""
    (tmp_path / "fleet.toml").write_text(RULES)
    known = {"ODOGRAPH_CONFIG": str(tmp_path / "fleet.toml"), "ODOGRAPH_BROKERS": kafka_server.bootstrap}
    choose = random.Random(5)
    environments = [Environment(**known), Environment(**known)]
    answers = []
    try:
        for number, event in enumerate(batches(drive.raw, lambda: choose.randint(1, LARGEST))):
            if number % 9 == 8:
                environments[0].end()
                environments = [environments[1], Environment(**known)]
            answers.append(choose.choice(environments).invoke(event))
            if choose.random() < 0.3:
                assert choose.choice(environments).invoke(event)["alerts"] == []
    finally:
        for environment in environments:
            environment.end()
    assert content(messages(kafka_server.bootstrap, "alerts-topic")) == content(drive.alerts)
    assert answered(answers) == content(drive.alerts)
    assert topic(kafka_server.bootstrap, "processed-data-topic") == []


def test_without_a_broker_the_invocation_fails_and_the_next_is_taken(without_broker):
    environment, invocation = without_broker
    with pytest.raises(FunctionError) as failure:
        environment.wait(invocation)
    assert failure.value.kind == "Odograph.Unavailable"
    assert environment.running.running()
