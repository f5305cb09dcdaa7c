"""Agent and fleet as an identity at a broker's IAM listener, and what the topics hold then."""

import json
import os

from tests.kafka.msk_token import REGION, Identity
from tests.support.programs import Background, program, run

RAW = "raw-data-topic"


def link(server) -> list[str]:
    """The options of the fleet."""
    given = ["kafka.security=tls_iam", f"kafka.region={REGION}", f"kafka.ca_file={server.certificates.ca}"]
    return ["--brokers", server.iam_address, *[word for setting in given for word in ("--set", setting)]]


def environment(identity: Identity | None) -> dict[str, str]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return rest | {"AWS_EC2_METADATA_DISABLED": "true"} | (identity.environment() if identity else {})


def fleet(identity: Identity | None, *words, expect: int = 0) -> str:
    done = run([program("odograph-fleet"), *words], deadline_s=60, expect=expect, env=environment(identity))
    return done.stdout if expect == 0 else done.stderr


def agent(server, identity: Identity | None, drive, directory, *more) -> Background:
    """A replay that is called like its directory."""
    settings = [f"vehicle.id={directory.name}", f"storage.directory={directory}/data",
                f"status.socket={directory}/agent.sock", f'kafka.brokers=["{server.iam_address}"]',
                "kafka.reconnect_backoff_max=1s", "sampling.mode=all"]
    command = [program("odograph-agent"), "replay", drive, *more, *link(server)[2:],
               *[word for setting in settings for word in ("--set", setting)]]
    return Background(command, env=environment(identity))


def rows_of_topic(server, topic: str) -> list[dict]:
    """By the operator's listener."""
    done = run([program("odograph-fleet"), "decode", "--topic", topic, "--until-end", "--brokers", server.bootstrap])
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows_of(server, vehicle: str) -> list[dict]:
    """What the topic holds of a vehicle."""
    return [row for row in rows_of_topic(server, RAW) if row["vehicle_id"] == vehicle]


def missing_of(rows: list[dict]) -> int:
    """Sequences that nobody has got, per stream and lane."""
    held: dict[tuple, set] = {}
    for row in rows:
        held.setdefault((row["stream_id"], row["lane"]), set()).add(int(row["sequence"]))
    return sum(max(each) - min(each) + 1 - len(each) for each in held.values())
