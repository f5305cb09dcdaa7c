"""Long runs by hand, for docs/durability.md: what they found stands in `long-NAME.json` beside the figures of CI.

    ./dev powercut --cuts 100000 --weather rough --seed 100001 --figures build/dev/durability/long-rough.json
    ./dev crashtest --kills 1000 --write build/dev/durability/long-kills.json
"""

import re

_HEAD = "| run by hand | found |\n|---|---|"
_ROW = re.compile(r"\| `\./dev (?:powercut|crashtest)(?: --[a-z]+ [\w,]+)+` \| [\d,]+ (?:cuts|kills), .*(?:no promise "
                  r"broken|\b0 lost, 0 missing, 0 altered\b.*) \|")


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
    return (f"| `./dev powercut --weather {run['weather']} --page {run['page']} --seed {run['first_seed']}` | "
            f"{run['cuts']:,} cuts, {run['cuts_in_recovery']:,} of them in recovery, seeds up to {run['last_seed']}, "
            f"{run['commits']:,} commits, {run['io_errors']:,} I/O errors: {found} |")


def _kills(run: dict) -> str:
    wanted, counts = run["wanted"], run["verdict"]
    counted = ("lost", "missing", "altered", "twice", "reordered", "unexplained")
    return (f"| `./dev crashtest --kills {wanted['kills']} --seed {wanted['seed']}` | {sum(run['phases'].values()):,} "
            f"kills, {wanted['records']:,} records: {', '.join(f'{counts[what]} {what}' for what in counted)} |")
