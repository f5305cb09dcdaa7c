"""The IAM policies that are shipped: sound, explained, and as narrow as they say. That they suffice: tests/kafka."""

import json
import re

import pytest

from tests.kafka.policies import FOLDER, NEEDS, RULES, parse, read, rules_of, statements
from tests.support.programs import REPOSITORY

OTHER_ACTIONS = {"iot:AssumeRoleWithCertificate", "sts:AssumeRole"}
TOPICS = ["raw-data-topic", "processed-data-topic", "alerts-topic", "vehicle-state-topic", "trips-topic",
          "geofences-topic", "segment-profile-topic", "dead-letter-topic"]
WITHOUT_A_GROUP = ("planner.json", "reader.json")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_is_json_and_its_actions_are_known(path):
    policy = json.loads(path.read_text())
    if path.name == "role-alias.json":
        assert set(policy) == {"roleAlias", "roleArn", "credentialDurationSeconds"}
        assert 900 <= policy["credentialDurationSeconds"] <= 43200
        return
    assert set(policy) == {"Version", "Statement"} and policy["Version"] == "2012-10-17"
    for statement in policy["Statement"]:
        assert set(statement) <= {"Sid", "Effect", "Principal", "Action", "Resource"}
        assert statement["Effect"] == "Allow" and re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"])
        assert statement["Action"] and set(statement["Action"]) <= set(RULES) | OTHER_ACTIONS


@pytest.mark.parametrize(("name", "statement"), statements(), ids=lambda value: value if isinstance(value, str) else "")
def test_actions_stand_with_resources_of_their_kind(name, statement):
    for action in statement["Action"]:
        if action in OTHER_ACTIONS:
            continue
        kind = RULES[action][0] if RULES[action] else "cluster"
        assert [parse(resource)[0] for resource in statement["Resource"]] == [kind] * len(statement["Resource"]), action


@pytest.mark.parametrize("name", sorted({name for name, _ in statements()}))
def test_an_action_comes_with_what_it_needs(name):
    actions = {action for statement in read(name)["Statement"] for action in statement["Action"]}
    for action in actions & set(NEEDS):
        # Partitions that are assigned by hand need no group.
        needed = [need for need in NEEDS[action] if need != "AlterGroup" or name not in WITHOUT_A_GROUP]
        assert {f"kafka-cluster:{need}" for need in needed} <= actions, action


def test_no_statement_is_for_everything():
    for name, statement in statements():
        assert not any(action.endswith("*") for action in statement["Action"]), name
        assert "*" not in statement.get("Resource", []), name


def test_a_vehicle_may_write_one_topic_and_nothing_else():
    assert set(rules_of("vehicle.json", TOPICS)) == {
        ("cluster", "kafka-cluster", "idempotent-write"), ("topic", "raw-data-topic", "describe"),
        ("topic", "raw-data-topic", "write")}


@pytest.mark.parametrize("thing", ["truck-1", "truck", "truck-11", ""])
def test_a_vehicle_of_its_own_topic_may_write_that_one_alone(thing):
    topics = [*TOPICS, *(f"raw-data-{one}-topic" for one in ("truck-1", "truck-11", "truck"))]
    own = {("topic", f"raw-data-{thing}-topic", operation) for operation in ("describe", "write")}
    rules = rules_of("vehicle-own-topic.json", topics, thing)
    assert {rule for rule in rules if rule[0] == "topic"} == (own if thing else set())


def test_every_policy_for_the_cluster_is_tried_on_a_broker():
    tried = (REPOSITORY / "tests/kafka/iam_test.py").read_text()
    for name, _ in statements():
        for_cluster = any("kafka-cluster:" in action for one in read(name)["Statement"] for action in one["Action"])
        assert (f'"{name}"' in tried) == for_cluster, name


def test_only_vehicles_and_fleet_may_write_and_only_the_admin_may_create():
    may = {name: {operation for _, _, operation in rules_of(name, TOPICS)}
           for name in ("vehicle.json", "fleet.json", "lambda.json", "admin.json", "scale.json", "planner.json",
                        "reader.json")}
    assert {name for name, operations in may.items() if "write" in operations} == \
        {"vehicle.json", "fleet.json", "lambda.json", "scale.json", "planner.json"}
    assert {topic for of, topic, _ in rules_of("planner.json", TOPICS) if of == "topic"} == \
        {"trips-topic", "geofences-topic"}
    assert {name for name, operations in may.items() if "alter" in operations} == {"scale.json"}
    assert ("topic", "raw-data-topic", "write") not in rules_of("scale.json", TOPICS)
    assert {name for name, operations in may.items() if "create" in operations} == {"admin.json"}
    for source in ("raw-data-topic", "trips-topic", "geofences-topic"):
        assert ("topic", source, "write") not in rules_of("fleet.json", TOPICS)
        assert ("topic", source, "read") in rules_of("fleet.json", TOPICS)


def test_only_iot_hands_out_the_vehicles_role():
    (trust,) = read("vehicle-trust.json")["Statement"]
    assert trust["Principal"] == {"Service": "credentials.iot.amazonaws.com"}
    (certificate,) = read("vehicle-certificate.json")["Statement"]
    alias = read("role-alias.json")["roleAlias"]
    assert certificate["Resource"] == [f"arn:aws:iot:REGION:ACCOUNT:rolealias/{alias}"]


def test_every_file_and_every_statement_is_explained():
    readme = (FOLDER / "README.md").read_text()
    for path in FOLDER.glob("*.json"):
        assert f"`{path.name}`" in readme
    for name, statement in statements():
        assert f"`{statement['Sid']}`" in readme, name
        for action in statement["Action"]:
            assert f"`{action}`" in readme, action
