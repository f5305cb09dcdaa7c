"""Long runs by hand, for docs/durability.md: what they found stands in `long-NAME.json` beside the figures of CI.

    ./dev powercut --cuts 100000 --weather rough --seed 100001 --figures build/dev/durability/long-rough.json
    ./dev crashtest --kills 1000 --write build/dev/durability/long-kills.json
"""

import re

_HEAD = "| run by hand | found |\n|---|---|"
_ROW = re.compile(r"\| `\./dev (?:powercut|crashtest)(?: --[a-z-]+(?: [\w,]+)?)+` \| [\d,]+ (?:cuts|kills)\b.*(?:no "
                  r"promise broken|\b0 lost, 0 missing, 0 altered, 0 twice, 0 reordered, 0 unexplained, "
                  r"0 misreported\b.*) \|")
_COUNTS = ("lost", "missing", "altered", "twice", "reordered", "unexplained", "misreported")


def render(runs: dict[str, dict]) -> str:
    """The table; empty without such runs."""
    rows = [_kills(run) if "verdict" in run else _cuts(run)
            for name, run in sorted(runs.items()) if name.startswith("long-")]
    return "\n".join([_HEAD, *rows]) if rows else ""


def is_table(text: str) -> bool:
    rows = text.split("\n")[2:]
    return text.startswith(_HEAD) and bool(rows) and all(_ROW.fullmatch(row) for row in rows)


def _cuts(run: dict) -> str:
    found = "**a promise broken**" if run["broken"] else "no promise broken"
    return (f"| `./dev powercut --weather {run['weather']} --cuts {run['cuts']} --seed {run['first_seed']} "
            f"--page {run['page']}` | {run['cuts']:,} cuts, {run['cuts_in_recovery']:,} of them in recovery, seeds up "
            f"to {run['last_seed']}, {run['commits']:,} commits, {run['io_errors']:,} I/O errors: {found} |")


def _kills(run: dict) -> str:
    """A live feed's alerts are not compared: its fixes step faster than its clock."""
    wanted, counts, phases = run["wanted"], run["verdict"], run["phases"]
    way = " --live" if run["feed"] == "live" else ""
    where = ", ".join(f"{count:,} {phase}" for phase, count in phases.items() if count)
    alerts = f", {run['alerts']} of {run['alerts_expected']} alerts" if run["alerts_expected"] else ""
    return (f"| `./dev crashtest{way} --kills {wanted['kills']} --seed {wanted['seed']} --feeding-ms "
            f"{wanted['feeding_s'] * 1000:.0f}` | {sum(phases.values()):,} kills ({where}), {wanted['records']:,} "
            f"records: {', '.join(f'{counts[what]} {what}' for what in _COUNTS)}{alerts}; {run['reported']:,} had "
            f"been reported durable, {run['arrived']:,} arrived, {counts['repeated']:,} times one came again |")
