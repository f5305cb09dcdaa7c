"""kill -9 at random moments while records are fed, and then: is everything there? See README.md."""

import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.crash import drive, lives
from tests.crash.compare import Loss, Range, Row, Verdict, compare
from tests.crash.lives import VEHICLE, Feed, Phase
from tests.e2e.parts import create_topics
from tests.kafka.kafka_server import KafkaServer
from tests.support.programs import program, run

_DECODE_S_MAX = 300
_TELL_EVERY_S = 30


@dataclass(frozen=True)
class Wanted:
    kills: int
    seed: int
    records: int
    feeding_s: float  # Mean time from a life's first durable record to its kill.


@dataclass
class Result:
    wanted: Wanted
    phases: dict[str, int]
    reported: int
    arrived: int
    alerts: int
    alerts_expected: int
    verdict: Verdict
    took_s: float
    feed: str = "replay"  # Or "live".

    def is_broken(self) -> bool:
        return self.verdict.is_broken() or self.alerts != self.alerts_expected

    def is_vacuous(self) -> str:
        """What a run of some length must have reached, if it did not."""
        if self.phases[Phase.FEEDING.value] * 2 < self.wanted.kills:
            return "fewer than half of the kills came while records were fed"
        return "" if self.phases[Phase.OPENING.value] else "no kill came during start-up or recovery"

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def tell(self) -> None:
        print(f"crashtest: {sum(self.phases.values())} kills, seed {self.wanted.seed}, "
              f"{self.wanted.records:,} records, {self.took_s:.0f} s")
        for phase, count in self.phases.items():
            print(f"  killed {phase}: {count}")
        print(f"  reported durable {self.reported:,}, arrived {self.arrived:,}, "
              f"alerts {self.alerts} of {self.alerts_expected}")
        counts = {what: count for what, count in vars(self.verdict).items() if what != "examples"}
        print("  " + ", ".join(f"{what} {count}" for what, count in counts.items()))
        for example in self.verdict.examples:
            print(f"  BROKEN: {example}")


def crash(wanted: Wanted, directory: Path, kafka: KafkaServer) -> Result:
    """`kafka` is started when all kills are done."""
    begun = time.monotonic()
    feed = Feed(directory / "drive.nmea", wanted.records, directory)
    drive.write(feed.recording, wanted.records)
    phases, reported = _live(feed, wanted)
    kafka.start()
    create_topics(kafka.bootstrap)
    for plan in lives.sending_plans(wanted.kills, wanted.seed):
        life = lives.start(feed, None, kafka.bootstrap)
        _, report = life.end_as(plan)
        phases[Phase.SENDING] += life.process.returncode != 0
        reported += report
    last = lives.start(feed, None, kafka.bootstrap)
    reported += last.finish()
    if last.process.returncode != 0:
        raise AssertionError(f"the last agent: exit {last.process.returncode}\n{feed.log()[-2000:]}")
    rows, losses, alerts = arrived(kafka.bootstrap)
    verdict = compare([drive.fix(i) for i in range(wanted.records)], reported, rows, losses)
    expected = drive.overspeed_starts(wanted.records)
    return Result(wanted, {phase.value: phases[phase] for phase in Phase},
                  sum(one.last_n - one.first_n + 1 for one in reported), len(rows) - verdict.repeated,
                  sum((Counter(alerts) & Counter(expected)).values()), max(len(expected), len(alerts)), verdict,
                  time.monotonic() - begun)


def _live(feed: Feed, wanted: Wanted) -> tuple[Counter, list[Range]]:
    phases: Counter = Counter()
    reported: list[Range] = []
    chosen = lives.plans(wanted.kills, wanted.seed, wanted.feeding_s)
    speed = lives.pace(chosen, wanted.records)
    told = time.monotonic()
    for number, plan in enumerate(chosen, 1):
        phase, report = lives.start(feed, speed).end_as(plan)
        phases[phase] += 1
        reported += report
        if time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            print(f"crashtest: {number} of {wanted.kills} kills", file=sys.stderr)
    return phases, reported


def arrived(brokers: str) -> tuple[list[Row], list[Loss], list[str]]:
    """raw-data-topic: its records, its loss records, and when each alert begins."""
    done = run([program("odograph-fleet"), "decode", "--brokers", brokers, "--topic", "raw-data-topic", "--until-end"],
               deadline_s=_DECODE_S_MAX)
    return told(done.stdout)


def told(text: str) -> tuple[list[Row], list[Loss], list[str]]:
    """`arrived`, of what `odograph-fleet decode` printed."""
    rows, losses, alerts = [], [], {}
    for line in text.splitlines():
        record = json.loads(line)
        # A preview has no number: its readings come again in bulk.
        if record["vehicle_id"] != VEHICLE or record["lane"] == "live":
            continue
        is_own = "boot_report" in record or "loss" in record
        content = None if is_own else _content(record)
        rows.append(Row(record["stream_id"], record["lane"], record["boot"], record["n"], content, record.get("time")))
        if loss := record.get("loss"):
            losses.append(Loss(record["stream_id"], loss["lane"], loss["boot"], loss["first_n"], loss["last_n"]))
        if record.get("event", {}).get("phase") == "start":
            alerts[rows[-1][:4]] = record["event"]["start_time"]
    return rows, losses, list(alerts.values())


def _content(record: dict):
    if record["lane"] == "bulk":
        return drive.Fix(record["time"], record["lat"], record["lon"], record["speed"], record["track"])
    return json.dumps(record, sort_keys=True)
