"""`odograph-agent token` makes the tokens that AWS's own signers for Python and JavaScript make, byte for byte."""

import base64
import json
import os
import re
from datetime import datetime, timezone

import pytest

from tests.aws.signers import sign_in_node, sign_in_python
from tests.conftest import missing
from tests.kafka.jars import Unavailable
from tests.support.programs import program, run

# A broker whose name tells the region (the official signers have to be told), or none.
BROKERS = {
    "b-1.fleet.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098": "eu-central-1",
    "b-3-public.fleet.a1b2c3.c2.kafka.us-east-1.amazonaws.com:9198": "us-east-1",
    "boot-a1b2c3.c1.kafka-serverless.ap-southeast-2.amazonaws.com:9098": "ap-southeast-2",
    "b-1.fleet.a1b2c3.c2.kafka.cn-north-1.amazonaws.com.cn:9098": "cn-north-1",
    "b-2.fleet.a1b2c3.c2.kafka.us-gov-west-1.amazonaws.com:9098": "us-gov-west-1",
    "vpce-0a1b.kafka.eu-west-1.vpce.amazonaws.com:14001": "eu-west-1",
    "kafka-fips.us-east-2.amazonaws.com": "us-east-2",
    "b-1.demo-us-west-1-app.a1b2c3.c2.kafka.us-west-2.amazonaws.com:9098": "us-west-2",
    None: "me-central-1",
}
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
IDENTITIES = {
    "long_term": ("AKIDEXAMPLE", SECRET, ""),
    "session": ("ASIAEXAMPLE", SECRET, "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"),
    "reserved_characters": ("ASIA_EXAMPLE", "a/b+c=d~e.f_g-h", "IQoJb3JpZ2lu//+abc==~._-!*'()&?#%2F@:,;$"),
    "long_session": ("ASIAEXAMPLE0123456789", "x" * 128, "FwoGZXIvYXdzE" + "/aB3+" * 400 + "=="),
}
TIMES = {
    "leap_day": "2036-02-29T23:59:59Z",
    "fraction_of_a_second": "2036-03-01T00:00:00.999Z",
    "beyond_32_bits": "2038-01-19T03:14:08Z",
    "new_years_eve_2040": "2040-12-31T23:59:59Z",
}
CASES = [(broker, identity, at) for broker in BROKERS for identity in IDENTITIES for at in TIMES]


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def agent(case: tuple, *options: str, expire: str = "", expect: int | None = 0, where: list[str] | None = None):
    broker, identity, at = case
    key, secret, session = IDENTITIES[identity]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    if expire:
        given = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret, "Expiration": expire}
        environment["CREDENTIALS"] = json.dumps(given | ({"SessionToken": session} if session else {}))
        options = [*options, "--set", "aws.credentials=process", "--set", "aws.process_command=printenv CREDENTIALS"]
    else:
        environment |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": session}
    where = where or (["--host", broker] if broker else ["--region", BROKERS[broker]])
    return run([program("odograph-agent"), "token", *where, "--at", TIMES.get(at, at), *options], env=environment,
               expect=expect)


def version() -> str:
    return run([program("odograph-agent"), "--version"]).stdout.strip()


def question(case: tuple, **more) -> dict:
    broker, identity, at = case
    key, secret, session = IDENTITIES[identity]
    return {"region": BROKERS[broker], "key": key, "secret": secret, "session": session,
            "time_ms": milliseconds(TIMES[at]), "user_agent": f"odograph-agent/{version()}", **more}


def asked(sign, questions: list[dict]) -> list[dict]:
    try:
        return sign(questions)
    except Unavailable as error:
        missing(str(error))


def url(token: str) -> str:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()


def parameters(token: str) -> tuple[str, list[str]]:
    """What stands before the query, and the parameters as they are, sorted: the broker sorts them before it checks."""
    before, _, query = url(token).partition("?")
    return before, sorted(query.split("&"))


def without_user_agent(token: str) -> tuple[str, list[str]]:
    before, query = parameters(token)
    kept = [one for one in query if not one.startswith("User-Agent=")]
    assert len(kept) == len(query) - 1
    return before, kept


@pytest.fixture(scope="module")
def ours() -> dict[tuple, str]:
    return {case: agent(case, "--raw").stdout.rstrip("\n") for case in CASES}


def test_tokens_are_those_of_the_signer_for_python(ours):
    theirs = asked(sign_in_python, [question(case) for case in CASES])
    assert len(theirs) == len(ours) == 144
    for case, their in zip(CASES, theirs):
        assert parameters(ours[case]) == parameters(their["token"]), case
        # That signer puts a session token behind the sorted parameters; without one even the order is the same.
        if case[1] == "long_term":
            assert ours[case] == their["token"], case


def test_tokens_are_those_of_the_signer_for_javascript(ours):
    theirs = asked(sign_in_node, [question(case) for case in CASES])
    assert len(theirs) == len(ours)
    for case, their in zip(CASES, theirs):
        # Its user agent is fixed and not signed; all else is the same.
        assert without_user_agent(ours[case]) == without_user_agent(their["token"]), case


EXPIRIES = {
    "2036-03-01T00:01:00Z": 61,
    "2036-03-01T00:14:58Z": 899,
    "2036-03-01T00:14:59Z": 900,
    "2036-03-01T12:00:00Z": 900,
}


@pytest.mark.parametrize(("expire", "seconds"), EXPIRIES.items())
def test_tokens_end_with_the_credentials_as_those_of_the_signer_for_javascript(expire, seconds):
    case = (None, "session", "leap_day")
    their, = asked(sign_in_node, [question(case, credentials_expire_ms=milliseconds(expire))])
    token = agent(case, "--raw", expire=expire).stdout.rstrip("\n")
    assert f"X-Amz-Expires={seconds}" in url(token).split("&")
    assert without_user_agent(token) == without_user_agent(their["token"])
    told = re.search(r"^expires +(\S+),", agent(case, expire=expire).stdout, re.MULTILINE)[1]
    assert milliseconds(told) == their["expires_ms"] == milliseconds(TIMES["leap_day"]) + seconds * 1000


def test_expiry_is_that_of_the_signer_for_python():
    case = (None, "long_term", "new_years_eve_2040")
    their, = asked(sign_in_python, [question(case)])
    told = re.search(r"^expires +(\S+),", agent(case).stdout, re.MULTILINE)[1]
    assert milliseconds(told) == their["expires_ms"] == 2240612099000


@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_summary_holds_no_secret(ours, identity):
    case = (next(iter(BROKERS)), identity, "leap_day")
    key, secret, session = IDENTITIES[identity]
    done = agent(case)
    assert done.stderr == ""
    assert f"identity  {key} from environment" in done.stdout
    signature = re.search(r"X-Amz-Signature=([0-9a-f]{64})", url(ours[case]))[1]
    for hidden in filter(None, [secret, session, signature, ours[case]]):
        assert hidden not in done.stdout


# Time, arguments, when the credentials expire, what is said of it.
REGION = ["--region", "eu-west-1"]
REFUSALS = {
    "before_the_time_is_known": ("1970-01-01T00:00:05Z", REGION, "", "before the time is known"),
    "the_day_before_gps": ("1980-01-05T23:59:59Z", REGION, "", "before the time is known"),
    "credentials_of_yesterday": ("leap_day", REGION, "2036-02-28T23:59:59Z", "(ASIAEXAMPLE) expired at"),
    "credentials_of_a_minute": ("leap_day", REGION, "2036-03-01T00:00:58Z", "expire at"),
    "expiry_is_no_time": ("leap_day", REGION, "soon", "process: printenv: the expiration is not a time"),
    "time_is_no_time": ("today", REGION, "", "--at: expected a time"),
    "region_is_none": ("leap_day", ["--region", "Frankfurt"], "",
                       "--region: expected an AWS region such as eu-central-1, found Frankfurt"),
    "name_of_ones_own": ("leap_day", ["--host", "kafka.example.com:9098"], "",
                         'no AWS region in the broker\'s name "kafka.example.com:9098": set kafka.region'),
    "suffix_in_the_middle": ("leap_day", ["--host", "b-1.kafka.us-east-1.amazonaws.com.example.com"], "",
                             "no AWS region in the broker's name"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused_is_told_without_a_secret(name):
    at, where, expire, says = REFUSALS[name]
    done = agent((None, "session", at), "--raw", where=where, expire=expire, expect=1)
    assert says in done.stderr
    assert done.stdout == ""
    for hidden in IDENTITIES["session"][1:]:
        assert hidden not in done.stderr


def test_without_credentials_it_names_the_variable():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [program("odograph-agent"), "token", "--region", "eu-west-1", "--set", "aws.credentials=environment"]
    assert "AWS_ACCESS_KEY_ID is not set" in run(command, env=environment, expect=1).stderr
    environment["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE"
    assert "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not" in run(command, env=environment, expect=1).stderr


@pytest.mark.parametrize("option", ["--at", "--host", "--region"])
def test_an_empty_option_is_not_one_that_is_not_given(option):
    done = run([program("odograph-agent"), "token", option, ""], expect=1)
    assert done.stderr.startswith(f"odograph-agent: {option}: expected ") and not done.stdout


def test_the_table_has_a_time_of_every_kind():
    times = [datetime.fromtimestamp(milliseconds(at) / 1000, timezone.utc) for at in TIMES.values()]
    assert any((at.month, at.day) == (2, 29) for at in times)
    assert any(at.timestamp() >= 2**31 for at in times)
