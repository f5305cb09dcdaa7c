"""The outbox on a block device whose every write is known, on one that lies, and on one that fails."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.vm import figures
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


@pytest.fixture(scope="session")
def noted():
    """What the scenes showed, for docs/durability.md: written when all of them were judged."""
    found = {}
    yield found
    folder = os.environ.get("ODOGRAPH_FIGURES")
    if folder and set(found) == set(figures.SCENES):
        figures.write(Path(folder) / "vm.json", SECONDS, found)


def fits(scene, *words, expect, note):
    done = judge(scene, *words, expect=expect)
    folder = scene.events.parents[1]
    print(f"{done.stdout}{done.stderr}A state of it again: ./dev vmtest --again {folder} --state AT[.DICE]")
    noted, name = note
    if done.returncode == 0:
        noted[name] = figures.of_scene(name, done.stdout)
    return done.returncode == 0


FEW = ("--every", "1000", "--random", str(CONTROL_RANDOM))


def test_every_state_holds_what_was_reported_durable(scenes, noted):
    assert fits(scenes["kept"], "--random", str(RANDOM), expect="kept", note=(noted, "kept"))


def test_sees_what_was_reported_a_commit_too_early(scenes, noted):
    assert fits(scenes["kept"], *FEW, "--told", "after", expect="broken", note=(noted, "told after"))


def test_sees_what_a_database_without_flushes_loses(scenes, noted):
    assert fits(scenes["unflushed"], *FEW, expect="broken", note=(noted, "unflushed"))


def test_sees_what_a_file_system_without_flushes_loses(scenes, noted):
    assert fits(scenes["nobarrier"], *FEW, expect="broken", note=(noted, "nobarrier"))


def test_works_after_a_disk_that_lied_for_a_while(scenes, noted):
    assert fits(scenes["kept"], "--lies", str(LIES), expect="kept", note=(noted, "lies"))


def test_survives_a_disk_that_lies_and_tells_what_is_missing(scenes, noted):
    assert fits(scenes["lying"], expect="told", note=(noted, "lying"))


def test_survives_a_disk_that_fails_and_loses_nothing(scenes, noted):
    assert fits(scenes["failing"], expect="recovered", note=(noted, "failing"))
