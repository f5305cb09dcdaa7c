"""What a running agent or processor tells on its socket."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.support.programs import Background, program, run
from tests.support.wait import wait_for


def status_of(socket: Path | str) -> dict:
    """Empty while nobody answers."""
    done = run([program("odograph-agent"), "status", "--json", "--socket", socket], expect=None)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def wait_status(running: Background, socket: Path | str, reached: Callable[[dict], bool], what: str,
                deadline_s: float = 30) -> dict:
    """The first status that `reached` takes. What the program said is printed if none comes, or if it ends."""
    def answer():
        assert running.running(), running.output()
        now = status_of(socket)
        return now and reached(now) and now
    try:
        return wait_for(answer, deadline_s, what, interval_s=0.1)
    except TimeoutError:
        print(running.output())
        raise
