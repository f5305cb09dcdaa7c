"""A vehicle for the end-to-end tests: its receiver on a pty, its agent, and a development broker."""

import json
import os
import pty
import signal
import tty
from datetime import datetime, timezone
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

VEHICLE = "truck-17"


def sentence(body: str) -> bytes:
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode()


def rmc(time: datetime, step: int = 0, knots: float = 20) -> bytes:
    """A valid fix at `time`, `step` times 18 m north of the first."""
    minutes = 31 + step * 0.01
    clock = f"{time:%H%M%S}.{time.microsecond // 10_000:02d}"
    return sentence(f"GPRMC,{clock},A,52{minutes:07.4f},N,01324.6000,E,{knots:.2f},000.0,{time:%d%m%y},,,A")


def now() -> datetime:
    return datetime.now(timezone.utc)


class Receiver:
    """A GPS receiver that may be unplugged; `path` stays the same."""

    def __init__(self, path: Path):
        self.path = path
        self._ours = self._theirs = -1
        self.steps = 0
        self.plug_in()

    def plug_in(self) -> None:
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._theirs))

    def unplug(self) -> None:
        for fd in (self._ours, self._theirs):
            os.close(fd)
        self.path.unlink()

    def tell(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._ours, data[:1024]):]

    def fix(self, knots: float = 20) -> None:
        self.tell(rmc(now(), self.steps, knots))
        self.steps += 1


class Broker:
    """`odograph-sim broker` on a port that it keeps when it comes back."""

    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.running: Background | None = None

    def start(self) -> None:
        self.running = Background([program("odograph-sim"), "broker", "--port", self.port])
        wait_for(lambda: "listening on" in self.running.output(), 20, "the broker")

    def stop(self) -> None:
        if self.running:
            self.running.kill()
        self.running = None


class Vehicle:
    """`odograph-agent run` with a directory and a configuration file that outlive it."""

    def __init__(self, directory: Path, broker: str, device: Path | None):
        self.directory = directory
        self.data = directory / "data"
        self.data.mkdir(parents=True)
        self.socket = directory / "agent.sock"
        self.config = directory / "agent.toml"
        self.broker = broker
        self.device = device
        self.runs: list[Background] = []
        self.write_config()

    def write_config(self, more: str = 'sampling.mode = "all"\n') -> None:
        source = f'[[source]]\nname = "gps"\ndriver = "nmea"\ndevice = "{self.device}"\n' if self.device else ""
        self.config.write_text(
            f'vehicle.id = "{VEHICLE}"\nkafka.brokers = ["{self.broker}"]\nkafka.send_interval = "100ms"\n'
            f'storage.commit_bulk = "50ms"\nstorage.directory = "{self.data}"\nstatus.socket = "{self.socket}"\n'
            f'{more}{source}')

    def start(self, *settings: str, **more) -> Background:
        words = [word for setting in settings for word in ("--set", setting)]
        self.runs.append(Background([program("odograph-agent"), "run", "--config", self.config, *words], **more))
        self.wait_log("running as")
        return self.runs[-1]

    def log(self) -> str:
        return self.runs[-1].output()

    def wait_log(self, text: str, deadline_s: float = 20) -> None:
        wait_for(lambda: text in self.log() or (not self.runs[-1].running() and self._ended()), deadline_s, text)

    def _ended(self):
        raise AssertionError(f"the agent ended:\n{self.log()}")

    def hang_up(self) -> None:
        self.runs[-1].process.send_signal(signal.SIGHUP)

    def status(self) -> dict:
        return json.loads(run([program("odograph-agent"), "status", "--json", "--socket", self.socket]).stdout)

    def words(self) -> str:
        return run([program("odograph-agent"), "status", "--socket", self.socket]).stdout

    def wait_status(self, reached, what: str, deadline_s: float = 30) -> dict:
        last = {}

        def look():
            last.update(self.status())
            return reached(last)
        try:
            wait_for(look, deadline_s, what, interval_s=0.1)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\nstatus: {json.dumps(last, indent=1)}\nlog: {self.log()}") from None
        return last

    def wait_bulk(self, field: str, count: int, deadline_s: float = 30) -> dict:
        return self.wait_status(lambda status: status["lanes"]["bulk"][field] >= count, f"{count} {field}", deadline_s)

    def end(self) -> None:
        for each in self.runs:
            each.kill()
