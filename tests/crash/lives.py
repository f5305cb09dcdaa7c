"""The agent through many deaths: started, killed with SIGKILL at a random moment, started again."""

import json
import os
import random
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.crash.compare import Range
from tests.crash.drive import LIMIT_KMH, fix
from tests.support.programs import die_with_parent, program

VEHICLE = "truck-17"
AWAY = "127.0.0.1:1"  # Nobody listens there.
_LIFE_S_MAX = 120


class Phase(Enum):
    """Where the kill hit, by what the report had told until then."""

    OPENING = "before the first commit"  # Start-up and recovery.
    READING_AGAIN = "before the first new record"  # What is durable is read again and left out.
    FEEDING = "while records were fed"
    IDLE = "after the last record"
    SENDING = "while the backlog was sent"


@dataclass(frozen=True)
class Plan:
    """When one life ends: `after_s` after its start, or after its first durable record of the feed."""

    from_first_record: bool
    after_s: float


@dataclass(frozen=True)
class Feed:
    """What is fed, and to whom."""

    recording: Path
    records: int
    directory: Path  # Outlives the agent.

    def log(self) -> str:
        return (self.directory / "agent.log").read_text(errors="replace")

    def socket(self) -> Path:
        return self.directory / "agent.sock"

    def is_all(self, report: list[Range]) -> bool:
        """Whether `report` says of the last record that it is durable."""
        last = fix(self.records - 1).time
        return any(one.lane == "bulk" and one.last_time == last for one in report)


def plans(kills: int, seed: int, feeding_s: float) -> list[Plan]:
    """A third of the kills come soon after the start, the others while records are fed, for about `feeding_s` each."""
    dice = random.Random(seed)
    made = []
    for _ in range(kills):
        soon = dice.random() < 0.33
        made.append(Plan(False, dice.uniform(0, 0.2)) if soon else Plan(True, dice.uniform(0, 2 * feeding_s)))
    return made


def sending_plans(kills: int, seed: int) -> list[Plan]:
    """Some more while a broker takes the backlog: what was on its way is sent again."""
    dice = random.Random(~seed)
    return [Plan(False, dice.uniform(0.1, 0.6)) for _ in range(max(1, kills // 100))]


def pace(chosen: list[Plan], records: int) -> float:
    """Records a second with which the feed lasts a little longer than the kills do."""
    return max(1.0, 0.8 * records / max(0.05, sum(plan.after_s for plan in chosen if plan.from_first_record)))


def parse_report(text: bytes) -> list[Range]:
    """Its lines; a last one that a kill cut short is none."""
    whole, _, _ = text.rpartition(b"\n")
    return [Range(line["stream_id"], line["lane"], line["boot"], line["first_n"], line["last_n"],
                  line.get("last_time")) for line in map(json.loads, whole.splitlines())]


@dataclass
class Life:
    """One process of `odograph-agent replay` and what it reported."""

    feed: Feed
    process: subprocess.Popen
    _pipe: int
    _text: bytearray = field(default_factory=bytearray)
    _has_record: threading.Event = field(default_factory=threading.Event)
    _reader: threading.Thread | None = None

    def _read(self) -> None:
        while piece := os.read(self._pipe, 65536):
            self._text += piece
            if not self._has_record.is_set() and b'"bulk"' in self._text:
                self._has_record.set()
        self._has_record.set()
        os.close(self._pipe)

    def end_as(self, plan: Plan) -> tuple[Phase, list[Range]]:
        """Kills it when `plan` says so, unless it has ended before; it may end only in good order."""
        if plan.from_first_record:
            self._has_record.wait(_LIFE_S_MAX)
        try:
            self.process.wait(timeout=plan.after_s)
        except subprocess.TimeoutExpired:
            pass
        self.process.kill()
        report = self.finish()
        if self.process.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(f"the agent ended by itself, {self.process.returncode}:\n{self.feed.log()[-2000:]}")
        return self._phase(report), report

    def finish(self) -> list[Range]:
        """Waits for its end; everything that it reported."""
        self.process.wait(timeout=_LIFE_S_MAX)
        self._reader.join(timeout=_LIFE_S_MAX)
        return parse_report(bytes(self._text))

    def report(self) -> list[Range]:
        """What it has reported so far."""
        return parse_report(bytes(self._text))

    def _phase(self, report: list[Range]) -> Phase:
        if not report:
            return Phase.OPENING
        bulk = [one for one in report if one.lane == "bulk"]
        if not bulk:
            return Phase.READING_AGAIN
        return Phase.IDLE if self.feed.is_all(bulk) else Phase.FEEDING


def start(feed: Feed, speed: float | None, brokers: str = AWAY) -> Life:
    """`speed` in records a second; None: as fast as possible, to the last acknowledgement."""
    # The agent stays when it is done with the recording, until it is killed.
    how = ["--as-fast-as-possible"] if speed is None else ["--speed", f"{speed:.3f}", "--stay"]
    # The gate would refuse the speeds that make alerts here: no vehicle changes its own so quickly.
    return spawn(feed, ["replay", feed.recording, "--set", "rules.accuracy_gate=false", *how], brokers)


def spawn(feed: Feed, words: list, brokers: str) -> Life:
    """The agent with these words and the settings of every life."""
    ours, theirs = os.pipe()
    settings = [f"vehicle.id={VEHICLE}", f"storage.directory={feed.directory}/data",
                f"status.socket={feed.socket()}", f'kafka.brokers=["{brokers}"]', "sampling.mode=all",
                f"rules.speed_limit_kmh={LIMIT_KMH}", "storage.commit_bulk=20ms", "storage.commit_event=20ms"]
    command = [program("odograph-agent"), *words, "--commit-report", theirs,
               *(word for setting in settings for word in ("--set", setting))]
    with (feed.directory / "agent.log").open("ab") as log:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   pass_fds=[theirs], preexec_fn=die_with_parent)
    os.close(theirs)
    life = Life(feed, process, ours)
    life._reader = threading.Thread(target=life._read, daemon=True)
    life._reader.start()
    return life
