"""One run: records flow, processors and the broker suffer, and then everything is read. See README.md."""

import json
import random
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.compare import Dump, Verdict, compare
from tests.chaos.instances import SESSION_S, Instances
from tests.chaos.plan import RULES, write_trips
from tests.kafka.kafka_server import KafkaServer
from tests.support.programs import Background, program, run, tool
from tests.support.wait import pace, wait_for

PARTITIONS = 6
_VEHICLES = 40
_LAST = "processor-0"
_CATCH_UP_S_MAX = 120
_TELL_EVERY_S = 30
# So many records of one life without a commit between: the first of them have long been written.
_WORK_RECORDS = 100
_WORK_S_MAX = 15  # For an instance that has to start and to join the group before, on a busy machine.


@dataclass(frozen=True)
class Wanted:
    kills: int
    seed: int
    messages_per_second: int = 400
    suspensions: int = 1
    broker_restarts: int = 1
    guarantee: str = "exactly_once"
    commit_interval: str = "500ms"
    reports: tuple[str, ...] = ("single", "packed")  # Of one start after the other; undisturbed, all are single.
    only_at_work: bool = False  # Kills wait until the instance has done much that it has not committed.
    with_trips: bool = True  # And with rules for them. Their facts do not survive another number of partitions.

    def seconds(self) -> float:
        """How long records flow: kills come every 1.5 s on average, and the rest takes its own time."""
        waits = _WORK_S_MAX * self.kills if self.only_at_work else 0
        return 3 + 1.6 * self.kills + (SESSION_S + 4) * self.suspensions + 6 * self.broker_restarts + waits

    def messages(self) -> int:
        return int(self.seconds() * self.messages_per_second)


@dataclass
class Result:
    wanted: Wanted
    verdict: Verdict
    kills: int
    took_s: float

    def tell(self) -> None:
        print(f"chaos: {self.kills} kills, {self.wanted.suspensions} suspensions, {self.wanted.broker_restarts} broker "
              f"restarts, 1 to 3 to 2 instances, seed {self.wanted.seed}, {self.wanted.guarantee}, "
              f"reports {' and '.join(self.wanted.reports)}, {self.took_s:.0f} s")
        counts = {what: count for what, count in vars(self.verdict).items() if what != "examples"}
        print("  " + ", ".join(f"{what} {count:,}" for what, count in counts.items()))
        for example in self.verdict.examples:
            print(f"  {example}")


def _fleet(server: KafkaServer, *words, deadline_s: float = 60) -> str:
    return run([program("odograph-fleet"), *words, "--brokers", server.bootstrap], deadline_s=deadline_s).stdout


def _topic(server: KafkaServer, name: str) -> list[dict]:
    text = _fleet(server, "decode", "--topic", name, "--until-end", deadline_s=300)
    return [json.loads(line) for line in text.splitlines()]


def dump(server: KafkaServer) -> Dump:
    return Dump(raw=_topic(server, "raw-data-topic"), processed=_topic(server, "processed-data-topic"),
                alerts=_topic(server, "alerts-topic"), states=_topic(server, "vehicle-state-topic"),
                dead_letters=_topic(server, "dead-letter-topic"), profile=_topic(server, "segment-profile-topic"))


def make_topics(server: KafkaServer, partitions: int = PARTITIONS) -> None:
    _fleet(server, "topics", "create", "--dev", "--partitions", str(partitions))


def prepare(server: KafkaServer, wanted: Wanted, directory: Path) -> Instances:
    """Topics, trips, and processors that are not started yet."""
    make_topics(server)
    if wanted.with_trips:
        _fleet(server, "trips", "put", str(write_trips(_VEHICLES, directory / "trips.jsonl")))
    settings = {"process.guarantee": wanted.guarantee, "process.commit_interval": wanted.commit_interval}
    return Instances(server.bootstrap, directory, settings, wanted.reports, RULES if wanted.with_trips else None)


def feeder(server: KafkaServer, wanted: Wanted, per_second: int) -> Background:
    return Background([tool("chaos_feed"), server.bootstrap, wanted.seed, _VEHICLES, wanted.messages(), per_second])


def catch_up(instances: Instances, partitions: int = PARTITIONS) -> None:
    """Ends all but one, and that once it has read and committed everything."""
    instances.restart_the_ended()
    for name in instances.names():
        if name != _LAST:
            instances.stop(name)
    if _LAST not in instances.names():
        instances.start(_LAST)

    def is_done():
        counts = instances.counts(_LAST)
        return counts.get("partitions") == partitions == counts.get("partitions_caught_up")
    try:
        wait_for(is_done, _CATCH_UP_S_MAX, "one processor to do all that is left", interval_s=0.2)
    except TimeoutError:
        print(instances.output(_LAST), file=sys.stderr)
        raise
    instances.stop(_LAST)


def undisturbed(wanted: Wanted, directory: Path) -> Dump:
    with KafkaServer(directory / "undisturbed") as server:
        calm = replace(wanted, guarantee="exactly_once", commit_interval="500ms", reports=("single",))
        instances = prepare(server, calm, directory)
        with feeder(server, wanted, per_second=0) as feeding:
            assert feeding.wait(120) == 0, feeding.output()
        try:
            catch_up(instances)
        finally:
            instances.end()
        return dump(server)


class Disturber:
    """Does to the processors and the broker what `plan` says, while records flow."""

    def __init__(self, wanted: Wanted, server: KafkaServer, instances: Instances):
        self._random = random.Random(wanted.seed)
        self._server = server
        self._instances = instances
        self._only_at_work = wanted.only_at_work
        self.kills = 0
        steps = [self.kill] * wanted.kills + [self.suspend] * wanted.suspensions
        steps += [self.restart_broker] * wanted.broker_restarts
        self._random.shuffle(steps)
        # One instance, three, two: in the first and the second third of it.
        for share, step in ((0.67, self.remove), (0.33, self.add), (0.2, self.add)):
            steps.insert(int(len(steps) * share), step)
        self.plan = steps

    def run(self) -> None:
        told = time.monotonic()
        for step in self.plan:
            # Some moments close together, so that a life is cut short while it starts.
            pace(self._random.choice((0.1, 0.5, 1.0, 2.0, 3.0)))
            self._instances.restart_the_ended()
            step()
            if time.monotonic() - told > _TELL_EVERY_S:
                print(f"chaos: {self.kills} kills so far", file=sys.stderr)
                told = time.monotonic()

    def kill(self) -> None:
        name = self._random.choice(self._instances.names())
        if self._only_at_work:
            self._wait_for_work(name)
        self._instances.kill(name)
        self.kills += 1
        self._instances.start(name)

    def _wait_for_work(self, name: str) -> None:
        committed = {}

        def has_work() -> bool:
            """Since the first answer after the newest commit."""
            now = self._instances.counts(name)
            if now and now["commits"] != committed.get("commits"):
                committed.update(now)
            return bool(now) and now["records"] >= committed["records"] + _WORK_RECORDS
        wait_for(has_work, _CATCH_UP_S_MAX, f"{name} to work")

    def suspend(self) -> None:
        name = self._random.choice(self._instances.names())
        self._instances.suspend(name)
        pace(SESSION_S + 3)
        self._instances.resume(name)

    def restart_broker(self) -> None:
        self._server.restart()

    def add(self) -> None:
        free = {"processor-0", "processor-1", "processor-2"} - set(self._instances.names())
        self._instances.start(min(free))

    def remove(self) -> None:
        self._instances.stop(self._random.choice(self._instances.names()))


def chaos(wanted: Wanted, directory: Path) -> Result:
    """Runs it all. Needs the programs built; leaves nothing running."""
    begun = time.monotonic()
    with KafkaServer(directory / "kafka") as server:
        instances = prepare(server, wanted, directory)
        try:
            with feeder(server, wanted, wanted.messages_per_second) as feeding:
                instances.start(_LAST)
                disturber = Disturber(wanted, server, instances)
                disturber.run()
                assert feeding.wait(wanted.seconds() + 120) == 0, feeding.output()
            catch_up(instances)
            disturbed = dump(server)
        finally:
            instances.end()
            (directory / "instances.log").write_text("".join(instances.outputs))
    verdict = compare(disturbed, undisturbed(wanted, directory))
    return Result(wanted, verdict, disturber.kills, time.monotonic() - begun)
