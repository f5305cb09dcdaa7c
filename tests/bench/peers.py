"""The disk queues of Debian's rsyslog and syslog-ng beside the outbox: an outage, then a power cut."""

import os
import shutil
import socket
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path

from tests.bench import device
from tests.bench.table import Row, Section, of
from tests.bench.watched import Watched, settings
from tests.support.ports import free_port
from tests.support.programs import REPOSITORY, Background, program, run
from tests.support.wait import wait_for

ROOT = REPOSITORY / "build/peers/root"  # Where `./dev deps bench` unpacks them: Debian lets only one be installed.
_QUIET_S = 2.0  # With no CPU time but this: what was fed has been taken.
_IDLE_S = 0.0005


def _rsyslog_conf(port: int, folder: Path, sync: str) -> str:
    return (f'global(workDirectory="{folder}")\nmodule(load="imptcp")\ninput(type="imptcp" address="127.0.0.1" '
            f'port="{port}")\naction(type="omfwd" target="127.0.0.1" port="1" protocol="tcp" '
            f'action.resumeRetryCount="-1" queue.type="Disk" queue.filename="queue" queue.size="1000000" '
            f'queue.maxDiskSpace="512m" '
            f'queue.saveOnShutdown="on" queue.syncQueueFiles="{sync}" queue.checkpointInterval="1")\n')


def _syslog_ng_conf(port: int, folder: Path) -> str:
    return (f'@version: 3.38\noptions {{ stats-freq(0); }};\nsource s {{ network(ip("127.0.0.1") port({port}) '
            f'transport("tcp") flags(no-parse)); }};\ndestination d {{ network("127.0.0.1" port(1) '
            f'disk-buffer(reliable(yes) disk-buf-size(134217728) mem-buf-size(1048576) dir("{folder}"))); }};\n'
            f'log {{ source(s); destination(d); flags(flow-control); }};\n')


class Peer:
    """One of them with one configuration."""

    def __init__(self, name: str, binary: str, conf, words):
        self.name, self.binary, self._conf, self._words = name, binary, conf, words

    def path(self) -> str | None:
        unpacked = ROOT / "usr/sbin" / self.binary
        return str(unpacked) if unpacked.exists() else shutil.which(self.binary)

    def is_unpacked(self) -> bool:
        return (ROOT / "usr/sbin" / self.binary).exists()

    @contextmanager
    def running(self, folder: Path):
        """Listening; yields the port and the process."""
        port = free_port()
        conf = folder.parent / f"{self.binary}.conf"
        conf.write_text(self._conf(port, folder))
        libraries = f"{ROOT}/usr/lib/x86_64-linux-gnu:{ROOT}/lib/x86_64-linux-gnu:{ROOT}/usr/lib/syslog-ng"
        environment = os.environ | ({"LD_LIBRARY_PATH": libraries} if self.is_unpacked() else {})
        with Background([self.path(), *self._words(conf, folder.parent, self.is_unpacked())],
                        env=environment) as background:
            def listens() -> bool:
                assert background.running(), background.output()
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                except ConnectionError:
                    return False
                return True
            wait_for(listens, 20, f"{self.name} to listen")
            yield port, background.process.pid


def _rsyslog_words(conf: Path, folder: Path, unpacked: bool) -> list:
    modules = ["-M", ROOT / "usr/lib/x86_64-linux-gnu/rsyslog"] if unpacked else []
    return ["-n", "-f", conf, "-i", folder / "pid", *modules]


def _syslog_ng_words(conf: Path, folder: Path, unpacked: bool) -> list:
    modules = next((ROOT / "usr/lib/syslog-ng").glob("[0-9]*"), None) if unpacked else None
    return ["-F", "--no-caps", "-f", conf, "-p", folder / "pid", "-c", folder / "ctl", "-R", folder / "persist",
            *([f"--module-path={modules}"] if modules else [])]


PEERS = (Peer("rsyslog, disk queue, synced", "rsyslogd", lambda port, folder: _rsyslog_conf(port, folder, "on"),
              _rsyslog_words),
         Peer("rsyslog, disk queue", "rsyslogd", lambda port, folder: _rsyslog_conf(port, folder, "off"),
              _rsyslog_words),
         Peer("syslog-ng, reliable disk buffer", "syslog-ng", _syslog_ng_conf, _syslog_ng_words))


def _cpu_s(pid: int) -> float:
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in stats) / 1e9


def _wait_until_quiet(pid: int) -> None:
    last = [_cpu_s(pid), time.monotonic()]

    def is_quiet() -> bool:
        now = _cpu_s(pid)
        if now - last[0] > _IDLE_S:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > _QUIET_S
    wait_for(is_quiet, 300, "the queue to take what it was fed", interval_s=0.1)


class Fed:
    """What it cost to take the lines, and how many of them a power cut leaves."""

    def __init__(self, cpu_us: float, written: float, lost: int):
        self.cpu_us, self.written, self.lost = cpu_us, written, lost


def _numbers_in(folder: Path, lines: int) -> int:
    """How many of the lines are somewhere in the files below `folder`: more than a restart would find."""
    held = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return sum(b'"serial":%d,' % i in held for i in range(lines))


def _feed(directory: Path, peer: Peer, lines: list[bytes]) -> Fed:
    with device.fresh(directory) as target:
        folder = target.path / "queue"
        folder.mkdir()
        with peer.running(folder) as (port, pid):
            written, cpu = target.written_bytes(), _cpu_s(pid)
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(b"".join(lines))
                _wait_until_quiet(pid)
            cpu = _cpu_s(pid) - cpu
            with device.after_power_cut(target) as cut:
                left = _numbers_in(cut.path / "queue", len(lines))
            written = target.written_bytes() - written
    return Fed(cpu * 1e6 / len(lines), written / len(lines), len(lines) - left)


def _agent(directory: Path, records: int) -> Fed:
    drive = directory / "peers.nmea"
    drive.write_text(run([program("odograph-sim"), "drive", "--seconds", records, "--seed", "7"]).stdout)
    with device.fresh(directory) as target:
        written = target.written_bytes()
        words = settings(target.path, storage__commit_bulk="1s", kafka__brokers='["127.0.0.1:1"]')
        agent = Watched(["replay", drive, *words, "--as-fast-as-possible", "--stay"], target.path)
        status = agent.wait_for_status("every record to be durable", lambda now: now["replay"]["progress"] >= 1
                                       and now["records"]["durable"] == now["records"]["made"])
        cpu, durable = agent.cpu_s(), status["records"]["durable"]
        with (device.after_power_cut(target) as cut,
              closing(sqlite3.connect(cut.path / "data/outbox.db")) as database):
            left = sum(database.execute(f"SELECT coalesce(sum(n), 0) FROM {lane}").fetchone()[0]
                       for lane in ("alert", "event", "bulk"))
        written = target.written_bytes() - written
        agent.end()
    return Fed(cpu * 1e6 / durable, written / durable, durable - left)


def _lines(count: int) -> list[bytes]:
    text = (b'<134>1 - - odograph - - - {"serial":%d,"vehicle_id":"bench","lat":52.5200001,"lon":13.4000002,'
            b'"alt":34.12,"speed":13.88,"track":84.40,"hdop":0.90,"satellites":11,"engine_speed":1432,'
            b'"coolant_temp":88.5}\n')
    return [text % i for i in range(count)]


def section(directory: Path, quick: bool) -> Section:
    count = 5_000 if quick else 10_000
    ours = _agent(directory, count)
    rows = [Row("odograph-agent, CPU", ours.cpu_us, "us/record"), Row("written", ours.written, "B/record"),
            Row("durable records gone in a power cut", ours.lost, "records")]
    lines = _lines(count)
    absent = []
    for peer in PEERS:
        if not peer.path():
            absent.append(f"{peer.name} is absent ('./dev deps bench')")
            continue
        fed = _feed(directory, peer, lines)
        rows += [Row(f"{peer.name}, CPU", fed.cpu_us, "us/record", [of(fed.cpu_us, "the agent", ours.cpu_us)]),
                 Row("written", fed.written, "B/record", [of(fed.written, "the agent", ours.written)]),
                 Row("taken lines gone in a power cut", fed.lost, "records")]
    note = (f"{count:,} records while the broker is away, as fast as they are taken. The agent decodes four sentences "
            f"a record, packs and stores; the others take a line of JSON ({len(lines[0])} bytes) over TCP. CPU of all "
            "threads; written: at the block layer. The power cut is a copy of the device once all is quiet for "
            f"{_QUIET_S} s, mounted again: it shows what was never flushed, on a device that loses nothing it was "
            "given. " + "; ".join(absent))
    return Section("An outage and a power cut, beside other queues", note.strip(), rows)
