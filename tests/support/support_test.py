"""The helpers that other tests rest on."""

import socket
import subprocess

import pytest

from tests.support.ports import free_port, free_ports
from tests.support.programs import Background, run
from tests.support.wait import wait_for


def test_wait_for_returns_what_became_true():
    values = iter([None, 0, "there"])
    assert wait_for(lambda: next(values), 5, interval_s=0) == "there"


def test_wait_for_names_what_it_last_saw():
    with pytest.raises(TimeoutError, match="the lamp to burn; last seen: 0"):
        wait_for(lambda: 0, 0.05, "the lamp to burn")


def test_run_returns_output_and_checks_the_code():
    assert run(["sh", "-c", "echo out; echo err >&2"]).stdout == "out\n"
    with pytest.raises(AssertionError, match="exit 3, expected 0\nstdout: a\n"):
        run(["sh", "-c", "echo a; exit 3"])
    assert run(["sh", "-c", "exit 3"], expect=3).returncode == 3
    assert run(["sh", "-c", "exit 4"], expect=None).returncode == 4


def test_run_ends_at_its_deadline():
    with pytest.raises(subprocess.TimeoutExpired):
        run(["tail", "-f", "/dev/null"], deadline_s=0.1)


def test_background_collects_output_and_never_stays_behind():
    with Background(["sh", "-c", "echo begun; exec tail -f /dev/null"]) as program:
        wait_for(lambda: "begun" in program.output(), 10)
        assert program.running()
    assert program.process.returncode == -9


def test_background_terminates_when_asked():
    script = "trap 'echo bye; exit 5' TERM; echo ready; while :; do read x < /dev/null; done"
    with Background(["sh", "-c", script]) as one:
        wait_for(lambda: "ready" in one.output(), 10)
        assert one.terminate() == 5
        assert one.output() == "ready\nbye\n"


def test_ports_are_free_and_different():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
