"""What an agent that holds credentials lets out: nothing secret in status, metrics and logs, and no core dump."""

import base64
import json
import os
import resource
import signal
import subprocess
import urllib.request

import pytest

from tests.support.programs import Background, die_with_parent, program, run
from tests.support.wait import wait_for

SECRET = "wJalrXUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEA8aCXVzLWVhc3QtMSJHMEUCIQ/+abc==~._-"
KEY_ID = "ASIASECRETSEXAMPLE01"
# Of the token itself: as it is sent, it begins so.
TOKEN = base64.urlsafe_b64encode(b"https://kafka.eu-central-1.").decode()[:32]
SECRETS = [SECRET, SESSION_TOKEN, TOKEN, "X-Amz-Signature"]


@pytest.fixture
def agent(tmp_path):
    """One that has signed a token and reaches no broker."""
    (tmp_path / "drive.nmea").write_text(run([program("odograph-sim"), "drive", "--seconds", "60"]).stdout)
    settings = ["vehicle.id=truck-17", f"storage.directory={tmp_path}/data", f"status.socket={tmp_path}/agent.sock",
                'kafka.brokers=["127.0.0.1:1"]', "kafka.security=tls_iam", "kafka.region=eu-central-1",
                "aws.credentials=environment", "log.level=debug", "metrics.enabled=true", "metrics.port=0",
                "source.0.name=gps", "source.0.driver=nmea", f"source.0.device={tmp_path}/drive.nmea"]
    words = [word for setting in settings for word in ("--set", setting)]
    own = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": SESSION_TOKEN}
    with Background([program("odograph-agent"), "run", *words], env={**os.environ, **own}, cwd=tmp_path) as running:
        yield running


def status(tmp_path, *how) -> str:
    done = run([program("odograph-agent"), "status", *how, "--socket", tmp_path / "agent.sock"], expect=None)
    return done.stdout if done.returncode == 0 else ""


def test_nothing_secret_gets_out(agent, tmp_path):
    def signed():
        assert agent.running(), agent.output()
        text = status(tmp_path, "--json")
        return text and json.loads(text)["identity"]["token"]["pushed"] > 0 and text
    as_json = wait_for(signed, 30, "a token", interval_s=0.1)
    words = status(tmp_path)
    wait_for(lambda: "broker unreachable" in agent.output(), 30, "a try to connect")
    url = agent.output().partition("metrics on ")[2].split()[0]
    with urllib.request.urlopen(url, timeout=10) as answer:
        metrics = answer.read().decode()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    for secret in SECRETS:
        for text in (as_json, words, metrics, agent.output()):
            assert secret not in text
        assert secret.encode() not in stored
    assert agent.terminate() == 0, "a clean stop, though a thread fetches tokens: " + agent.output()
    # It is this agent that was looked at.
    assert "identity  ASIA...LE01 from environment; token of " in words
    assert "odograph_tokens_total 1" in metrics
    assert json.loads(as_json)["identity"]["access_key"] == "ASIA...LE01"


def dumps_core(command, cwd) -> bool:
    """What the kernel says of a program that is aborted as soon as it waits."""
    def may_dump():
        die_with_parent()
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    environment = {**os.environ, "AWS_SECRET_ACCESS_KEY": SECRET}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          cwd=cwd, preexec_fn=may_dump, env=environment) as process:
        def sleeping():
            with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "S"
        wait_for(sleeping, 20, "it to wait", interval_s=0.02)
        process.send_signal(signal.SIGABRT)
        told = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return told.si_code == os.CLD_DUMPED


@pytest.mark.parametrize("command", [["odograph-agent", "decode", "-"],
                                     ["odograph-fleet", "decode", "--topic", "raw-data-topic",
                                      "--brokers", "127.0.0.1:1"]],
                         ids=["agent", "fleet"])
def test_a_crash_leaves_no_core(command, tmp_path):
    if not dumps_core(["/bin/cat"], tmp_path):
        return  # Nothing does on this machine; private_memory_test asks the kernel in another way.
    for left in tmp_path.glob("core*"):
        left.unlink()
    assert not dumps_core([program(command[0]), *command[1:]], tmp_path)
    assert not list(tmp_path.glob("core*"))
