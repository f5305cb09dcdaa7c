"""A receiver that keeps a log and feeds a live agent through kill -9; it goes on where the commit report says.

A feeder of `run` counts: the agent makes one record of each fix, in order, so that the d-th durable record of a life is
the d-th fix that this life was sent.
"""

import contextlib
import signal
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash import drive, lives
from tests.crash.compare import Range, Row, compare
from tests.crash.crash import Result, Wanted, arrived
from tests.crash.lives import Feed, Phase
from tests.e2e.parts import create_topics
from tests.kafka.kafka_server import KafkaServer
from tests.support.agent_status import status_of
from tests.support.wait import pace, wait_for

_PIECE = 20
_PACE_S = 0.01
_LAST_LIFE_S_MAX = 600


@dataclass
class Receiver:
    """Behind TCP; sends its log from `begin` to whoever connects."""

    records: int
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _begin: int = 0
    connections: int = 0

    def __post_init__(self):
        threading.Thread(target=self._serve, daemon=True).start()

    def device(self) -> str:
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def begin_at(self, place: int) -> None:
        """For the next life."""
        self._begin, self.connections = place, 0

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection, contextlib.suppress(OSError):
                    self._send(connection)

    def _send(self, connection: socket.socket) -> None:
        for first in range(self._begin, self.records, _PIECE):
            last = min(first + _PIECE, self.records)
            connection.sendall(b"".join(drive.sentence(i) for i in range(first, last)))
            pace(_PACE_S)
        connection.recv(1)  # Nothing more is said; the agent is not told that, nor does it answer.


def fed_by_boot(begins: dict[int, int], ends: dict[int, int], last_begin: int) -> dict[int, range]:
    """What each boot was fed, of what came out of it. One that reported nothing began where the next one did."""
    fed = {}
    begin = last_begin
    for boot in sorted(ends, reverse=True):
        begin = begins.get(boot, begin)
        fed[boot] = range(begin, begin + ends[boot])
    return fed


def durable_of(report: list[Range]) -> int:
    return sum(one.last_n - one.first_n + 1 for one in report if one.lane == "bulk")


def content_of(row: Row) -> tuple | None:
    """Without the time: a live agent stamps by its own clock what does not step as that does."""
    return (row.boot, *row.content[1:]) if row.lane == "bulk" and row.content is not None else row.content


def crash_live(wanted: Wanted, directory: Path, kafka: KafkaServer) -> Result:
    """As `crash` in crash.py, with a live agent."""
    begun = time.monotonic()
    feed = Feed(directory, wanted.records, directory)
    receiver = Receiver(wanted.records)
    words = ["run", "--config", directory / "agent.toml"]
    (directory / "agent.toml").write_text(
        f'[[source]]\nname = "gps"\ndriver = "nmea"\ndevice = "{receiver.device()}"\n')
    phases, reported, begins, durable = Counter(), [], {}, 0
    for plan in lives.plans(wanted.kills, wanted.seed, wanted.feeding_s):
        receiver.begin_at(durable)
        phase, report = lives.spawn(feed, words, lives.AWAY).end_as(plan)
        assert receiver.connections <= 1, "the agent connected anew within one life"
        phases[phase] += 1
        reported += report
        begins |= {one.boot: durable for one in report}
        durable += durable_of(report)
    kafka.start()
    create_topics(kafka.bootstrap)
    receiver.begin_at(durable)
    report = _last_life(feed, words, kafka.bootstrap, wanted.records - durable)
    receiver.close()
    reported += report
    begins |= {one.boot: durable for one in report}
    rows, losses, _ = arrived(kafka.bootstrap)
    ends = Counter()
    for row in rows:
        ends[row.boot] = max(ends[row.boot], row.n if row.lane == "bulk" else 0)
    for one in reported:
        ends[one.boot] = max(ends[one.boot], one.last_n if one.lane == "bulk" else 0)
    fed = fed_by_boot(begins, ends, durable)
    verdict = compare([(boot, *drive.fix(i)[1:]) for boot in sorted(fed) for i in fed[boot]],
                      [one._replace(last_time=None) for one in reported],
                      [row._replace(content=content_of(row)) for row in rows], losses)
    for i in set(range(wanted.records)) - {i for places in fed.values() for i in places}:
        verdict.found("missing", drive.fix(i))
    return Result(wanted, {phase.value: phases[phase] for phase in Phase},
                  sum(one.last_n - one.first_n + 1 for one in reported), len(rows) - verdict.repeated, 0, 0, verdict,
                  time.monotonic() - begun, "live")


def _last_life(feed: Feed, words: list, brokers: str, left: int) -> list[Range]:
    """Until all is durable and acknowledged."""
    life = lives.spawn(feed, words, brokers)

    def all_sent():
        if durable_of(life.report()) < left:
            return False
        now = status_of(feed.socket())
        return now and now["records"]["waiting"] == 0
    wait_for(all_sent, _LAST_LIFE_S_MAX, "all records sent", interval_s=0.2)
    life.process.send_signal(signal.SIGTERM)
    return life.finish()
