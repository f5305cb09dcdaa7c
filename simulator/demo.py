"""`./dev demo`: a broker, a few vehicles, the processor, and a live table of it all in the terminal."""

import argparse
import contextlib
import errno
import json
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from simulator.told import Alerts, Committed, Newest, add_records, read_lines, stands_at_the_end, status_of, totals

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(os.environ.get("ODOGRAPH_BIN") or REPOSITORY / "build/dev/bin")
SPEED_LIMIT_KMH = 80
START_S_MAX = 60
STOP_S_MAX = 10
DRAIN_S_MAX = 10
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A receiver that falls silent leaves one last epoch, which the agent closes by itself.
QUIET_S = 1.5
PLAIN_EVERY_S = 5
# Seed and starting second of drives in which something happens soon: the first breaks the limit after a few seconds and
# comes back below it half a minute in, the second breaks it and stays above.
SCENES = {1: (39, 878), 2: (45, 295)}


class Failed(Exception):
    """The demo cannot go on; the text says why."""


class Demo:
    def __init__(self, arguments, directory: Path):
        self.arguments = arguments
        self.directory = directory
        self.programs: list[tuple[str, subprocess.Popen]] = []
        self.run = secrets.token_hex(2)
        # On brokers that run already others have written and others read, perhaps of vehicles with plain names.
        self.shared = bool(arguments.brokers)
        suffix = f"-{self.run}" if self.shared else ""
        self.names = [f"truck-{number}{suffix}" for number in range(1, arguments.vehicles + 1)]
        self.alerts = Alerts(set(self.names))
        self.newest = Newest()
        self.brokers = ""
        self.last_status: dict[str, dict] = {}  # Of each vehicle that has ever answered.
        self.replayed: dict[str, Committed] = {}  # What each replay made durable.

    def launch(self, name: str, *words, output: bool = False, **more) -> subprocess.Popen:
        """Starts a program of ours; what it logs goes to a file of its name."""
        log = (self.directory / f"{name}.log").open("w")
        process = subprocess.Popen(
            [str(BIN / words[0]), *map(str, words[1:])], stdin=subprocess.DEVNULL, stderr=log,
            stdout=subprocess.PIPE if output else log, text=True,
            start_new_session=True, **more)  # Ctrl-C is for us alone; we stop them in order
        self.programs.append((name, process))
        return process

    def start(self) -> None:
        self.brokers = self.arguments.brokers or self._kafka() or self._development_broker()
        begin = ["kafka.group_begin=latest", "process.memory=process"] if self.shared else []
        # The development broker makes its topics itself; it cannot be asked to.
        if self.arguments.brokers or self.arguments.kafka:
            self._must_run("topics", "odograph-fleet", "topics", "create", "--dev", "--brokers", self.brokers)
        self.launch("processor", "odograph-fleet", "process", "--brokers", self.brokers,
                    "--report", self.directory / "report.json",
                    *_set(f"rules.speed_limit_kmh={SPEED_LIMIT_KMH}", f"status.socket={self.directory}/fleet.sock",
                          f"kafka.group=odograph-demo-{self.run}", *begin))
        for topic, take in (("alerts-topic", self.alerts.add), ("processed-data-topic", self.newest.add)):
            reader = self.launch(f"reader-{topic}", "odograph-fleet", "decode", "--brokers", self.brokers,
                                 "--topic", topic, *(["--from-end"] if self.shared else []), output=True)
            threading.Thread(target=read_lines, args=(reader, take), daemon=True).start()
        if self.shared:
            self._wait_for_processor()
        if not self.arguments.replay:
            self._receivers()
        for number in range(1, self.arguments.vehicles + 1):
            self._agent(number)

    def _wait_for_processor(self) -> None:
        """Until it stands at the end of every partition: what came before would not be read."""
        end = time.monotonic() + START_S_MAX
        while not stands_at_the_end((self.directory / "processor.log").read_text(errors="replace")):
            if problem := self.ended():
                raise Failed(problem)
            if time.monotonic() > end:
                raise Failed(f"the processor gets nothing to read: {self._log_end('processor')}")
            time.sleep(0.1)

    def _must_run(self, what: str, *words) -> None:
        done = subprocess.run([str(BIN / words[0]), *map(str, words[1:])], capture_output=True, text=True,
                              timeout=START_S_MAX)
        if done.returncode != 0:
            raise Failed(f"{what}: {done.stderr.strip() or done.stdout.strip()}")

    def _development_broker(self) -> str:
        topics = subprocess.run([BIN / "odograph-fleet", "topics", "list", "--format", "broker-args"],
                                capture_output=True, text=True, timeout=START_S_MAX, check=True).stdout.split()
        broker = self.launch("broker", "odograph-sim", "broker", "--port", 0, *topics, output=True)
        line = broker.stdout.readline()
        found = re.search(r"127\.0\.0\.1:\d+", line)
        if not found:
            raise Failed(f"the development broker does not start: {line}{self._log_end('broker')}")
        return found.group()

    def _kafka(self) -> str:
        if not self.arguments.kafka:
            return ""
        sys.path.insert(0, str(REPOSITORY))
        from tests.kafka.kafka_server import KafkaServer  # pylint: disable=import-outside-toplevel
        print("starting Apache Kafka ...", flush=True)
        self.kafka = KafkaServer(self.directory / "kafka")
        self.kafka.start()
        return self.kafka.bootstrap

    def _receivers(self) -> None:
        for number in range(1, self.arguments.vehicles + 1):
            seed, skip = SCENES.get(number, (number, 600))
            receiver = self.launch(f"receiver-{number}", "odograph-sim", "vehicles", "--count", 1, "--seed", seed,
                                   "--skip", skip, "--top-speed", 110, "--directory", self.directory / f"gps-{number}",
                                   output=True)
            if not receiver.stdout.readline():
                raise Failed(f"the simulated receiver does not start: {self._log_end(f'receiver-{number}')}")

    def _settings(self, name: str) -> list[str]:
        home = self.directory / name
        home.mkdir(exist_ok=True)
        return _set(f"vehicle.id={name}", f"storage.directory={home}/data", f"status.socket={home}/agent.sock",
                        f'kafka.brokers=["{self.brokers}"]', "sampling.mode=all", "kafka.reconnect_backoff_max=2s")

    def _agent(self, number: int) -> None:
        name = self.names[number - 1]
        settings = self._settings(name)
        if self.arguments.replay:
            # A faster one would be stamped with times to come; it keeps the recording's.
            stamp = ["--restamp"] if self.arguments.speed <= 1 else []
            with contextlib.closing(Committed()) as committed:
                self.launch(name, "odograph-agent", "replay", self.arguments.replay, "--speed", self.arguments.speed,
                            *stamp, "--commit-report", committed.fd, *settings, pass_fds=[committed.fd])
            self.replayed[name] = committed
            return
        device = self.directory / f"gps-{number}/vehicle-1"
        source = _set("source.0.name=gps", "source.0.driver=nmea", f"source.0.device={device}")
        self.launch(name, "odograph-agent", "run", *settings, *source)

    def vehicles(self) -> list[tuple[str, dict | None]]:
        found = [(name, status_of(self.directory / name / "agent.sock")) for name in self.names]
        for name, status in found:
            if status:
                if "replay" not in status and name in self.replayed:
                    add_records(status["records"], self.replayed[name].count)
                self.last_status[name] = status
        return found

    def drain(self) -> None:
        """Silences what makes records and waits until the processor has had them all, for DRAIN_S_MAX at most."""
        if self.arguments.replay:
            self._end_replays()
        else:
            self.stop("receiver-")
        started = {name for name, _ in self.programs}  # Not all, where it was ended while it began.
        end, made, made_at = time.monotonic() + DRAIN_S_MAX, -1, time.monotonic()
        while time.monotonic() < end:
            answered = all(status for name, status in self.vehicles() if name in started)
            total, before = totals(self.last_status.values()), made
            made = total["made"]
            if made != before:
                made_at = time.monotonic()
            arrived = answered and not total["waiting"] and self._processed() >= total["acked"]
            if arrived and time.monotonic() - made_at >= QUIET_S:
                return
            time.sleep(0.1)

    def _end_replays(self) -> None:
        """A recording cannot be told to make a pause: its agent ends, and another one without any source sends on what
        still waits in the buffer."""
        self.stop("truck-")
        for name, committed in self.replayed.items():
            committed.wait()
            self.launch(f"{name}-rest", "odograph-agent", "run", *self._settings(name))

    def _processed(self) -> int:
        return (status_of(self.directory / "fleet.sock") or {}).get("records", 0)

    def ended(self) -> str:
        """Which program ended by itself with an error; empty if none did."""
        for name, process in self.programs:
            if process.poll() not in (None, 0):
                return f"{name} ended with {process.returncode}: {self._log_end(name)}"
        return ""

    def _log_end(self, name: str) -> str:
        path = self.directory / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-8:]) if path.exists() else ""

    def stop(self, names_with: str = "") -> None:
        """SIGTERM to the programs whose name begins so, newest first, and waits for them."""
        named = [(name, process) for name, process in reversed(self.programs) if name.startswith(names_with)]
        own = [process for _, process in named]
        for name, process in named:
            # The development broker keeps nothing that a goodbye would save, and takes a second for it.
            if process.poll() is None:
                process.kill() if name == "broker" else process.terminate()
        for process in own:
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop_all(self) -> None:
        for part in ("truck-", "receiver-", "processor", "reader-", ""):
            self.stop(part)
        if hasattr(self, "kafka"):
            self.kafka.stop()


def _set(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def table(demo: Demo, statuses: list, seconds: float) -> list[str]:
    rows = [f"Odograph demo, {seconds:.0f} s   broker {demo.brokers}   speed limit {SPEED_LIMIT_KMH} km/h", "",
            f"{'vehicle':<14}{'km/h':>7}{'position':>24}{'as of':>11}{'made':>9}{'stored':>9}{'acked':>9}"
            f"{'waiting':>9}{'alerts':>8}  link"]
    for name, status in statuses:
        rows.append(_row(name, status, demo))
    rows += ["", "alerts" if demo.alerts.by_id else "no alerts yet"]
    return rows + ["  " + line for line in demo.alerts.lines()]


def _row(name: str, status: dict | None, demo: Demo) -> str:
    speed, where, as_of = demo.newest.words_of(name)
    row = f"{name:<14}{speed:>7}{where:>24}{as_of:>11}"
    if status is None:
        return f"{row}  {'not answering' if name in demo.last_status else 'starting'}"
    records = status["records"]
    return (f"{row}{records['made']:>9}{records['durable']:>9}{records['acked']:>9}{records['waiting']:>9}"
            f"{demo.alerts.open_of(name):>8}  {status['sending']['state'].replace('_', ' ')}")


def show(demo: Demo, began: float, until: float | None) -> None:
    """Draws until the time is up or a program fails; KeyboardInterrupt ends it too."""
    live = sys.stdout.isatty()
    drawn, next_plain = 0, 0.0
    while until is None or time.monotonic() < until:
        if problem := demo.ended():
            raise Failed(problem)
        seconds = time.monotonic() - began
        if live:
            width = shutil.get_terminal_size().columns
            rows = [row[:width - 1] for row in table(demo, demo.vehicles(), seconds)]
            upwards = f"\x1b[{drawn}A" if drawn else ""
            sys.stdout.write(upwards + "".join(f"\x1b[2K{row}\n" for row in rows) + "\x1b[J")
            drawn = len(rows)
        elif seconds >= next_plain:
            next_plain = seconds + PLAIN_EVERY_S
            for name, status in demo.vehicles():
                print(f"{seconds:4.0f} s  {_row(name, status, demo)}")
        sys.stdout.flush()
        time.sleep(1 if until is None else max(0.0, min(1.0, until - time.monotonic())))


def last_records(demo: Demo, began: float) -> None:
    """Waits for them, and says how long that took."""
    ended = time.monotonic()
    print("\nending: the last records are on their way ...", flush=True)
    demo.drain()
    print(f"ran for {ended - began:.0f} s; the last records took {time.monotonic() - ended:.1f} s more")


def summary(demo: Demo) -> None:
    """One screen: what was made, what arrived, what was raised."""
    total = totals(demo.last_status.values())
    rest = f"{total['waiting']:,} were still waiting" if total["waiting"] else "none waits"
    print(f"\n{len(demo.last_status)} vehicles made {total['made']:,} records; {total['durable']:,} stored, "
          f"{total['acked']:,} acknowledged by the broker, {rest}")
    report_file = demo.directory / "report.json"
    if report_file.exists():
        report = json.loads(report_file.read_text())
        print(f"the processor read {report['records']:,} records, dropped {report['repeats']:,} repeats, "
              f"found {report['gaps_unexplained']:,} unexplained gaps")
    states = [alert["state"] for alert in demo.alerts.by_id.values()]
    print(f"{len(states)} alert{'' if len(states) == 1 else 's'}: {states.count('CLEARED')} cleared, "
          f"{len(states) - states.count('CLEARED')} open")
    for line in demo.alerts.lines():
        print("  " + line)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < threading.TIMEOUT_MAX:
            return float(text)
    raise argparse.ArgumentTypeError(f"expected a number above 0, found '{text}'")


def _is_nobody_there(error: OSError) -> bool:
    """That `head` has seen enough, or that the terminal was closed."""
    return error.errno in (errno.EPIPE, errno.EIO)


def _write_nowhere_if_nobody_is_there() -> None:
    output = select.poll()
    output.register(sys.stdout, 0)
    if output.poll(0):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--vehicles", type=int, default=3, choices=range(1, 51), metavar="N",
                        help="how many (default 3)")
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="end after this long; default: on Ctrl-C")
    parser.add_argument("--brokers", help="HOST:PORT of brokers that run already, instead of the embedded one")
    parser.add_argument("--kafka", action="store_true", help="start a real Apache Kafka for it")
    parser.add_argument("--replay", type=Path, metavar="FILE",
                        help="vehicles that replay this NMEA log instead of simulated ones")
    parser.add_argument("--speed", type=float, default=1, help="pace of --replay (default 1)")
    parser.add_argument("--keep", action="store_true", help="keep the data and logs, and say where they are")
    return parser.parse_args(words)


def main() -> int:
    arguments = parse(sys.argv[1:])
    directory = Path(tempfile.mkdtemp(prefix="odograph-demo-"))
    demo = Demo(arguments, directory)
    for name in ENDS:
        signal.signal(name, signal.default_int_handler)
    began = time.monotonic()
    code = 0
    try:
        demo.start()
        began = time.monotonic()
        show(demo, began, began + arguments.seconds if arguments.seconds else None)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        if not _is_nobody_there(error):
            raise
    except Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        code = 1
    finally:
        # Neither a second Ctrl-C nor an end of the output may leave programs behind.
        for name in ENDS:
            signal.signal(name, signal.SIG_IGN)
        _write_nowhere_if_nobody_is_there()
        try:
            if code == 0:
                last_records(demo, began)
        finally:
            demo.stop_all()
    if code == 0:
        summary(demo)
    if arguments.keep or code != 0:
        print(f"data and logs: {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
