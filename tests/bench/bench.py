"""`./dev bench`: one table of ratios, measured in one run, and a JSON file of it.

Absolute times are of this machine and this minute; ratios are what to compare. Programs are taken from the release
build.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import REPOSITORY, Background, program, run
from tests.support.wait import wait_for

DRIVE_SECONDS = 20_000
NMEA_NS_OF_MINMEA_IN_FLOORS = 16.3  # performance reference, 1.2: minmea's time over framing and checksum alone


@dataclass(frozen=True)
class Row:
    what: str
    value: float
    unit: str
    beside: str = ""  # What it is held against, and how it compares.


def nmea_rows() -> list[Row]:
    """ns a sentence, beside framing and checksum alone; medians of interleaved repetitions."""
    ours, floor = (_google_benchmark("nmea_bench", name) for name in ("decode", "frame_and_checksum"))
    ratio = ours / floor
    return [Row("NMEA: framing and checksum alone", floor, "ns/sentence"),
            Row("NMEA: decoder", ours, "ns/sentence",
                f"{ratio:.2f} x framing and checksum (goal <= 2.5); "
                f"{NMEA_NS_OF_MINMEA_IN_FLOORS / ratio:.1f} x minmea, by the reference")]


def _google_benchmark(name: str, which: str) -> float:
    folder = Path(os.environ["ODOGRAPH_BIN"])
    done = run([folder / name, "--benchmark_format=json", "--benchmark_repetitions=9",
                "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.05"], deadline_s=300)
    rows = [one for one in json.loads(done.stdout)["benchmarks"]
            if one["run_type"] == "iteration" and which in one["name"].lower()]
    return statistics.median(one["ns_per_sentence"] for one in rows)


def wire_rows() -> list[Row]:
    """Payload bytes a record of the reference drive, and the codec's time."""
    told = json.loads(run([program("wire_bench")], deadline_s=300).stdout)
    rows = []
    for size in told["sizes"]:
        ours = size["odograph"]
        beside = ", ".join(f"{name} {size[key]:.1f} B = {size[key] / ours:.1f} x" for name, key in
                           (("JSON", "json"), ("JSON+zstd", "json_zstd"), ("protobuf+zstd", "protobuf_zstd")))
        rows.append(Row(f"payload at N = {size['n']}", ours, "B/record", beside))
    return rows


class Measured:
    """An agent that is watched through /proc."""

    def __init__(self, words, socket: Path):
        self.began = time.monotonic()
        self.running = Background(words)
        self.socket = socket
        self.status = wait_for(self._status, 30, "the agent to answer", interval_s=0.002)
        self.answered_s = time.monotonic() - self.began

    def _status(self):
        assert self.running.running(), self.running.output()
        if not self.socket.exists():
            return None
        done = run([program("odograph-agent"), "status", "--json", "--socket", self.socket], expect=None)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def poll(self) -> dict | None:
        return self._status()

    def proc(self, name: str) -> str:
        return Path(f"/proc/{self.running.process.pid}/{name}").read_text()

    def cpu_s(self) -> float:
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def written_bytes(self) -> int:
        return int(next(line.split()[1] for line in self.proc("io").splitlines() if line.startswith("write_bytes")))

    def memory_mib(self, key: str) -> float:
        return int(next(line.split()[1] for line in self.proc("status").splitlines() if line.startswith(key))) / 1024


def agent_rows(directory: Path) -> list[Row]:
    """The whole agent: recording to acknowledged, beside the same recording merely decoded."""
    drive = directory / "drive.nmea"
    drive.write_text(run([program("odograph-sim"), "drive", "--seconds", DRIVE_SECONDS, "--seed", "7"]).stdout)
    port = free_port()
    with Background([program("odograph-sim"), "broker", "--port", port]) as broker:
        wait_for(lambda: "listening" in broker.output(), 20, "the development broker")
        return _idle_rows(directory, port) + _load_rows(directory, drive, port)


def _settings(directory: Path, port: int) -> list[str]:
    settings = [f"storage.directory={directory}/data", f"status.socket={directory}/agent.sock",
                f'kafka.brokers=["127.0.0.1:{port}"]', "sampling.mode=all"]
    return [word for setting in settings for word in ("--set", setting)]


def _idle_rows(directory: Path, port: int) -> list[Row]:
    home = directory / "idle"
    home.mkdir()
    agent = Measured([program("odograph-agent"), "run", *_settings(home, port), "--set", "vehicle.id=bench"],
                     home / "agent.sock")
    wait_for(lambda: agent.poll()["records"]["acked"] >= 1, 30, "the boot record to be acknowledged")
    before, began = agent.cpu_s(), time.monotonic()
    wait_for(lambda: time.monotonic() - began > 5, 10, "five idle seconds", interval_s=0.5)
    idle = (agent.cpu_s() - before) / (time.monotonic() - began)
    rows = [Row("agent: start to first answer", agent.answered_s * 1000, "ms"),
            Row("agent: memory, idle and connected", agent.memory_mib("VmRSS"), "MiB"),
            Row("agent: CPU, idle and connected", idle * 1000, "ms/s")]
    agent.running.terminate()
    return rows


def _load_rows(directory: Path, drive: Path, port: int) -> list[Row]:
    home = directory / "load"
    home.mkdir()
    agent = Measured([program("odograph-agent"), "replay", drive, *_settings(home, port), "--as-fast-as-possible",
                      "--stay"], home / "agent.sock")

    def all_acked():
        status = agent.poll()
        records = status["records"]
        all_read = status["replay"]["progress"] >= 1
        return all_read and records["waiting"] == 0 and records["acked"] == records["made"] and status
    status = wait_for(all_acked, 120, "every record to be acknowledged", interval_s=0.1)
    records = status["records"]["made"]
    cpu_us = agent.cpu_s() * 1e6 / records
    decode_us = _decode_cpu_s(drive) * 1e6 / records
    rows = [Row("agent: records of the drive", records, "records"),
            Row("agent: CPU, recording to acknowledged", cpu_us, "us/record",
                f"{cpu_us / decode_us:.1f} x decoding the recording to JSON"),
            Row("agent: bytes to disk", agent.written_bytes() / records, "B/record",
                f"{status['sending']['sent_bytes'] / records:.1f} B/record sent"),
            Row("agent: memory, peak under load", agent.memory_mib("VmHWM"), "MiB")]
    agent.running.terminate()
    return rows


def _decode_cpu_s(drive: Path) -> float:
    process = subprocess.Popen([program("odograph-agent"), "decode", drive], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--json", type=Path, default=REPOSITORY / "build/bench.json", help="where the figures go")
    arguments = parser.parse_args()
    os.environ.setdefault("ODOGRAPH_BIN", str(REPOSITORY / "build/release/bin"))
    with tempfile.TemporaryDirectory(prefix="odograph-bench-") as directory:
        rows = nmea_rows() + wire_rows() + agent_rows(Path(directory))
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.what:<{width}}  {row.value:>10.2f} {row.unit:<12} {row.beside}".rstrip())
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps([vars(row) for row in rows], indent=2) + "\n")
    print(f"\nfigures: {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
