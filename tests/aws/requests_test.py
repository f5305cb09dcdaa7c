"""lib/aws signs requests as botocore does, AWS's library for Python: made-up ones of every kind, of a fixed seed."""

import json
import random
import string
import subprocess
from urllib.parse import quote

import pytest

from tests.aws.signers import sign_requests_in_python
from tests.conftest import missing
from tests.kafka.jars import Unavailable
from tests.support.programs import tool

REQUESTS = 400
# What encoding, sorting and trimming have to get right.
TEXTS = [*string.ascii_letters, *string.digits, *"-._~!*'()&?#%+@:,;$=/\\\"<>[]{}|^` ", "\t", "\n", "ä", "€",
         "\U0001F69A"]
SEGMENTS = ["", ".", "..", "a", "b c", "dt=2026-11-23", "%", "ä", "x+y", "..."]
SERVICES = ["s3", "sts", "kafka-cluster", "iam"]


def text(dice: random.Random, of: list[str], most: int) -> str:
    return "".join(dice.choices(of, k=dice.randrange(most + 1)))


def made_up(dice: random.Random) -> dict:
    by = dice.choice(["header", "query"])
    body = text(dice, TEXTS, 40) if by == "header" else ""  # botocore takes the body of an URL for a form's.
    names = [text(dice, TEXTS, 6) + str(number) for number in range(dice.randrange(5))]
    if by == "header" and names:
        names.append(names[0])  # botocore forgets all but one of a name in an URL.
    printable = [one for one in TEXTS if one.isascii() and one != "\n"]
    headers = [[f"{dice.choice(['X-Test-', 'x-amz-meta-', 'My.', 'A'])}{dice.randrange(3)}", text(dice, printable, 12)]
               for _ in range(dice.randrange(4))]
    return {"by": by, "method": dice.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
            "host": dice.choice(["example.amazonaws.com", "a-b.s3.eu-central-1.amazonaws.com", "127.0.0.1:9000"]),
            "path": quote("/" + "/".join(dice.choices(SEGMENTS, k=dice.randrange(5))), safe="/~"),
            "query": [[name, text(dice, TEXTS, 8)] for name in names], "headers": headers, "body": body,
            "time_ms": dice.randrange(0, 4102444800000), "service": dice.choice(SERVICES),
            "region": dice.choice(["us-east-1", "eu-central-1", "cn-north-1"]),
            "key": "AKID" + text(dice, list(string.ascii_uppercase), 16),
            "secret": "s" + text(dice, [*string.ascii_letters, *"/+=~"], 40),
            "session": dice.choice(["", "t" + text(dice, [*string.ascii_letters, *"/+=!&%"], 80)]),
            "lifetime_s": dice.randrange(1, 604801)}


def ours(asked: list[dict]) -> list[str]:
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    done = subprocess.run([tool("aws_sign_requests")], input=lines, capture_output=True, text=True,
                          timeout=60, check=True)
    return done.stdout.splitlines()


def sorted_url(url: str) -> tuple[str, list[str]]:
    before, _, query = url.partition("?")
    return before, sorted(query.split("&"))


@pytest.fixture(scope="module")
def theirs() -> tuple[list[dict], list[str]]:
    """Requests as we are asked to sign them, and what botocore made of them."""
    dice = random.Random(20261123)
    asked = [made_up(dice) for _ in range(REQUESTS)]
    try:
        answers = sign_requests_in_python(asked)
    except Unavailable as error:
        missing(str(error))
    for one, answer in zip(asked, answers):
        one["headers"] += answer["headers"]
        one["payload_sha256"] = answer["payload_sha256"]
    return asked, [answer["result"] for answer in answers]


def test_requests_are_signed_as_botocore_signs_them(theirs):
    asked, expected = theirs
    for one, told, mine in zip(asked, expected, ours(asked), strict=True):
        if one["by"] == "header":
            assert mine == told, one
        else:
            assert sorted_url(mine) == sorted_url(told), one


def test_the_requests_are_of_every_kind(theirs):
    asked, _ = theirs
    for by in ("header", "query"):
        for service in SERVICES:
            some = [one for one in asked if one["by"] == by and one["service"] == service]
            assert len(some) > 20
            assert any(one["session"] for one in some) and any(not one["session"] for one in some)
            assert any("//" in one["path"] for one in some) and any("/.." in one["path"] for one in some)


def test_a_changed_request_is_signed_otherwise(theirs):
    asked, expected = theirs
    changes = {"method": "PATCH", "host": "other.amazonaws.com", "path": "/other", "region": "eu-west-9",
               "secret": "other", "time_ms": 1, "payload_sha256": "0" * 64}
    for name, value in changes.items():
        changed = [one | {name: value} for one in asked]
        for told, mine in zip(expected, ours(changed), strict=True):
            assert mine.rpartition("=")[2] != told.rpartition("=")[2], name
