"""A machine without QEMU: the test is reported as skipped, and in CI it is an error."""

import os
import subprocess
import sys

import pytest

from tests.support.programs import REPOSITORY


@pytest.mark.parametrize(("ci", "code"), [("", 77), ("true", 1)])
def test_without_qemu(tmp_path, ci, code):
    environment = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/vm/vm_test.py",
         "-k", "lies", "--basetemp", tmp_path / "inner"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert "no qemu-system-x86_64: './dev deps vm' installs it" in done.stdout
