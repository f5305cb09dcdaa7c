"""The outbox on real block devices: one run in the guest, then every state that a power cut would have left."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import in_ci
from tests.vm import figures
from tests.vm.guest import GuestFailed
from tests.vm.kernel import Unavailable, need_programs
from tests.vm.scenes import judge, play, recorded

SECONDS = 8
RANDOM = 400
CONTROL_RANDOM = 60
LIES = 60
_SKIPPED = 77


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev vmtest", description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of writing, each of three processes")
    parser.add_argument("--random", type=int, default=RANDOM, help="states at random places of the log")
    parser.add_argument("--every", type=int, default=1, help="look after every N-th flush only")
    parser.add_argument("--lies", type=int, default=LIES, help="times that the disk lies for a while")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of states")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the recording here")
    parser.add_argument("--again", type=Path, metavar="DIR", help="do not write anew: judge a recording that was kept")
    parser.add_argument("--figures", type=Path, metavar="FILE",
                        help="what the scenes showed, as JSON: docs/durability.md is made from it")
    parser.add_argument("--state", metavar="AT[.DICE]", help="with --again: this state of it alone")
    return parser.parse_args()


def judge_all(scenes, asked) -> bool:
    """Prints what each scene shows; False if one is not as it should be."""
    words = ["--seed", asked.seed, "--every", asked.every]
    few = ["--seed", asked.seed, "--every", 1000, "--random", CONTROL_RANDOM]
    checks = {"kept": ("kept", "kept", [*words, "--random", asked.random]),
              "told after": ("kept", "broken", [*few, "--told", "after"]),
              "lies": ("kept", "kept", ["--seed", asked.seed, "--lies", asked.lies]),
              "unflushed": ("unflushed", "broken", few), "nobarrier": ("nobarrier", "broken", few),
              "lying": ("lying", "told", []), "failing": ("failing", "recovered", [])}
    if asked.state:
        checks = {"state": ("kept", "kept", ["--state", asked.state])}
    good = True
    found = {}
    for scene, (name, expect, more) in checks.items():
        begun = time.monotonic()
        done = judge(scenes[name], *more, expect=expect)
        verdict = "as it should be" if done.returncode == 0 else "WRONG"
        print(f"{' '.join(map(str, [name, *more]))}: {verdict} ({time.monotonic() - begun:.1f} s)")
        print("".join(f"  {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="", flush=True)
        good = good and done.returncode == 0
        if asked.figures and done.returncode == 0 and scene in figures.SCENES:
            found[scene] = figures.of_scene(scene, done.stdout)
    if asked.figures and good and not asked.state:
        figures.write(asked.figures, asked.seconds, found)
    return good


def main() -> int:
    asked = arguments()
    begun = time.monotonic()
    try:
        need_programs()
        if asked.again:
            return 0 if judge_all(recorded(asked.again), asked) else 1
        folder = asked.keep or Path(tempfile.mkdtemp(prefix="odograph-vm-"))
        folder.mkdir(parents=True, exist_ok=True)
        scenes = play(folder, asked.seconds)
    except Unavailable as error:
        print(f"skipped: {error}", file=sys.stderr)
        return 1 if in_ci() else _SKIPPED
    except GuestFailed as error:
        print(f"vmtest: the guest failed: {error}", file=sys.stderr)
        return 1
    print(f"guest: {time.monotonic() - begun:.1f} s", flush=True)
    good = judge_all(scenes, asked)
    print(f"in all: {time.monotonic() - begun:.1f} s")
    if good and not asked.keep:
        shutil.rmtree(folder)
    else:
        print(f"the recording is in {folder}; a state of it again: ./dev vmtest --again {folder} --state AT[.DICE]")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
