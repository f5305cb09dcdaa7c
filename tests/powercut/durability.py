"""The tables of docs/durability.md between its markers, made from what the runs of CI found: `./dev durability`.

The runs of powercut are the same each time, so any other number is an error. The guest of `ctest -L vm` and long runs
by hand are not: of these it is one that the page lacks a number, or says something that such a run cannot have found.

    python3 -m tests.powercut.durability --write build/dev/durability    puts them in
    python3 -m tests.powercut.durability --check build/dev/durability    an error if the page says something else
"""

import argparse
import difflib
import json
import re
import sys
from pathlib import Path

from tests.powercut import long_runs, other_runs
from tests.support.programs import REPOSITORY
from tests.vm import figures as vm

PAGE = REPOSITORY / "docs/durability.md"
_BEGIN, _END = "<!-- made by ./dev durability: ", "<!-- end of what is made -->"
_NOT_COMPARABLE = 77  # What ctest's SKIP_RETURN_CODE stands at.
PAGES = (512, 4096)
WEATHERS = {"fair": "fair weather", "rough": "rough weather", "flushes": "weather in which flushes fail"}
# Parts that not every machine can run, or that take hours: without figures they stay as they are.
OPTIONAL = ("crash", "vm", "lies", "long", "rot", "full")
CRASH_COUNTS = ("lost", "missing", "altered", "twice", "reordered", "unexplained")
CONTROLS = {
    "sync-off": "`synchronous=OFF`",
    "sync-normal": "`synchronous=NORMAL`",
    "lying-sync": "a flush that does nothing",
    "no-padding": "`psow=1`, sectors garbled",
    "early-report": "reported before the commit",
    "names-unsafe": "directory not flushed",
    "reads-lie": "a failed read tells zeros (rough weather)",
    "cache-trusted": "cache believed after a failed flush (weather in which flushes fail)",
}


class Missing(Exception):
    """A run left no figures."""


def load(folder: Path) -> dict[str, dict]:
    """The runs by the name of their file."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def render(runs: dict[str, dict]) -> dict[str, str]:
    """The text of each part, by the name in its marker; without a crash test (no Kafka here) there is none of it."""
    parts = {"runs": _runs_table(runs), "controls": _controls_table(runs)}
    if "crash" in runs:
        parts["crash"] = _crash_line(runs["crash"])
    if "vm" in runs:
        parts |= vm.render(runs["vm"])
    if found := long_runs.render(runs):
        parts["long"] = found
    return parts | other_runs.render(runs)


def _crash_line(crash: dict) -> str:
    """Only what is the same in each run: a kill hits the machine at another moment each time."""
    wanted, counts = crash["wanted"], crash["verdict"]
    found = ", ".join(f"{counts[what]} {what}" for what in CRASH_COUNTS)
    return f"In each CI run: {wanted['kills']} kills, seed {wanted['seed']}, {wanted['records']:,} records: {found}."


def _run(runs: dict[str, dict], name: str) -> dict:
    if name not in runs:
        raise Missing(f"no figures of {name}: 'ctest -L powercut' writes them")
    return runs[name]


def _runs_table(runs: dict[str, dict]) -> str:
    lines = [f"SQLite {_run(runs, 'fair-4096')['sqlite']}.", "", "| in each CI run | pages of 512 | pages of 4096 |",
             "|---|---|---|"]
    for weather, words in WEATHERS.items():
        both = [_run(runs, f"{weather}-{page}") for page in PAGES]
        lines += [
            _row(words, both, lambda run: f"{run['cuts']:,} cuts, seeds {run['first_seed']} to "
                 f"{run['last_seed']}, " + ("**a promise broken**" if run["broken"] else "no promise broken")),
            _row("of the cuts in recovery", both, lambda run: f"{run['cuts_in_recovery']:,}"),
            _row("commits", both, lambda run: f"{run['commits']:,}"),
            _row("I/O errors; of these in reads; no space", both,
                 lambda run: f"{run['io_errors']:,}; {run['read_errors']:,}; {run['no_space']:,}"),
        ]
        if weather == "rough":
            lines.append(_row("clock jumps of a day to 20 years", both, lambda run: f"{run['clock_jumps']:,}"))
    return "\n".join(lines)


def _controls_table(runs: dict[str, dict]) -> str:
    lines = ["| broken on purpose | found with pages of 512 | with pages of 4096 |", "|---|---|---|"]
    for control, words in CONTROLS.items():
        found = [_found(runs, control, page) for page in PAGES]
        lines.append(f"| {words} | {' | '.join(found)} |")
    return "\n".join(lines)


def _found(runs: dict[str, dict], control: str, page: int) -> str:
    # With pages as large as the kernel's own it is too rare.
    if control == "cache-trusted" and page == 4096:
        return "not looked for in CI"
    run = _run(runs, f"{control}-{page}")
    if not run["broken"]:
        return "**not found**"
    cuts = "1 cut" if run["cuts"] == 1 else f"{run['cuts']} cuts"
    start = "" if run["first_seed"] == 1 else f" from seed {run['first_seed']}"
    return f"{cuts}{start}, seed {run['last_seed']}"


def _row(name: str, both: list[dict], words) -> str:
    return f"| {name} | {' | '.join(map(words, both))} |"


def put_in(page: str, parts: dict[str, str]) -> str:
    """`page` with `parts` between their markers; what is OPTIONAL stays as it is where it is not among them.

    Raises ValueError if a part has no marker, or a marker no part.
    """
    before, *rest = page.split(_BEGIN)
    text = [before]
    left = dict(parts)
    for piece in rest:
        name, closes, after = piece.partition(" -->")
        old, ends, after = after.partition(_END)
        if not closes or not ends or name not in {*OPTIONAL, *left}:
            raise ValueError(f"docs/durability.md: the marker '{name[:40]}' is wrong")
        text.append(f"{_BEGIN}{name} -->\n{left.pop(name, old.strip())}\n{_END}{after}")
    if left:
        raise ValueError(f"docs/durability.md: no marker for {', '.join(left)}")
    return "".join(text)


def not_of_its_kind(page: str) -> str:
    """Why a part that differs from run to run cannot be of one; empty if none is so."""
    pieces = [piece.partition(_END)[0].partition(" -->\n") for piece in page.split(_BEGIN)[1:]]
    said = {name: text.strip() for name, _, text in pieces}
    for name, text in (vm.render(vm.sample()) | other_runs.render(other_runs.sample())).items():
        if vm.kind(said.get(name, "")) != vm.kind(text):
            return f"docs/durability.md: '{name}' is not what its test finds; './dev durability' mends it"
    if not long_runs.is_table(said.get("long", "")):
        return "docs/durability.md: 'long' is no table of long runs; './dev durability' mends it"
    return ""


def check(page: str, runs: dict[str, dict]) -> tuple[int, str]:
    """Exit code and what to tell."""
    if why := not_of_its_kind(page):
        return 1, why
    sqlite = _run(runs, "fair-4096")["sqlite"]
    made_with = re.search(r"^SQLite (\d[\d.]*)\.$", page, re.MULTILINE)
    if made_with and made_with[1] != sqlite:
        return _NOT_COMPARABLE, f"the page was made with SQLite {made_with[1]}: the seeds of {sqlite} are others"
    same = {name: text for name, text in render(runs).items() if name in ("runs", "controls", "crash")}
    made = put_in(page, same)
    if made == page:
        return 0, "docs/durability.md says what the runs found"
    difference = difflib.unified_diff(page.splitlines(), made.splitlines(), "the page", "the runs", lineterm="", n=0)
    return 1, "\n".join([*difference, "docs/durability.md is not what the runs found; './dev durability' mends it"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FOLDER")
    what.add_argument("--check", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    try:
        runs = load(arguments.write or arguments.check)
        if arguments.write:
            PAGE.write_text(put_in(PAGE.read_text(), render(runs)))
            return 0
        code, words = check(PAGE.read_text(), runs)
    except (Missing, ValueError) as error:
        code, words = 1, str(error)
    print(words, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
