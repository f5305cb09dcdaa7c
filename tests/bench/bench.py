"""`./dev bench`: one table of ratios, measured in one run, and a JSON file of it.

Absolute times are of this machine and this minute; ratios are what to compare. Programs: the release build.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.bench import codecs, device, disk, drain, flash, peers, table, whole_agent, wire_cost
from tests.support.ports import free_port
from tests.support.programs import REPOSITORY, Background, program
from tests.support.wait import wait_for


class Size:
    """How much is measured: enough for figures that stay, or for a look."""

    def __init__(self, quick: bool, whole_drain: bool):
        self.quick = quick
        self.starts = 3 if quick else 9
        self.idle_s = 2 if quick else 10
        self.rounds = 1 if quick else 5
        self.drive_s = 60_000 if quick else 200_000
        self.disk_s = 3 if quick else 20
        self.wire_drive_s = 120 if quick else 1200
        self.wire_idle_s = 0 if quick else 660
        self.drained = 100_000 if quick else 1_000_000
        self.drained_slowly = 1_000_000 if whole_drain else 20_000 if quick else 60_000


def machine() -> dict:
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "unknown")
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {"machine": {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory_kib / 2**20)}}


PARTS = ("codecs", "agent", "disk", "drain", "wire", "flash", "peers")


def measure(directory: Path, size: Size, parts: list[str]) -> list[table.Section]:
    sections = [codecs.nmea(), codecs.wire()] if "codecs" in parts else []
    sections += with_broker(directory, size, parts)
    if "drain" in parts:
        sections += drain.sections(directory, size.drained, size.drained_slowly)
    if "wire" in parts:
        sections += wire_cost.sections(directory, size.wire_drive_s, size.wire_idle_s)
    for part, module in (("flash", flash), ("peers", peers)):
        if part not in parts:
            continue
        if reason := device.why_not():
            print(f"skipped: {part}: {reason}", file=sys.stderr)
        else:
            sections.append(module.section(directory, size.quick))
    return sections


def with_broker(directory: Path, size: Size, parts: list[str]) -> list[table.Section]:
    if not {"agent", "disk"} & set(parts):
        return []
    sections = []
    port = free_port()
    with Background([program("odograph-sim"), "broker", "--port", port]) as broker:
        wait_for(lambda: "listening" in broker.output(), 20, "the development broker")
        brokers = f"127.0.0.1:{port}"
        if "agent" in parts:
            sections += [whole_agent.starting(directory, brokers, size.starts, size.idle_s),
                         whole_agent.under_load(directory, brokers, size.rounds, size.drive_s)]
        if "disk" in parts:
            sections.append(disk.section(directory, brokers, size.disk_s))
    return sections


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="for a look: half a minute instead of some")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART",
                        help=f"these parts alone: {', '.join(PARTS)}; flash and peers need root")
    parser.add_argument("--json", type=Path, default=REPOSITORY / "build/bench.json", help="where the figures go")
    parser.add_argument("--whole-drain", action="store_true",
                        help="drain 1,000,000 records over 128 kbit/s too: nine minutes more")
    arguments = parser.parse_args()
    os.environ.setdefault("ODOGRAPH_BIN", str(REPOSITORY / "build/release/bin"))
    # Not in /tmp, which may be memory: bytes to disk are counted.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=REPOSITORY / "build") as directory:
        sections = measure(Path(directory), Size(arguments.quick, arguments.whole_drain), arguments.only)
    about = machine() | {"quick": arguments.quick}
    print(table.render(sections))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(table.document(sections, about), indent=2) + "\n")
    print(f"\nfigures: {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
