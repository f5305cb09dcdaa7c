"""A vehicle's whole way to Amazon MSK: certificate, credentials of AWS IoT Core, token, record."""

import json
import os
from datetime import timedelta

import pytest

from tests.kafka import policies
from tests.kafka.iam_server import IamServer
from tests.kafka.iot_core import ROLE_ALIAS, IotCore
from tests.kafka.msk_token import REGION, Identity
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

SECONDS = 60
VEHICLE = Identity("ASIAVEHICLE", "vehicle/secret+1", "IQoJb3JpZ2luX2VjEA8a/+abc==~._-",
                   "arn:aws:sts::111122223333:assumed-role/odograph-vehicle/0a1b2c3d")


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    with IamServer(tmp_path_factory.mktemp("kafka"), [VEHICLE]) as kafka:
        kafka.create_topic("raw-data-topic")
        kafka.allow(VEHICLE, *policies.rules_of("vehicle.json", ["raw-data-topic"]))
        yield kafka


@pytest.fixture
def iot(server):
    host = server.iam_address.split(":")[0]
    with IotCore(server.certificates, VEHICLE, host, timedelta(hours=1)) as one:
        yield one


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    path = tmp_path_factory.mktemp("drive") / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    return path


def agent(server, iot, drive, directory, **more) -> Background:
    own = server.certificates
    keys = {"vehicle.id": directory.name, "storage.directory": f"{directory}/data", "sampling.mode": "all",
            "status.socket": f"{directory}/agent.sock", "kafka.brokers": f'["{server.iam_address}"]',
            "kafka.security": "tls_iam", "kafka.region": REGION, "kafka.ca_file": own.ca, "aws.credentials": "iot",
            "aws.iot_endpoint": iot.endpoint, "aws.iot_role_alias": ROLE_ALIAS, "aws.iot_thing_name": directory.name,
            "aws.iot_cert_file": own.client_cert, "aws.iot_key": own.client_key, "aws.ca_file": own.ca,
            **{f"aws.{key}": value for key, value in more.items()}}
    words = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    # Credentials in the environment are not what was asked for.
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDOTHER", "AWS_SECRET_ACCESS_KEY": "other"}
    return Background([program("odograph-agent"), "replay", drive, "--as-fast-as-possible", *words], env=environment)


def rows_of(server, vehicle: str) -> list[dict]:
    done = run([program("odograph-fleet"), "decode", "--topic", "raw-data-topic", "--until-end", "--brokers",
                server.bootstrap])
    return [row for row in map(json.loads, done.stdout.splitlines()) if row["vehicle_id"] == vehicle]


def test_a_certificate_is_all_that_a_vehicle_needs(server, iot, drive, tmp_path):
    with agent(server, iot, drive, tmp_path) as running:
        assert running.wait(60) == 0, running.output()
    assert iot.things == [tmp_path.name]
    assert server.accepted(VEHICLE) >= 1 and len(rows_of(server, tmp_path.name)) >= SECONDS
    for secret in (VEHICLE.secret, VEHICLE.session_token):
        assert secret not in running.output()


# What of it is another one, and what is said then.
REFUSED = {
    "another_authoritys_certificate": ("other_client_cert", "other_client_key", {}, "no token: iot"),
    "no_such_alias": ("client_cert", "client_key", {"iot_role_alias": "another"}, "no token: iot"),
    "a_server_that_is_not_iot_core": ("client_cert", "client_key", {"ca_file": "other_ca"}, "no token: iot"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_without_credentials_nothing_is_sent(server, iot, drive, tmp_path, name):
    cert, key, more, told = REFUSED[name]
    own = server.certificates
    more = {**more, "iot_cert_file": getattr(own, cert), "iot_key": getattr(own, key)}
    more |= {"ca_file": getattr(own, more["ca_file"])} if "ca_file" in more else {}
    before = server.accepted(VEHICLE)
    with agent(server, iot, drive, tmp_path, **more) as running:
        wait_for(lambda: told in running.output(), 30, told)
        print(running.output())
        assert running.running()
    assert server.accepted(VEHICLE) == before and not rows_of(server, tmp_path.name)
