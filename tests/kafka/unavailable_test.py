"""A machine without Java: the test is reported as skipped, and in CI it is an error."""

import os
import subprocess
import sys

import pytest

from tests.support.programs import REPOSITORY


@pytest.mark.parametrize(("ci", "code"), [("", 77), ("true", 1)])
def test_without_java(tmp_path, ci, code):
    environment = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/kafka/kafka_server_test.py",
         "-k", "answers_the_protocol", "--basetemp", tmp_path / "inner"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert "no Java: './dev deps kafka' installs it" in done.stdout
