"""A machine that cannot have AWS's signers: the comparison is reported as skipped, and in CI it is an error."""

import os
import subprocess
import sys

import pytest

from tests.support.programs import REPOSITORY


def compare(folder, tests: str, more: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/aws/signers_test.py",
         "-k", tests, "--basetemp", folder / "inner"],
        cwd=REPOSITORY, env={**os.environ, **more}, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("ci", "code"), [("", 77), ("true", 1)])
def test_without_npm(tmp_path, ci, code):
    done = compare(tmp_path, "end_with_the_credentials", {"PATH": str(tmp_path), "CI": ci})
    assert done.returncode == code, done.stdout + done.stderr
    assert "no node: './dev deps test' installs it" in done.stdout


@pytest.mark.parametrize(("ci", "code"), [("", 77), ("true", 1)])
def test_without_packages(tmp_path, ci, code):
    nowhere = {"ODOGRAPH_CACHE": str(tmp_path / "cache"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    done = compare(tmp_path, "expiry_is_that_of_the_signer_for_python", nowhere | {"CI": ci})
    assert done.returncode == code, done.stdout + done.stderr
    assert "pip could not fetch aws-msk-iam-sasl-signer-python==1.0.2: Could not find a version" in done.stdout
