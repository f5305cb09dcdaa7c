"""The IAM policies of packaging/aws, as MSK reads them: each action stands for a rule of Kafka's own authorizer."""

import fnmatch
import json
from pathlib import Path

from tests.support.programs import REPOSITORY

FOLDER = REPOSITORY / "packaging/aws"
# What AWS IoT Core puts in its place: the name of the thing whose certificate it was.
THING = "${credentials-iot:ThingName}"
# Source: Amazon MSK developer guide, "Semantics of IAM authorization policy actions and resources".
RULES = {
    "kafka-cluster:Connect": None,
    "kafka-cluster:DescribeCluster": ("cluster", "describe"),
    "kafka-cluster:DescribeClusterDynamicConfiguration": ("cluster", "describe-configs"),
    "kafka-cluster:WriteDataIdempotently": ("cluster", "idempotent-write"),
    "kafka-cluster:CreateTopic": ("topic", "create"),
    "kafka-cluster:DescribeTopic": ("topic", "describe"),
    "kafka-cluster:AlterTopic": ("topic", "alter"),
    "kafka-cluster:DescribeTopicDynamicConfiguration": ("topic", "describe-configs"),
    "kafka-cluster:WriteData": ("topic", "write"),
    "kafka-cluster:ReadData": ("topic", "read"),
    "kafka-cluster:DescribeGroup": ("group", "describe"),
    "kafka-cluster:AlterGroup": ("group", "read"),
    "kafka-cluster:DescribeTransactionalId": ("transactional-id", "describe"),
    "kafka-cluster:AlterTransactionalId": ("transactional-id", "write"),
}
# From the same table: an action is of no use without those.
NEEDS = {
    "kafka-cluster:DescribeCluster": ["Connect"],
    "kafka-cluster:DescribeClusterDynamicConfiguration": ["Connect"],
    "kafka-cluster:WriteDataIdempotently": ["Connect", "WriteData"],
    "kafka-cluster:CreateTopic": ["Connect"],
    "kafka-cluster:DescribeTopic": ["Connect"],
    "kafka-cluster:AlterTopic": ["Connect", "DescribeTopic"],
    "kafka-cluster:DescribeTopicDynamicConfiguration": ["Connect"],
    "kafka-cluster:WriteData": ["Connect", "DescribeTopic"],
    "kafka-cluster:ReadData": ["Connect", "DescribeTopic", "AlterGroup"],
    "kafka-cluster:DescribeGroup": ["Connect"],
    "kafka-cluster:AlterGroup": ["Connect", "DescribeGroup"],
    "kafka-cluster:DescribeTransactionalId": ["Connect"],
    "kafka-cluster:AlterTransactionalId": ["Connect", "DescribeTransactionalId", "WriteData"],
}


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text())


def statements() -> list[tuple[str, dict]]:
    """Of all policies: file and statement."""
    files = sorted(path.name for path in FOLDER.glob("*.json"))
    return [(name, statement) for name in files for statement in read(name).get("Statement", [])]


def rules_of(name: str, topics: list[str], thing: str = "") -> list[tuple[str, str, str]]:
    """What a policy allows, as `sasl.allow` has it. `topics`: those that there are, because Kafka knows no such
    patterns. `thing`: whose credentials they are; where there is none, a resource with its variable is none at all."""
    rules = []
    for statement in read(name)["Statement"]:
        assert statement["Effect"] == "Allow"
        for resource in statement["Resource"]:
            kind, pattern = parse(resource.replace(THING, thing) if thing else resource)
            known = {"topic": topics, "cluster": ["kafka-cluster"]}.get(kind, [pattern])
            names = known if kind == "cluster" else fnmatch.filter(known, pattern)
            told = [RULES[action] for action in statement["Action"] if RULES[action]]
            rules += [(kind, one, operation) for one in names for of, operation in told if of == kind]
    return rules


def parse(resource: str) -> tuple[str, str]:
    """Kind and name of what "arn:aws:kafka:REGION:ACCOUNT:topic/CLUSTER/UUID/NAME" names; of a cluster, its own."""
    kind, cluster, uuid, *name = resource.removeprefix("arn:aws:kafka:REGION:ACCOUNT:").split("/")
    assert (cluster, uuid) == ("CLUSTER", "UUID"), resource
    assert kind in ("cluster", "topic", "group", "transactional-id"), resource
    return kind, name[0] if name else cluster
