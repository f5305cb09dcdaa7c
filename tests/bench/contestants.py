"""The two programs that ./dev bench fleet compares, seen from outside: CPU time, memory, progress."""

import json
import os
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.streams_program import StreamsProgram
from tests.support.programs import Background, program
from tests.support.wait import pace, wait_for

LIMIT_KMH = 80
_LIMIT_CMPS = 2222  # The same, as the processor has it.
_STOP_S_MAX = 60
_ANSWER_S = 5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Contestant:
    """A program that works through raw-data-topic; it may be started again once it was stopped."""

    name = ""

    def __init__(self):
        self._running: Background | None = None
        self.started_at = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self._running = Background(self.command())

    def command(self) -> list:
        raise NotImplementedError

    def records(self) -> int:
        """Processed since it was started."""
        raise NotImplementedError

    def stop(self) -> None:
        self._running.terminate(_STOP_S_MAX)
        self._running = None

    def end(self) -> None:
        """In any case, however it was."""
        if self._running:
            self._running.kill()
            self._running = None

    def output(self) -> str:
        return self._running.output() if self._running else ""

    def check(self) -> None:
        assert self._running.running(), f"{self.name} ended:\n{self.output()}"

    def cpu_s(self) -> float:
        """Of all its threads, those included that have ended."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def memory_mb(self, key: str) -> float:
        line = next(line for line in self._proc("status").splitlines() if line.startswith(key))
        return int(line.split()[1]) * 1024 / 1e6

    def _proc(self, file: str) -> str:
        return Path(f"/proc/{self._running.process.pid}/{file}").read_text()


class Processor(Contestant):
    """odograph-fleet process as it ships."""

    name = "odograph-fleet"
    topics = ("processed-data-topic", "alerts-topic")

    def __init__(self, bootstrap: str, directory: Path, reports: str):
        super().__init__()
        self._bootstrap = bootstrap
        self._reports = reports
        self._socket = directory / "process.sock"

    def command(self) -> list:
        # Without the guard against flapping, which the other one does not have.
        settings = {"kafka.instance": "processor-0", "rules.speed_limit_kmh": LIMIT_KMH, "rules.flap_cycles": 0,
                    "status.socket": self._socket, "process.reports": self._reports}
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        return [program("odograph-fleet"), "process", "--brokers", self._bootstrap, *words]

    def records(self) -> int:
        told = b""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_ANSWER_S)
            try:
                line.connect(str(self._socket))
                while piece := line.recv(1 << 16):
                    told += piece
            except (FileNotFoundError, ConnectionError, TimeoutError):
                return 0
        return json.loads(told)["records"] if told else 0


@dataclass(frozen=True)
class How:
    """Where Streams has its state (rocksdb, memory), and how it makes reports (streams/Reports.java)."""
    store: str
    reports: str


class Streams(Contestant):
    """Kafka Streams, exactly-once v2, one thread, its defaults but for the commit interval and a cached store."""

    name = "Streams"
    topics = ("streams-processed", "streams-alerts")

    def __init__(self, bootstrap: str, directory: Path, streams: StreamsProgram, how: How):
        super().__init__()
        self._bootstrap = bootstrap
        self._state = directory / "streams-state"
        self._streams = streams
        self._how = how

    def command(self) -> list:
        return self._streams.command("FleetStreams", self._bootstrap, self._how.store, self._state, _LIMIT_CMPS,
                                     self._how.reports)

    def records(self) -> int:
        last = self.output().rstrip().rpartition("\n")[2]
        return int(last) if last.isdigit() else 0

    def lose_state(self) -> None:
        shutil.rmtree(self._state, ignore_errors=True)


@dataclass
class Drained:
    """A topic full of records, worked off by one of them. `warm`: without the part of the records that came first."""
    records: int
    cpu_s: float
    wall_s: float
    warm_records: int
    warm_cpu_s: float
    warm_wall_s: float
    peak_mb: float
    steady_mb: float

    @property
    def per_cpu_s(self) -> float:
        return self.records / self.cpu_s

    @property
    def warm_per_cpu_s(self) -> float:
        return self.warm_records / self.warm_cpu_s

    @property
    def per_s(self) -> float:
        return self.records / self.wall_s

    @property
    def warm_per_s(self) -> float:
        return self.warm_records / self.warm_wall_s


@dataclass(frozen=True)
class Moment:
    at: float
    records: int
    cpu_s: float


def _look(contestant: Contestant) -> Moment:
    contestant.check()
    return Moment(time.monotonic(), contestant.records(), contestant.cpu_s())


def drain(contestant: Contestant, records: int, warm_up: float, deadline_s: float) -> Drained:
    """Starts it, and lets it run until all is done and it has been idle for some seconds. It goes on running."""
    idle_s, interval_s = 2, 0.2
    contestant.start()
    moments = []

    def is_done() -> bool:
        moments.append(_look(contestant))
        return moments[-1].records >= records
    try:
        wait_for(is_done, deadline_s, f"{contestant.name} to process {records:,} records", interval_s)
    except TimeoutError:
        raise TimeoutError(f"{contestant.name} is at {moments[-1]}:\n{contestant.output()[-2000:]}") from None
    done = moments[-1]
    warm = next(moment for moment in moments if moment.records >= records * warm_up)
    if warm is done:  # So quick that there is nothing between.
        warm = moments[0]
    pace(idle_s)  # The last commit, and whatever memory is given back.
    cpu_s = contestant.cpu_s()
    return Drained(records=records, cpu_s=cpu_s, wall_s=done.at - contestant.started_at,
                   warm_records=records - warm.records, warm_cpu_s=cpu_s - warm.cpu_s, warm_wall_s=done.at - warm.at,
                   peak_mb=contestant.memory_mb("VmHWM"), steady_mb=contestant.memory_mb("VmRSS"))


@dataclass
class Restarted:
    first_s: float  # From its start to the first new record.
    cpu_s: float  # Until all new ones are done.
    steady_mb: float


def restart(contestant: Contestant, waiting: int, deadline_s: float = 300) -> Restarted:
    """Starts one that has been stopped and for which so many new records wait. It goes on running."""
    contestant.start()

    def has(count: int):
        contestant.check()
        return contestant.records() >= count
    wait_for(lambda: has(1), deadline_s, f"{contestant.name} to go on", interval_s=0.01)
    first_s = time.monotonic() - contestant.started_at
    wait_for(lambda: has(waiting), deadline_s, f"{contestant.name} to do what waited")
    pace(1)
    return Restarted(first_s, contestant.cpu_s(), contestant.memory_mb("VmRSS"))
