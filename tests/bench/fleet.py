"""`./dev bench fleet`: odograph-fleet process beside a Kafka Streams program of the same job, on a real Kafka."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import table
from tests.bench.bench import machine
from tests.bench.contestants import Contestant, Drained, How, Processor, Streams, drain, restart
from tests.bench.streams_program import HEAP, VERSION, StreamsProgram
from tests.kafka.jars import Unavailable
from tests.kafka.kafka_server import KafkaServer, Plugin
from tests.support.programs import REPOSITORY, program, run

PARTITIONS = 6
WARM_UP = 0.5  # The part of the records that `warm` leaves out: the JVM has compiled by then what it will.


@dataclass(frozen=True)
class Form:
    """How many records a message has that is read, and how reports are written."""
    batch: int
    reports: str
    goal: str
    about: str


FORMS = {"single": Form(1, "single", "4, at least 2.5", "a message for each report"),
         "packed": Form(60, "packed", "6, at least 3.5", "the reports of a message in one message"),
         "batches": Form(60, "single", "", "a message for each report")}
_USUAL = ("single", "packed")
_MANY_VEHICLES = 100_000
_MANY_EACH = 5
_WAITING = 3_000
_FEED_S_MAX = 1800
# What else the broker of the tests has would hold both programs up: it starts quickly, but runs half compiled.
_BROKER_FLAGS = ("-XX:TieredStopAtLevel=4", "-Xmx1g")


@dataclass(frozen=True)
class Wanted:
    records: int = 10_000_000
    vehicles: int = 2_000
    forms: tuple[str, ...] = _USUAL
    store: str = "rocksdb"
    pack: str = "bytes"  # How Streams makes packs.
    many: bool = True  # 100,000 vehicles too.


def say(text: str) -> None:
    print(f"fleet: {text}", file=sys.stderr, flush=True)


class Arena:
    """A broker with its topics, and both programs on it; nothing of it is left when it ends."""

    def __init__(self, directory: Path, streams: StreamsProgram, wanted: Wanted, reports: str):
        directory.mkdir()
        self._directory = directory
        self._streams = streams
        self._server = KafkaServer(directory / "kafka", plugin=Plugin(directory, "", _BROKER_FLAGS))
        self._reports = reports
        self._how = How(wanted.store, wanted.pack if reports == "packed" else reports)

    def __enter__(self) -> "Arena":
        bootstrap = self._server.start().bootstrap
        words = ["topics", "create", "--dev", "--partitions", PARTITIONS, "--brokers", bootstrap]
        run([program("odograph-fleet"), *words], deadline_s=60)
        for topic in Streams.topics:
            self._server.create_topic(topic, PARTITIONS)
        self.processor = Processor(bootstrap, self._directory, self._reports)
        self.streams = Streams(bootstrap, self._directory, self._streams, self._how)
        return self

    def __exit__(self, *_) -> None:
        self.processor.end()
        self.streams.end()
        self._server.kill()
        shutil.rmtree(self._directory)

    def feed(self, vehicles: int, first: int, count: int, batch: int) -> int:
        """Returns the bytes of the messages."""
        feeder = program("odograph-fleet").parents[1] / "bench/fleet_feed"
        done = run([feeder, self._server.bootstrap, vehicles, first, count, batch], deadline_s=_FEED_S_MAX)
        return int(done.stdout)

    def digests(self) -> dict[str, tuple[str, ...]]:
        """By topic: messages, bytes, and a sum over them."""
        topics = (*Processor.topics, *Streams.topics)
        done = run(self._streams.command("Digest", self._server.bootstrap, *topics), deadline_s=_FEED_S_MAX)
        return {line.split()[0]: tuple(line.split()[1:]) for line in done.stdout.splitlines()}


def _drain(contestant: Contestant, records: int) -> Drained:
    drained = drain(contestant, records, WARM_UP, deadline_s=180 + records / 5_000)
    contestant.stop()
    say(f"{contestant.name}: {records:,} records, {drained.per_cpu_s:,.0f} a CPU second, warm "
        f"{drained.warm_per_cpu_s:,.0f}; {drained.warm_per_s:,.0f} a second; {drained.peak_mb:.0f} MB at most")
    return drained


def _compare(arena: Arena) -> list[str]:
    """Both wrote the same messages, or this is an error. Returns how many there are of each topic, and their bytes."""
    digests = arena.digests()
    for ours, theirs in zip(Processor.topics, Streams.topics):
        assert digests[ours] == digests[theirs], f"not the same job: {digests}"
    return [f"{topic}: {int(digests[topic][0]):,} messages, {int(digests[topic][1]):,} B" for topic in Processor.topics]


def form_section(directory: Path, streams: StreamsProgram, wanted: Wanted, form: str) -> table.Section:
    batch = FORMS[form].batch
    each = max(batch, wanted.records // wanted.vehicles // batch * batch)
    records = each * wanted.vehicles
    with Arena(directory / form, streams, wanted, FORMS[form].reports) as arena:
        size = arena.feed(wanted.vehicles, 1, each, batch)
        say(f"{form}: {records:,} records of {wanted.vehicles:,} vehicles in {records // batch:,} messages, {size:,} B")
        ours, theirs = _drain(arena.processor, records), _drain(arena.streams, records)
        same = _compare(arena)
    rows = [table.Row("warm, records a CPU second", ours.warm_per_cpu_s, "records",
                      [table.of(ours.warm_per_cpu_s, "Streams", theirs.warm_per_cpu_s, FORMS[form].goal)]),
            table.Row("the whole run", ours.per_cpu_s, "records",
                      [table.of(ours.per_cpu_s, "Streams", theirs.per_cpu_s)]),
            table.Row("warm, records a second", ours.warm_per_s, "records",
                      [table.of(ours.warm_per_s, "Streams", theirs.warm_per_s, "1")]),
            table.Row("the whole run", ours.per_s, "records", [table.of(ours.per_s, "Streams", theirs.per_s)]),
            _memory("memory, peak", ours.peak_mb, theirs.peak_mb),
            _memory("memory once idle", ours.steady_mb, theirs.steady_mb)]
    note = (f"{records:,} records of {wanted.vehicles:,} vehicles in {records // batch:,} messages of {batch} "
            f"({size / records:.1f} B a record), {FORMS[form].about}; out of each program came the same: "
            f"{'; '.join(same)}. Warm: without the first {WARM_UP:.0%} of the records. "
            f"CPU time is of the process, the broker's not in it; "
            f"how many a second also says how busy the machine was.")
    return table.Section(f"Fleet, {form}", note, rows)


def _memory(what: str, ours: float, theirs: float) -> table.Row:
    return table.Row(what, ours, "MB", [table.of(ours, f"Streams, {HEAP}", theirs, "0.1, at most 0.2")])


def many_section(directory: Path, streams: StreamsProgram, wanted: Wanted) -> table.Section:
    """Memory with 100,000 vehicles, and how long a restart takes."""
    records = _MANY_VEHICLES * _MANY_EACH
    with Arena(directory / "many", streams, wanted, "single") as arena:
        arena.feed(_MANY_VEHICLES, 1, _MANY_EACH, 1)
        say(f"{_MANY_VEHICLES:,} vehicles, {records:,} records")
        ours, theirs = _drain(arena.processor, records), _drain(arena.streams, records)
        pairs = []
        for again, how in enumerate(("its own state kept", "its state lost")):
            arena.feed(_WAITING, _MANY_EACH + 1 + again, 1, 1)
            if how == "its state lost":
                arena.streams.lose_state()
            pair = []
            for contestant in (arena.processor, arena.streams):
                pair.append(restart(contestant, _WAITING))
                contestant.stop()
                say(f"{contestant.name}, restart: {pair[-1].first_s:.2f} s, {pair[-1].cpu_s:.2f} s of CPU")
            pairs.append((how, *pair))
    rows = [_memory("memory, peak", ours.peak_mb, theirs.peak_mb),
            _memory("memory once idle", ours.steady_mb, theirs.steady_mb)]
    for how, mine, other in pairs:
        against = f"Streams, {how}"
        rows += [table.Row("restart to the first new record", mine.first_s, "s",
                           [table.of(mine.first_s, against, other.first_s, "0.33, at most 0.5")]),
                 table.Row("its CPU time", mine.cpu_s, "s", [table.of(mine.cpu_s, against, other.cpu_s)]),
                 _memory("memory after it", mine.steady_mb, other.steady_mb)]
    note = (f"{_MANY_EACH} records of each vehicle, one in a message. A restart comes after an orderly stop; then "
            f"{_WAITING:,} records wait. Both have static membership. Nothing was compacted yet.")
    return table.Section(f"Fleet, {_MANY_VEHICLES:,} vehicles", note, rows)


def measure(directory: Path, wanted: Wanted) -> list[table.Section]:
    streams = StreamsProgram()
    sections = [form_section(directory, streams, wanted, form) for form in wanted.forms]
    if wanted.many:
        sections.append(many_section(directory, streams, wanted))
    return sections


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench fleet", description=__doc__)
    parser.add_argument("--records", type=int, default=Wanted.records, help="of each form (default: %(default)s)")
    parser.add_argument("--vehicles", type=int, default=Wanted.vehicles, help="that send them (default: %(default)s)")
    parser.add_argument("--form", choices=[*FORMS, "none"], 
                        help="this one alone (default: single and packed); batches: messages of 60 records, a message "
                        "for each report")
    parser.add_argument("--store", choices=("rocksdb", "memory"), default=Wanted.store,
                        help="where Streams keeps its state (default: %(default)s)")
    parser.add_argument("--pack", choices=("bytes", "generated"), default=Wanted.pack,
                        help="how Streams makes packs: written straight as the processor does it, or with protobuf's "
                        "generated code (default: %(default)s)")
    parser.add_argument("--no-many", action="store_true", help=f"leave out {_MANY_VEHICLES:,} vehicles and restarts")
    parser.add_argument("--json", type=Path, default=REPOSITORY / "build/bench-fleet.json", help="where the figures go")
    arguments = parser.parse_args()
    os.environ.setdefault("ODOGRAPH_BIN", str(REPOSITORY / "build/release/bin"))
    forms = _USUAL if arguments.form is None else tuple(form for form in FORMS if arguments.form == form)
    wanted = Wanted(arguments.records, arguments.vehicles, forms, arguments.store, arguments.pack,
                    not arguments.no_many)
    # Not in /tmp, which may be memory: some gigabytes of messages.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=REPOSITORY / "build") as directory:
        try:
            sections = measure(Path(directory), wanted)
        except Unavailable as error:
            print(f"./dev bench fleet: {error}", file=sys.stderr)
            return 1
    print(table.render(sections))
    about = machine() | {"kafka_streams": VERSION, "heap": HEAP, "store": wanted.store, "pack": wanted.pack}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(table.document(sections, about), indent=2) + "\n")
    print(f"\nfigures: {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
