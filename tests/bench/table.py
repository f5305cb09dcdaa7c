"""The figures of a run: as a table for people, as a JSON document for programs."""

import textwrap
from dataclasses import asdict, dataclass, field

_WIDTH = 118
_NOTE_INDENT = "    "


@dataclass(frozen=True)
class Against:
    """What a figure is held against, measured in the same run."""
    what: str
    value: float
    ratio: float  # How many times, as `word` says.
    word: str  # "of", "less than", ...
    goal: str = ""  # What the ratio, or the figure itself, should be.


@dataclass(frozen=True)
class Row:
    what: str
    value: float
    unit: str
    against: list[Against] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    title: str
    note: str  # How it was measured.
    rows: list[Row]


def of(row_value: float, what: str, value: float, goal: str = "") -> Against:
    return Against(what, value, row_value / value, "x", goal)


def less_than(row_value: float, what: str, value: float, goal: str = "") -> Against:
    return Against(what, value, value / row_value, "x less than", goal)


def number(value: float) -> str:
    """Three digits that count, whole thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _against_text(against: Against, unit: str) -> str:
    text = f"{number(against.ratio)} {against.word} {against.what} ({number(against.value)} {unit})"
    return f"{text}; goal {against.goal}" if against.goal else text


def render(sections: list[Section]) -> str:
    rows = [row for section in sections for row in section.rows]
    what = max((len(row.what) for row in rows), default=0)
    unit = max((len(row.unit) for row in rows), default=0)
    lines = []
    for section in sections:
        lines += ["", section.title]
        lines += textwrap.wrap(section.note, _WIDTH, initial_indent=_NOTE_INDENT, subsequent_indent=_NOTE_INDENT)
        for row in section.rows:
            first = f"  {row.what:<{what}}  {number(row.value):>8} {row.unit:<{unit}}  "
            told = [_against_text(one, row.unit) for one in row.against] or [""]
            lines += [(first + told[0]).rstrip()] + [" " * len(first) + text for text in told[1:]]
    return "\n".join(lines[1:])


def document(sections: list[Section], about: dict) -> dict:
    return about | {"sections": [asdict(section) for section in sections]}
