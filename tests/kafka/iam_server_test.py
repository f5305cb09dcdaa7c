"""The listener that every IAM test stands on: does it take what MSK takes, and refuse the rest for the right reason?"""

import time
from dataclasses import replace

import pytest

from tests.kafka import protocol, sasl
from tests.kafka.iam_server import IamServer
from tests.kafka.msk_token import Identity, Order, encode, presign, token
from tests.support.wait import wait_for

ROLE = "arn:aws:sts::111122223333:assumed-role/vehicle/"
LONG_TERM = Identity("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", principal=f"{ROLE}long")
TEMPORARY = Identity("ASIAEXAMPLE", "a/b+c=d~e.f_g-h", "IQoJb3JpZ2luX2VjEA8aCXVzLWVhc3QtMSJHMEUCIQ/+abc==~._-",
                     f"{ROLE}temporary")
MINUTE = 60


@pytest.fixture(scope="module")
def server(kafka_available, tmp_path_factory):
    with IamServer(tmp_path_factory.mktemp("kafka"), [LONG_TERM, TEMPORARY]) as kafka:
        kafka.create_topic("raw-data-topic")
        kafka.create_topic("other-topic")
        yield kafka


def connected(server, word: str):
    connection = sasl.connect(server.iam_address, server.certificates.ca)
    sasl.authenticate(connection, word)
    return connection


# Signed at 2015-08-30T12:36:00Z and 2026-02-28T23:59:59Z by AWS's own signer for JavaScript.
VECTORS = {
    "long_term": (LONG_TERM, Order("us-east-1", "kafka.us-east-1.amazonaws.com", 1440938160),
                  "c413a83bc64a339e31a5e5e9ed99d778ff843206b427540cafa5122c01e3e993"),
    "temporary": (TEMPORARY, Order(at=1772323199),
                  "14a264443b6c8409fdc44b8a53ebbe8be2ba6e30a0bda928508387339e719f55"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_signer_of_these_tests_signs_as_aws_does(name):
    identity, order, signature = VECTORS[name]
    assert presign(identity, order).endswith(f"&X-Amz-Signature={signature}")


TAKEN = {
    "long_term": lambda: token(LONG_TERM),
    "temporary": lambda: token(TEMPORARY),
    "without_user_agent": lambda: encode(presign(LONG_TERM, Order())),
    "with_padding": lambda: token(LONG_TERM) + "=" * (-len(token(LONG_TERM)) % 4),
    "clock_4_min_ahead": lambda: token(LONG_TERM, Order(at=time.time() + 4 * MINUTE)),
    "clock_14_min_behind": lambda: token(LONG_TERM, Order(at=time.time() - 14 * MINUTE)),
}


@pytest.mark.parametrize("name", TAKEN)
def test_takes(server, name):
    with connected(server, TAKEN[name]()) as connection:
        assert protocol.api_versions(connection)


def changed(old: str, new: str, identity: Identity = LONG_TERM) -> str:
    """A good URL with a part that was changed after signing."""
    url = presign(identity, Order())
    assert old in url
    return encode(url.replace(old, new))


REFUSED = {
    "wrong_secret": (lambda: token(replace(LONG_TERM, secret="guessed")), "wrong signature"),
    "unknown_key": (lambda: token(replace(LONG_TERM, key_id="AKIDOTHER")), "unknown key AKIDOTHER"),
    "expired": (lambda: token(LONG_TERM, Order(at=time.time() - 16 * MINUTE)), "expired"),
    "short_and_expired": (lambda: token(LONG_TERM, Order(at=time.time() - 61, lifetime_s=60)), "expired"),
    "clock_6_min_ahead": (lambda: token(LONG_TERM, Order(at=time.time() + 6 * MINUTE)), "not yet current"),
    "lives_too_long": (lambda: token(LONG_TERM, Order(lifetime_s=901)), "lifetime of 901 s"),
    "lives_not_at_all": (lambda: token(LONG_TERM, Order(lifetime_s=0)), "lifetime 0"),
    "lifetime_changed": (lambda: changed("X-Amz-Expires=900", "X-Amz-Expires=899"), "wrong signature"),
    "parameter_added": (lambda: changed("&X-Amz-Signature", "&X-Odd=1&X-Amz-Signature"), "wrong signature"),
    "parameter_twice": (lambda: changed("&X-Amz-Signature", "&Action=x&X-Amz-Signature"), "twice: Action"),
    "another_action": (lambda: token(LONG_TERM, Order(more={"Action": "kafka-cluster:*"})), "action kafka-cluster:*"),
    "another_host": (lambda: token(LONG_TERM, Order(host="kafka.eu-west-1.amazonaws.com")),
                     "signed for host kafka.eu-west-1.amazonaws.com"),
    "host_changed": (lambda: changed("kafka.eu-central-1.", "kafka.eu-west-1."), "signed for host"),
    "another_region": (lambda: token(LONG_TERM, Order(region="eu-west-1")), "credential scope"),
    "another_algorithm": (lambda: token(LONG_TERM, Order(more={"X-Amz-Algorithm": "NONE"})), "another algorithm"),
    "more_headers_signed": (lambda: token(LONG_TERM, Order(more={"X-Amz-SignedHeaders": "host;x"})), "signed headers"),
    "no_session_token": (lambda: token(replace(TEMPORARY, session_token="")), "no session token"),
    "wrong_session_token": (lambda: token(replace(TEMPORARY, session_token="old")), "another session token"),
    "session_token_where_there_is_none": (lambda: token(replace(LONG_TERM, session_token="x")),
                                          "another session token"),
    "no_signature": (lambda: encode(presign(LONG_TERM, Order()).split("&X-Amz-Signature")[0]), "no X-Amz-Signature"),
    "not_https": (lambda: changed("https:", "http:"), "no such URL"),
    "no_url": (lambda: encode("no token at all"), "no URL in base64url"),
    "no_base64url": (lambda: token(LONG_TERM) + "+/", "no URL in base64url"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(server, name):
    make, why = REFUSED[name]
    with pytest.raises(sasl.AuthenticationRefused, match="Access denied"):
        connected(server, make())
    assert server.refusals()[-1].startswith(why)


def test_without_a_token_nothing_is_answered(server):
    with sasl.connect(server.iam_address, server.certificates.ca) as connection:
        assert protocol.api_versions(connection)  # What it speaks anybody may ask before.
        with pytest.raises(protocol.ProtocolError):
            protocol.partition_count(connection, "raw-data-topic")


def test_an_identity_may_do_what_it_was_allowed_and_nothing_else(server):
    with connected(server, token(TEMPORARY)) as connection:
        with pytest.raises(protocol.ProtocolError, match="error code 29"):  # TOPIC_AUTHORIZATION_FAILED
            protocol.produce(connection, "raw-data-topic", b"key", b"value")
        server.allow(TEMPORARY, ("topic", "raw-data-topic", "write"))
        protocol.produce(connection, "raw-data-topic", b"key", b"value")
        for topic, do in (("other-topic", lambda: protocol.produce(connection, "other-topic", b"key", b"value")),
                          ("new-topic", lambda: protocol.create_topic(connection, "new-topic", 1))):
            with pytest.raises(protocol.ProtocolError, match=f"{topic}: Kafka error code 29"):
                do()
        server.forbid(TEMPORARY)
        with pytest.raises(protocol.ProtocolError, match="error code 29"):
            protocol.produce(connection, "raw-data-topic", b"key", b"value")


def test_a_session_ends_with_the_first_request_after_its_time(server):
    server.tell([LONG_TERM, TEMPORARY], session_s=0.5)
    try:
        with connected(server, token(LONG_TERM)) as connection:
            def ended():
                try:
                    protocol.api_versions(connection)
                except (OSError, protocol.ProtocolError):
                    return True
                return False
            begun = time.monotonic()
            wait_for(ended, 10, "the end of the session")
            assert time.monotonic() - begun >= 0.4
    finally:
        server.tell([LONG_TERM, TEMPORARY])


def test_a_key_that_is_taken_back_connects_no_more(server):
    server.tell([TEMPORARY])
    try:
        with pytest.raises(sasl.AuthenticationRefused):
            connected(server, token(LONG_TERM))
    finally:
        server.tell([LONG_TERM, TEMPORARY])
    connected(server, token(LONG_TERM)).close()
