"""What the scenes showed, as numbers, and from them the parts of docs/durability.md (tests/powercut/durability.py)."""

import json
import re
from pathlib import Path

_STATES = (r"states: (?P<between>\d+) between flushes, (?P<within>\d+) within one; "
           r"(?P<records>\d+) records read; (?P<broken>\d+) broken")
_TOLD = r"reported durable (?P<durable>\d+/\d+/\d+), told as the end (?P<end>\d+/\d+/\d+)"
_LINES = {
    "kept": [r"log: (?P<writes>\d+) writes, (?P<flushes>\d+) flushes, (?P<fua>\d+) FUA", _STATES],
    "told after": [_STATES],
    "unflushed": [_STATES],
    "nobarrier": [_STATES],
    "lies": [r"boots undone: (?P<aimed>\d+) aimed at, (?P<reused>\d+) by other lies; of the new boots' "
             r"(?P<new>\d+) records the fleet drops (?P<dropped>\d+), and would (?P<without>\d+) without nonces",
             r"lies: (?P<lies>\d+): nothing missing (?P<none>\d+), a tail missing (?P<tail>\d+), a gap (?P<gap>\d+), "
             r"a boot's number given twice (?P<twice>\d+), damaged and at work (?P<damaged>\d+), "
             r"file replaced (?P<replaced>\d+), file system beyond repair (?P<beyond>\d+)"],
    "lying": [rf"lying disk: (?:opens, \d+ records; {_TOLD}|(?P<new>the file was replaced))"],
    "failing": [r"failing disk: states (?P<states>\w+(?: \w+)*); (?P<records>\d+) records"],
}
SCENES = tuple(_LINES)
_COSTS = {
    "none": "nothing",
    "tail": "a tail, as the next boot record tells",
    "gap": "numbers below the end that was told: a gap that nothing explains",
    "twice": "a whole boot, whose number was given again in the same stream",
    "damaged": "integrity of the file, unnoticed so far",
    "replaced": "the file: put aside, a new stream",
    "beyond": "the file system, beyond what e2fsck mends",
}


class Unsaid(Exception):
    """The check did not print what is wanted of a scene."""


def of_scene(name: str, said: str) -> dict:
    """The numbers in what vm_check printed for `name` (of SCENES); raises Unsaid if one is missing."""
    found = {}
    for line in _LINES[name]:
        match = re.search(line, said)
        if not match:
            raise Unsaid(f"{name}: no line like '{line}' in: {said[-500:]}")
        found |= {key: int(text) if text.isdigit() else text for key, text in match.groupdict().items() if text}
    return found


def write(path: Path, seconds: int, scenes: dict[str, dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"seconds": seconds, "scenes": scenes}, indent=1) + "\n")


def render(run: dict) -> dict[str, str]:
    """The text of each part of the page, by the name in its marker."""
    return {"vm": _scenes_table(run["seconds"], run["scenes"]), "lies": _lies_table(run["scenes"]["lies"])}


def _scenes_table(seconds: int, scenes: dict[str, dict]) -> str:
    kept = scenes["kept"]
    verdict = "no promise broken" if kept["broken"] == 0 else f"**{kept['broken']:,} broken**"
    lying = scenes["lying"]
    if "durable" in lying:
        (alerts, events, bulk), ends = lying["durable"].split("/"), lying["end"].split("/")
        told = (f"opens; reported durable were {alerts} alerts, {events} events and {bulk} bulk records, the boot "
                f"record tells {ends[0]}, {ends[1]} and {ends[2]} as the end")
    else:
        told = "the file is replaced, and the stream is a new one"
    states = ", ".join(f"`{state}`" for state in scenes["failing"]["states"].split())
    rows = [
        ("every write logged by dm-log-writes",
         f"{kept['writes']:,} writes, {kept['flushes']:,} flushes, {kept['fua']:,} FUA; {kept['between']:,} states "
         f"between flushes and {kept['within']:,} within one, {kept['records']:,} records read: {verdict}"),
        ("control: taken as reported one commit earlier", _broken(scenes["told after"])),
        ("control: `synchronous=OFF`", _broken(scenes["unflushed"])),
        ("control: ext4 with `barrier=0`", _broken(scenes["nobarrier"])),
        ("a disk that drops every write (dm-flakey) until the power goes", told),
        ("a disk that refuses every write for some seconds, ext4 read-only by that",
         f"{states} in one process; {scenes['failing']['records']:,} records, nothing lost"),
    ]
    return "\n".join([f"One run, three processes of {seconds} s:", "", "| scene | seen |", "|---|---|",
                      *(f"| {name} | {seen} |" for name, seen in rows)])


def _broken(scene: dict) -> str:
    return f"{scene['broken']:,} of {scene['between'] + scene['within']:,} states broken"


def _lies_table(lies: dict) -> str:
    rows = [f"| {words} | {lies[cost]:,} |" for cost, words in _COSTS.items()]
    head = f"| what the lie cost of what had been reported | times of {lies['lies']:,} |"
    reused = (f"Boots whose number was given again: {lies['reused']:,} of these and {lies['aimed']:,} aimed at. Of the "
              f"new boots' {lies['new']:,} records the fleet drops {lies['dropped']:,}, and would drop "
              f"{lies['without']:,} without nonces.")
    return "\n".join([head, "|---|---|", *rows, "", reused])


def sample() -> dict:
    """A run with all that a part can tell: what the page says has to be of its kind."""
    numbers = {"between": 1, "within": 1, "records": 1, "broken": 0, "writes": 1, "flushes": 1, "fua": 1}
    lies = dict.fromkeys(["aimed", "reused", "new", "dropped", "without", "lies", *_COSTS], 0)
    return {"seconds": 1, "scenes": {
        **{name: numbers for name in ("kept", "told after", "unflushed", "nobarrier")}, "lies": lies,
        "lying": {"durable": "1/1/1", "end": "1/1/1"}, "failing": {"states": "ok", "records": 1}}}


def kind(text: str) -> str:
    """`text` with no number in it and no list of states: the same of every run of the guest, which is in real time."""
    text = re.sub(r"`\w+`(?:, `\w+`)+(?= in one process)|`ok`(?= in one process)", "STATES", text)
    text = text.replace("the file is replaced, and the stream is a new one", _without_numbers(_OPENS))
    return _without_numbers(text)


_OPENS = ("opens; reported durable were 1 alerts, 1 events and 1 bulk records, the boot record tells 1, 1 and 1 as the "
          "end")


def _without_numbers(text: str) -> str:
    return re.sub(r"\d(?:[\d,]*\d)?", "#", text)
