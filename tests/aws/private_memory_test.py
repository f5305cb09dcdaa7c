"""Programs that hold credentials leave neither a core dump nor their memory to others of the same user."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from tests.support.programs import die_with_parent, program
from tests.support.wait import wait_for

NOBODY = 65534
WAITING = {  # Each waits: for standard input, for a broker that nobody is.
    "odograph-agent": ["decode", "-"],
    "odograph-fleet": ["decode", "--topic", "raw-data-topic", "--brokers", "127.0.0.1:1"],
}


@pytest.fixture(scope="module")
def folder():
    """One that every user may enter, with copies that every user may run and read.

    It is none of pytest's: each run that begins takes those from other users again.
    """
    with tempfile.TemporaryDirectory(prefix="odograph-programs-") as made:
        path = pathlib.Path(made)
        path.chmod(0o755)
        yield path


def owner_while_waiting(command) -> int:
    """Of its files in /proc, which the kernel gives to root once a process may not be dumped."""
    user = {"user": NOBODY} if os.getuid() == 0 else {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          cwd="/", preexec_fn=die_with_parent, **user) as process:
        try:
            def sleeping():
                with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                    return stat.read().rpartition(")")[2].split()[0] == "S"
            wait_for(sleeping, 20, "it to wait", interval_s=0.02)
            return os.stat(f"/proc/{process.pid}/status").st_uid
        finally:
            process.kill()


def test_another_program_can_be_looked_at():
    assert owner_while_waiting(["/bin/cat"]) != 0, "what the next test asks tells nothing here"


@pytest.mark.parametrize("name", WAITING)
def test_nobody_looks_into_the_program(name, folder):
    copy = shutil.copy(program(name), folder / name)
    os.chmod(copy, 0o755)
    assert owner_while_waiting([copy, *WAITING[name]]) == 0
