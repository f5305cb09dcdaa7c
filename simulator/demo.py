"""`./dev demo`: a broker, a few vehicles, the processor, and a live table of it all in the terminal."""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(os.environ.get("ODOGRAPH_BIN") or REPOSITORY / "build/dev/bin")
SPEED_LIMIT_KMH = 80
START_S_MAX = 60
STOP_S_MAX = 10
DRAIN_S_MAX = 10
# A receiver that falls silent leaves one last epoch, which the agent closes by itself.
QUIET_S = 1.5
ALERTS_SHOWN = 6
PLAIN_EVERY_S = 5
# Seed and starting second of drives in which something happens soon: the first breaks the limit after a few seconds and
# comes back below it half a minute in, the second breaks it and stays above.
SCENES = {1: (39, 878), 2: (45, 295)}


class Failed(Exception):
    """The demo cannot go on; the text says why."""


@dataclass
class Alerts:
    """What alerts-topic told, newest state of each alert last."""

    by_id: dict = field(default_factory=dict)

    def add(self, alert: dict) -> None:
        self.by_id.pop(alert["alert_id"], None)
        self.by_id[alert["alert_id"]] = alert

    def open_of(self, vehicle: str) -> int:
        return sum(1 for alert in list(self.by_id.values())
                   if alert["vehicle_id"] == vehicle and alert["state"] != "CLEARED")

    def lines(self) -> list[str]:
        return [self._line(alert) for alert in list(self.by_id.values())[-ALERTS_SHOWN:]]

    @staticmethod
    def _line(alert: dict) -> str:
        kmh = alert.get("peak", 0) * 3.6
        limit = alert.get("limit", 0) * 3.6
        return (f"{alert['start_time'][11:19]}  {alert['vehicle_id']:<10} {alert['rule']:<10} "
                f"{alert['state'].lower():<8} peak {kmh:5.1f} km/h, limit {limit:.0f}")


@dataclass
class Newest:
    """Where each vehicle is as the cloud knows it, from processed-data-topic: the newest event time of any lane counts,
    previews of a backlog included, and what comes late moves nothing back."""

    by_vehicle: dict = field(default_factory=dict)

    def add(self, record: dict) -> None:
        report = record["report"]
        # All in UTC with milliseconds, so that the order of the texts is the order of the times.
        if "position" in report and report["time"] > self.by_vehicle.get(report["vehicle_id"], {}).get("time", ""):
            self.by_vehicle[report["vehicle_id"]] = report

    def words_of(self, vehicle: str) -> tuple[str, str, str]:
        """Speed in km/h, position, time of day; a star where a preview told it."""
        report = self.by_vehicle.get(vehicle)
        if report is None:
            return "-", "not heard of yet", "-"
        speed = f"{report['speed_mps'] * 3.6:.0f}" if "speed_mps" in report else "-"
        star = "*" if report["lane"] == "LIVE" else ""
        return (speed, f"{report['position']['lat']:.5f} {report['position']['lon']:.5f}",
                report["time"][11:19] + star)


class Demo:
    def __init__(self, arguments, directory: Path):
        self.arguments = arguments
        self.directory = directory
        self.programs: list[tuple[str, subprocess.Popen]] = []
        self.alerts = Alerts()
        self.newest = Newest()
        self.brokers = ""
        self.last_status: dict[str, dict] = {}  # Of each vehicle that has ever answered.

    def launch(self, name: str, *words, output: bool = False) -> subprocess.Popen:
        """Starts a program of ours; what it logs goes to a file of its name."""
        log = (self.directory / f"{name}.log").open("w")
        process = subprocess.Popen(
            [str(BIN / words[0]), *map(str, words[1:])], stdin=subprocess.DEVNULL, stderr=log,
            stdout=subprocess.PIPE if output else log, text=True,
            start_new_session=True)  # Ctrl-C is for us alone; we stop them in order
        self.programs.append((name, process))
        return process

    def start(self) -> None:
        self.brokers = self.arguments.brokers or self._kafka() or self._development_broker()
        # The development broker makes its topics itself; it cannot be asked to.
        if self.arguments.brokers or self.arguments.kafka:
            self._must_run("topics", "odograph-fleet", "topics", "create", "--dev", "--brokers", self.brokers)
        self.launch("processor", "odograph-fleet", "process", "--brokers", self.brokers,
                    "--report", self.directory / "report.json",
                    *_set(f"rules.speed_limit_kmh={SPEED_LIMIT_KMH}", f"status.socket={self.directory}/fleet.sock"))
        for topic, take in (("alerts-topic", self.alerts.add), ("processed-data-topic", self.newest.add)):
            reader = self.launch(f"reader-{topic}", "odograph-fleet", "decode", "--brokers", self.brokers,
                                 "--topic", topic, output=True)
            threading.Thread(target=_read, args=(reader, take), daemon=True).start()
        if not self.arguments.replay:
            self._receivers()
        for number in range(1, self.arguments.vehicles + 1):
            self._agent(number)

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

    def _agent(self, number: int) -> None:
        name = f"truck-{number}"
        home = self.directory / name
        home.mkdir()
        settings = _set(f"vehicle.id={name}", f"storage.directory={home}/data", f"status.socket={home}/agent.sock",
                        f'kafka.brokers=["{self.brokers}"]', "sampling.mode=all", "kafka.reconnect_backoff_max=2s")
        if self.arguments.replay:
            self.launch(name, "odograph-agent", "replay", self.arguments.replay, "--speed", self.arguments.speed,
                        "--restamp", *settings)
            return
        device = self.directory / f"gps-{number}/vehicle-1"
        source = _set("source.0.name=gps", "source.0.driver=nmea", f"source.0.device={device}")
        self.launch(name, "odograph-agent", "run", *settings, *source)

    def vehicles(self) -> list[tuple[str, dict | None]]:
        names = [f"truck-{number}" for number in range(1, self.arguments.vehicles + 1)]
        found = [(name, status_of(self.directory / name / "agent.sock")) for name in names]
        self.last_status.update({name: status for name, status in found if status})
        return found

    def drain(self) -> None:
        """Silences the receivers and waits until the processor has had all that they told, for DRAIN_S_MAX at most."""
        if self.arguments.replay:
            self.vehicles()  # A recording cannot be told to make a pause.
            return
        print("ending: the last records are on their way ...", flush=True)
        self.stop("receiver-")
        end, made, quiet_since = time.monotonic() + DRAIN_S_MAX, -1, time.monotonic()
        while time.monotonic() < end:
            self.vehicles()
            total, before = totals(self.last_status.values()), made
            made = total["made"]
            if made != before or total["waiting"] or self._processed() < total["acked"]:
                quiet_since = time.monotonic()
            if time.monotonic() - quiet_since >= QUIET_S:
                return
            time.sleep(0.1)

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
        own = [process for name, process in reversed(self.programs) if name.startswith(names_with)]
        for process in own:
            if process.poll() is None:
                process.terminate()
        for process in own:
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop_all(self) -> None:
        for part in ("truck-", "receiver-", "reader-", "processor", ""):
            self.stop(part)
        if hasattr(self, "kafka"):
            self.kafka.stop()


def _read(reader: subprocess.Popen, take) -> None:
    for line in reader.stdout:
        with contextlib.suppress(ValueError, KeyError):
            take(json.loads(line))


def _set(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def status_of(path: Path) -> dict | None:
    """What an agent tells on its socket; None if none answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
            text = b"".join(iter(lambda: connection.recv(65536), b""))
        return json.loads(text)
    except (OSError, ValueError):
        return None


def totals(statuses) -> dict[str, int]:
    return {key: sum(status["records"][key] for status in statuses) for key in ("made", "durable", "acked", "waiting")}


def table(demo: Demo, statuses: list, seconds: float) -> list[str]:
    rows = [f"Odograph demo, {seconds:.0f} s   broker {demo.brokers}   speed limit {SPEED_LIMIT_KMH} km/h", "",
            f"{'vehicle':<10}{'km/h':>7}{'position':>24}{'as of':>11}{'made':>9}{'stored':>9}{'acked':>9}"
            f"{'waiting':>9}{'alerts':>8}  link"]
    for name, status in statuses:
        rows.append(_row(name, status, demo))
    rows += ["", "alerts" if demo.alerts.by_id else "no alerts yet"]
    return rows + ["  " + line for line in demo.alerts.lines()]


def _row(name: str, status: dict | None, demo: Demo) -> str:
    speed, where, as_of = demo.newest.words_of(name)
    row = f"{name:<10}{speed:>7}{where:>24}{as_of:>11}"
    if status is None:
        return f"{row}  (not answering)"
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


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--vehicles", type=int, default=3, choices=range(1, 51), metavar="N",
                        help="how many (default 3)")
    parser.add_argument("--seconds", type=float, help="end after this long; default: on Ctrl-C")
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
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    code = 0
    try:
        demo.start()
        began = time.monotonic()
        show(demo, began, began + arguments.seconds if arguments.seconds else None)
    except KeyboardInterrupt:
        print()
    except Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        code = 1
    finally:
        # A second Ctrl-C must not leave programs behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if code == 0:
            demo.drain()
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
