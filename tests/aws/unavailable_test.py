"""A machine without npm: the comparison is reported as skipped, and in CI it is an error."""

import os
import subprocess
import sys

import pytest

from tests.support.programs import REPOSITORY


@pytest.mark.parametrize(("ci", "code"), [("", 77), ("true", 1)])
def test_without_npm(tmp_path, ci, code):
    environment = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/aws/signers_test.py",
         "-k", "end_with_the_credentials", "--basetemp", tmp_path / "inner"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert "no node: './dev deps test' installs it" in done.stdout
