"""The outbox on a block device whose every write is known, on one that lies, and on one that fails."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.vm.kernel import Unavailable, need_programs
from tests.vm.scenes import judge, play
from tests.vm.vmtest import CONTROL_RANDOM, LIES, RANDOM, SECONDS


@pytest.fixture(scope="session")
def scenes(request):
    folder = Path(tempfile.mkdtemp(prefix="odograph-vm-"))
    try:
        need_programs()
        yield play(folder, SECONDS)
    except Unavailable as error:
        missing(str(error))
    finally:
        if not request.session.testsfailed:
            shutil.rmtree(folder)


def fits(scene, *words, expect):
    done = judge(scene, *words, expect=expect)
    folder = scene.events.parents[1]
    print(f"{done.stdout}{done.stderr}A state of it again: ./dev vmtest --again {folder} --state AT[.DICE]")
    return done.returncode == 0


FEW = ("--every", "1000", "--random", str(CONTROL_RANDOM))


def test_every_state_holds_what_was_reported_durable(scenes):
    assert fits(scenes["kept"], "--random", str(RANDOM), expect="kept")


def test_sees_what_was_reported_a_commit_too_early(scenes):
    assert fits(scenes["kept"], *FEW, "--told", "after", expect="broken")


def test_sees_what_a_database_without_flushes_loses(scenes):
    assert fits(scenes["unflushed"], *FEW, expect="broken")


def test_sees_what_a_file_system_without_flushes_loses(scenes):
    assert fits(scenes["nobarrier"], *FEW, expect="broken")


def test_works_after_a_disk_that_lied_for_a_while(scenes):
    assert fits(scenes["kept"], "--lies", str(LIES), expect="kept")


def test_survives_a_disk_that_lies_and_tells_what_is_missing(scenes):
    assert fits(scenes["lying"], expect="told")


def test_survives_a_disk_that_fails_and_loses_nothing(scenes):
    assert fits(scenes["failing"], expect="recovered")
