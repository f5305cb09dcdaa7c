"""The whole agent: start, memory, idle and CPU from recording to acknowledgement."""

import os
import statistics
import subprocess
import time
from pathlib import Path

from tests.bench.table import Row, Section, of
from tests.bench.watched import Watched, settings
from tests.support.programs import program, run
from tests.support.wait import wait_for


def _cpu_s(words: list) -> float:
    """CPU time of a program that runs to its end."""
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def _took_s(words: list) -> float:
    began = time.monotonic()
    run(words)
    return time.monotonic() - began


def starting(directory: Path, brokers: str, rounds: int, idle_s: float) -> Section:
    """Start-up, memory and what it costs to do nothing."""
    starts, loads = [], []
    for i in range(rounds):
        home = directory / f"start{i}"
        home.mkdir()
        words = ["run", *settings(home, vehicle__id="bench", kafka__brokers=f'["{brokers}"]')]
        loads.append(_took_s([program("odograph-agent"), "--version"]))
        agent = Watched(words, home)
        starts.append(agent.ready_s)
        if i < rounds - 1:
            agent.ask_to_end()
    ready, load = statistics.median(starts) * 1000, statistics.median(loads) * 1000
    agent.wait_for_status("an acknowledgement", lambda status: status["records"]["acked"] >= 1)
    before, began = agent.cpu_s(), time.monotonic()
    wait_for(lambda: time.monotonic() - began > idle_s, idle_s + 5, "idle seconds", interval_s=0.5)
    idle_ms = (agent.cpu_s() - before) / (time.monotonic() - began) * 1000
    beside = of(ready, "loading the program (--version)", load)
    rows = [Row("start in an empty folder to first answer", ready, "ms", [beside]),
            Row("memory, connected and idle", agent.memory_mib("VmRSS:"), "MiB"),
            Row("of this its own", agent.private_mib(), "MiB"),
            Row("CPU time, connected and idle", idle_ms, "ms/s")]
    agent.end()
    note = f"Medians of {rounds} starts in turn with the other; idle for {idle_s:.0f} s."
    return Section("The agent at rest", note, rows)


def _all_acknowledged(status: dict) -> bool:
    return status["replay"]["progress"] >= 1 and status["records"]["acked"] == status["records"]["made"]


def under_load(directory: Path, brokers: str, rounds: int, drive_s: int) -> Section:
    """A long drive as fast as possible: decoded, stored, sent, acknowledged, deleted."""
    drive = directory / "long.nmea"
    drive.write_text(run([program("odograph-sim"), "drive", "--seconds", drive_s, "--seed", "7"]).stdout)
    decode = [program("odograph-agent"), "decode", drive]
    whole_us, decode_us, peaks, sent = [], [], [], []
    for i in range(rounds):
        home = directory / f"load{i}"
        home.mkdir()
        words = ["replay", drive, *settings(home, kafka__brokers=f'["{brokers}"]'), "--as-fast-as-possible", "--stay"]
        agent = Watched(words, home)
        status = agent.wait_for_status("every record to be acknowledged", _all_acknowledged)
        records = status["records"]["made"]
        whole_us.append(agent.cpu_s() * 1e6 / records)
        peaks.append(agent.memory_mib("VmHWM:"))
        sent.append(status["sending"]["sent_bytes"] / records)
        agent.ask_to_end()
        decode_us.append(_cpu_s(decode) * 1e6 / records)
    whole, alone = statistics.median(whole_us), statistics.median(decode_us)
    rows = [Row("CPU time, recording to acknowledged", whole, "us/record",
                [of(whole, "decoding it to JSON", alone)]),
            Row("bytes sent", statistics.median(sent), "B/record"),
            Row("memory, peak", statistics.median(peaks), "MiB")]
    note = (f"{records:,} records of 4 sentences as fast as possible, all threads and the start included; medians of "
            f"{rounds} rounds, in turn with `odograph-agent decode` of the same file.")
    return Section("The agent under load", note, rows)
