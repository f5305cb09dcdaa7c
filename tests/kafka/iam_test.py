"""Agent and fleet on a real Apache Kafka that ends sessions, refuses tokens and forbids topics as Amazon MSK does."""

import contextlib
import json
from dataclasses import replace

import pytest

from tests.kafka import policies, protocol
from tests.kafka.iam_programs import RAW, agent, environment, fleet, link, missing_of, rows_of, rows_of_topic
from tests.kafka.iam_server import IamServer
from tests.kafka.msk_token import REGION, Identity
from tests.kafka.trip_rows import trip
from tests.serverless.environment import Environment, FunctionError, batches
from tests.support import agent_status
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

SECONDS = 240  # Of the drive.
SESSION_S = 1
SESSIONS = 12  # So many tokens are taken at least: eleven ends, one of them by a restart.
ROLE = "arn:aws:sts::111122223333:assumed-role/"
VEHICLE = Identity("ASIAVEHICLE", "vehicle/secret+1", "IQoJb3JpZ2luX2VjEA8a/+abc==~._-", f"{ROLE}vehicle/truck-1")
LOST = Identity("AKIDLOST", "lost-secret", principal=f"{ROLE}vehicle/lost")
FLEET = Identity("AKIDFLEET", "fleet-secret", principal=f"{ROLE}fleet/process")
ADMIN = Identity("AKIDADMIN", "admin-secret", principal=f"{ROLE}admin/somebody")
READER = Identity("AKIDREADER", "reader-secret", principal=f"{ROLE}reader/somebody")
DENIED = Identity("AKIDDENIED", "denied-secret", principal=f"{ROLE}vehicle/denied")
STOLEN = Identity("AKIDSTOLEN", "new-secret", principal=f"{ROLE}vehicle/stolen")
# Credentials of two things' certificates, and of one whose agent told no name.
THING = Identity("ASIATHING", "thing-secret", "IQoJb3JpZ2luX2VjEC8a/+abc==~._-", f"{ROLE}vehicle/c0ffee")
NAMELESS = Identity("ASIANAMELESS", "nameless-secret", "IQoJb3JpZ2luX2VjED8a/+", f"{ROLE}vehicle/decaf")
SCALER = Identity("AKIDSCALER", "scaler-secret", principal=f"{ROLE}scaler/somebody")
PLANNER = Identity("AKIDPLANNER", "planner-secret", principal=f"{ROLE}planner/somebody")
LAMBDA = Identity("ASIALAMBDA", "lambda-secret", "IQoJb3JpZ2luX2VjEB8a/+abc==~._-", f"{ROLE}lambda/odograph")
EVERYBODY = [VEHICLE, LOST, FLEET, LAMBDA, ADMIN, READER, SCALER, PLANNER, DENIED, STOLEN, THING,
             NAMELESS]
OWN_TOPICS = {thing: f"raw-data-{thing}-topic" for thing in ("truck-1", "truck-2")}


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    topics = fleet(None, "topics", "list", "--format", "names").split()
    with IamServer(tmp_path_factory.mktemp("kafka"), EVERYBODY, SESSION_S) as kafka:
        for identity in (VEHICLE, LOST, STOLEN):
            kafka.allow(identity, *policies.rules_of("vehicle.json", topics))
        for identity, policy in ((FLEET, "fleet.json"), (LAMBDA, "lambda.json"), (ADMIN, "admin.json"),
                                 (READER, "reader.json"), (SCALER, "scale.json"), (PLANNER, "planner.json")):
            kafka.allow(identity, *policies.rules_of(policy, topics))
        for identity, thing in ((THING, "truck-1"), (NAMELESS, "")):
            rules = policies.rules_of("vehicle-own-topic.json", [*topics, *OWN_TOPICS.values()], thing)
            kafka.allow(identity, *rules)
        for topic in OWN_TOPICS.values():
            kafka.create_topic(topic)
        assert f"created {RAW}" in fleet(ADMIN, "topics", "create", "--dev", *link(kafka))
        yield kafka


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    return path


def status(directory) -> dict:
    """Empty while the agent does not answer."""
    return agent_status.status_of(directory / "agent.sock")


def wait_status(agent, directory, reached, what: str, deadline_s: float = 30) -> dict:
    return agent_status.wait_status(agent, directory / "agent.sock", reached, what, deadline_s)


# Started at once, because the wait after a refusal is long. Who, more words, what the status has to say.
HELD = {
    "no_credentials": (None, [], "no token: "),
    "wrong_secret": (replace(STOLEN, secret="old-secret"), [],
                     "broker refused the client: {}: token of AKIDSTOLEN (environment): Access denied"),
    "another_topic": (LOST, ["--set", "kafka.topic=alerts-topic"],
                      "identity AKIDLOST (environment) may not write to alerts-topic"),
    "another_things_topic": (THING, ["--set", f"kafka.topic={OWN_TOPICS['truck-2']}"],
                             f"identity ASIATHING (environment) may not write to {OWN_TOPICS['truck-2']}"),
    "everybodys_topic": (THING, [], f"identity ASIATHING (environment) may not write to {RAW}"),
    "a_thing_without_a_name": (NAMELESS, ["--set", f"kafka.topic={OWN_TOPICS['truck-1']}"],
                               f"identity ASIANAMELESS (environment) may not write to {OWN_TOPICS['truck-1']}"),
    "nothing_allowed": (DENIED, [], "identity AKIDDENIED (environment) may not write"),
}


@pytest.fixture(scope="module", autouse=True)
def held_agents(server, drive, tmp_path_factory):
    with contextlib.ExitStack() as stack:
        running = {}
        for name, (identity, more, _) in HELD.items():
            directory = tmp_path_factory.mktemp(name)
            words = ["--as-fast-as-possible", "--stay", *more]
            running[name] = directory, stack.enter_context(agent(server, identity, drive, directory, *words))
        yield running


@pytest.mark.parametrize("name", HELD)
def test_who_is_not_let_in_keeps_its_records_and_says_why(server, held_agents, name):
    directory, running = held_agents[name]
    told = HELD[name][2].format(server.iam_address)
    now = wait_status(running, directory, lambda now: told in now["sending"]["error"], told)
    assert now["records"]["waiting"] >= SECONDS and now["records"]["acked"] == 0
    assert now["sending"]["state"] != "sending" and "\n" not in now["sending"]["error"]
    assert told in running.output(), "the log tells too"
    assert not rows_of(server, directory.name)


@pytest.fixture(scope="module")
def let_in(server, held_agents):
    """Early, because the first pauses are of 30 to 60 s and the next ones twice as long."""
    server.allow(DENIED, *policies.rules_of("vehicle.json", [RAW]))
    server.tell([*EVERYBODY, replace(STOLEN, secret="old-secret")], SESSION_S)
    return held_agents


@pytest.mark.usefixtures("let_in")
def test_nothing_is_lost_over_the_ends_of_sessions_and_a_restart(server, drive, tmp_path):
    earlier = server.accepted(VEHICLE)
    with agent(server, VEHICLE, drive, tmp_path, "--speed", "6") as running:
        # The end of a session is nothing to talk about.
        wait_for(lambda: server.accepted(VEHICLE) - earlier >= SESSIONS // 2, 60, "ends of sessions", interval_s=0.2)
        before = server.accepted(VEHICLE) - earlier
        now = status(tmp_path)
        assert now["sending"]["disconnects"] == 0 and now["sending"]["state"] in ("sending", "idle"), now
        assert "uplink: broker" not in running.output()
        server.restart()
        assert running.wait(120) == 0, running.output()
    after = server.accepted(VEHICLE)
    assert before + after >= SESSIONS
    rows = rows_of(server, tmp_path.name)
    sequences = {(row["lane"], row["sequence"]) for row in rows}
    print(f"{before + after} tokens taken, {len(rows)} rows, {len(rows) - len(sequences)} of them repeats")
    assert len(sequences) >= SECONDS and missing_of(rows) == 0


def test_a_vehicle_writes_to_its_own_topic(server, drive, tmp_path):
    own, others = OWN_TOPICS.values()
    with agent(server, THING, drive, tmp_path, "--as-fast-as-possible", "--set", f"kafka.topic={own}") as running:
        assert running.wait(60) == 0, running.output()
    with server.connect() as operator:
        assert protocol.end_offset(operator, own) > 0, "all records are acknowledged, or it would not have ended"
        assert protocol.end_offset(operator, others) == 0, "who tried: another_things_topic"
    assert len(rows_of_topic(server, own)) >= SECONDS


READ = ["decode", "--until-end", "--topic"]


def test_who_may_read_reads_what_was_written(server, drive, tmp_path):
    with agent(server, VEHICLE, drive, tmp_path, "--as-fast-as-possible") as running:
        assert running.wait(60) == 0, running.output()
    assert len(rows_of(server, tmp_path.name)) >= SECONDS
    assert fleet(READER, *READ, RAW, *link(server)).count(f'"{tmp_path.name}"') >= SECONDS


@pytest.mark.parametrize(("identity", "topic"), [(VEHICLE, RAW), (ADMIN, RAW)], ids=["vehicle", "admin"])
def test_who_may_not_read_is_told(server, identity, topic):
    told = f"odograph-fleet: identity {identity.key_id} (environment) may not read {topic}\n"
    assert fleet(identity, *READ, topic, *link(server), expect=1) == told, "once, and then it ends"


def test_who_waits_for_what_is_to_come_is_told_and_goes_on(server):
    command = [program("odograph-fleet"), "decode", "--topic", RAW, *link(server)]
    with Background(command, env=environment(VEHICLE)) as reader:
        told = f"identity {VEHICLE.key_id} (environment) may not read {RAW}"
        wait_for(lambda: told in reader.output(), 30, told)
        assert reader.terminate() == 0
        assert "group" not in reader.output()  # It has none.


def test_what_an_identity_may_not_even_see_is_not_there(server):
    refused = fleet(VEHICLE, *READ, "alerts-topic", *link(server), expect=1)
    assert "topic alerts-topic does not exist" in refused


def test_the_fleet_works_over_it_too(server, drive, tmp_path):
    with Background([program("odograph-fleet"), "process", *link(server)], env=environment(FLEET)) as processor:
        with agent(server, VEHICLE, drive, tmp_path, "--speed", "20") as vehicle:
            assert vehicle.wait(120) == 0, vehicle.output()
        sent = {(row["lane"], row["sequence"]) for row in rows_of(server, tmp_path.name)}

        def processed() -> list[str]:
            ids = [row["id"] for row in rows_of_topic(server, "processed-data-topic")]
            return [one for one in ids if one.startswith(f"{tmp_path.name}/")]

        def all_processed():
            assert processor.running(), processor.output()
            return len(set(processed())) >= len(sent)
        wait_for(all_processed, 60, "all reports", interval_s=1)
        assert server.accepted(FLEET) > 3  # Sessions of the processor ended as well.
        assert processor.terminate() == 0, processor.output()
    ids = processed()
    assert len(ids) == len(set(ids)) == len(sent), "each once, whatever was sent twice"
    assert "brokers are down" not in processor.output() and "consumer: " not in processor.output()


def test_a_function_writes_with_the_rights_of_its_policy(server, tmp_path):
    """Its state and a dead letter, in one transaction."""
    (tmp_path / "fleet.toml").write_text(f"""[kafka]
brokers = ["{server.iam_address}"]
security = "tls_iam"
region = "{REGION}"
ca_file = "{server.certificates.ca}"
""")
    noise = {"topic": RAW, "partition": 1, "offset": 4, "timestamp": 1545084650987, "key": "dHJ1Y2s=", "value": "bm8="}
    (event,) = batches([noise], lambda: 1)
    with Environment(ODOGRAPH_CONFIG=str(tmp_path / "fleet.toml"), **LAMBDA.environment()) as function:
        assert len(function.invoke(event)["dead_letters"]) == 1
    assert len(rows_of_topic(server, "dead-letter-topic")) == 1
    with Environment(ODOGRAPH_CONFIG=str(tmp_path / "fleet.toml"), **VEHICLE.environment()) as function:
        with pytest.raises(FunctionError) as refused:
            function.invoke(event)
    assert refused.value.kind == "Odograph.Misconfigured", refused.value.told
    assert "identity ASIAVEHICLE (environment) may not" in refused.value.told["errorMessage"]


def test_an_identity_does_only_what_it_may(server):
    there = link(server)
    assert "as they should be" in fleet(ADMIN, "topics", "check", "--dev", *there)
    assert "not checked" not in fleet(ADMIN, "topics", "check", "--dev", *there)
    blind = fleet(READER, "topics", "check", "--dev", *there)
    assert blind.startswith("All 9 topics are as they should be, as far as they were checked.\n"), blind
    assert "settings were not checked:\n  raw-data-topic, " in blind, blind
    assert "-topic: identity AKIDREADER (environment) may not read settings\n" in blind, blind
    refused = fleet(VEHICLE, "topics", "create", "--dev", *there, expect=1)
    assert "identity ASIAVEHICLE (environment) may not create topic" in refused
    refused = fleet(None, "topics", "check", "--dev", *there, expect=1)
    assert "read metadata: no token: " in refused
    refused = fleet(replace(ADMIN, secret="guessed"), "topics", "check", "--dev", *there, expect=1)
    assert f"{server.iam_address}: token of AKIDADMIN (environment): Access denied" in refused
    refused = fleet(ADMIN, "topics", "check", "--dev", "--brokers", server.tls_bootstrap, *there[2:], expect=1)
    at = server.tls_bootstrap
    assert f"broker refused the client: {at}: takes no IAM tokens: is the port right (9098)?" in refused


def test_trips_are_put_by_whom_the_policy_lets(server, tmp_path):
    plan = tmp_path / "plan.jsonl"
    plan.write_text(json.dumps(trip("t1", "van-1")) + "\n")
    there = link(server)
    refused = fleet(READER, "trips", "put", plan, *there, expect=1)
    assert "identity AKIDREADER (environment) may not write" in refused
    assert "1 trip: 1 new" in fleet(PLANNER, "trips", "put", plan, *there)
    assert "van-1" in fleet(PLANNER, "trips", "list", *there)
    assert f"topic {RAW} does not exist" in fleet(PLANNER, *READ, RAW, *there, expect=1), "it may not even see it"
    fleet(PLANNER, "trips", "cancel", "t1", *there)
    assert "van-1" not in fleet(PLANNER, "trips", "list", *there)
    fence = tmp_path / "fence.geojson"
    fence.write_text('{"type": "Feature", "properties": {"id": "yard", "radius_m": 50}, '
                     '"geometry": {"type": "Point", "coordinates": [8, 47]}}')
    assert "1 feature: 1 new" in fleet(PLANNER, "fences", "put", fence, *there)


def test_who_is_let_in_at_last_sends_what_it_kept(server, let_in):
    for name in ("nothing_allowed", "wrong_secret"):
        directory, running = let_in[name]
        wait_status(running, directory, lambda now: now["records"]["waiting"] == 0, f"the records of {name}", 150)
        rows = rows_of(server, directory.name)
        assert len({(row["lane"], row["sequence"]) for row in rows}) >= SECONDS and missing_of(rows) == 0


def test_partitions_are_added_by_whom_the_policy_lets(server):
    """The last one here: topics have more partitions from then on, and sessions last, for this is about rights."""
    server.tell(EVERYBODY, 300)
    command = ["topics", "scale", "--partitions", "4", "--settle", "5", *link(server)]
    assert "identity AKIDADMIN (environment) may not" in fleet(ADMIN, *command, expect=1)
    told = fleet(SCALER, *command)
    assert "3 before, 4 now" in told and "start the processors again" in told
