"""What was fed, what the agent said was durable, and what arrived: compared record by record."""

from dataclasses import dataclass, field
from typing import Hashable, NamedTuple

EXAMPLES_MAX = 5


class Range(NamedTuple):
    """A line of the commit report."""

    stream: str
    lane: str
    boot: int
    first_n: int
    last_n: int
    last_time: str | None = None


class Row(NamedTuple):
    """A record of raw-data-topic, in the order of the topic; `content` is None for the outbox's own records."""

    stream: str
    lane: str
    boot: int
    n: int
    content: Hashable | None = None
    time: str | None = None


class Loss(NamedTuple):
    """A loss record that arrived."""

    stream: str
    lane: str
    boot: int
    first_n: int
    last_n: int


@dataclass
class Verdict:
    """Numbers of records; everything but `repeated` is a broken promise."""

    lost: int = 0  # Reported durable, not arrived, and no loss record says so.
    missing: int = 0  # Fed, and under no number arrived.
    altered: int = 0  # Arrived with a content that was never fed, or with two contents under one number.
    twice: int = 0  # Fed once, arrived under two numbers.
    reordered: int = 0  # Arrived for the first time behind a later one of its lane, or a fed one out of turn.
    unexplained: int = 0  # Numbers that a lane of a boot left out without a loss record.
    misreported: int = 0  # The report leaves numbers out, or names another record's time.
    repeated: int = 0  # Arrived again, the same under the same number: at least once is what is promised.
    examples: list[str] = field(default_factory=list)

    def is_broken(self) -> bool:
        return bool(self.lost or self.missing or self.altered or self.twice or self.reordered or self.unexplained
                    or self.misreported)

    def found(self, what: str, example: object) -> None:
        setattr(self, what, getattr(self, what) + 1)
        if what != "repeated" and len(self.examples) < EXAMPLES_MAX:
            self.examples.append(f"{what}: {example}")


def compare(fed: list[Hashable], reported: list[Range], arrived: list[Row], losses: list[Loss]) -> Verdict:
    """`fed`: the contents of the bulk lane, each one different, in their order."""
    verdict = Verdict()
    first_rows = _first_arrivals(arrived, verdict)
    _check_order(first_rows, verdict)
    _check_contents(fed, first_rows, verdict)
    by_number = {(row.stream, row.lane, row.boot, row.n): row for row in first_rows}
    told = {(loss.stream, loss.lane, loss.boot, n) for loss in losses for n in range(loss.first_n, loss.last_n + 1)}
    _check_numbers(by_number, told, verdict)
    _check_report(reported, by_number, told, verdict)
    return verdict


def _first_arrivals(arrived: list[Row], verdict: Verdict) -> list[Row]:
    seen: dict[tuple, Row] = {}
    for row in arrived:
        before = seen.get(row[:4])
        if before is None:
            seen[row[:4]] = row
        else:
            verdict.found("repeated" if before == row else "altered", row)
    return list(seen.values())


def _check_order(first_rows: list[Row], verdict: Verdict) -> None:
    last: dict[tuple, tuple] = {}
    for row in first_rows:
        lane, place = (row.stream, row.lane), (row.boot, row.n)
        if place < last.get(lane, (0, 0)):
            verdict.found("reordered", row)
        else:
            last[lane] = place


def _check_contents(fed: list[Hashable], first_rows: list[Row], verdict: Verdict) -> None:
    place_of = {content: place for place, content in enumerate(fed)}
    seen: set[int] = set()
    highest = -1
    for row in first_rows:
        if row.lane != "bulk" or row.content is None:
            continue
        place = place_of.get(row.content)
        if place is None:
            verdict.found("altered", row)
        elif place in seen:
            verdict.found("twice", row)
        else:
            seen.add(place)
            if place < highest:
                verdict.found("reordered", row)
            highest = max(highest, place)
    for place, content in enumerate(fed):
        if place not in seen:
            verdict.found("missing", content)


def _check_numbers(by_number: dict[tuple, Row], told: set[tuple], verdict: Verdict) -> None:
    last: dict[tuple, int] = {}
    for *lane, n in by_number:
        last[tuple(lane)] = max(n, last.get(tuple(lane), 0))
    for lane, end in last.items():
        for n in range(1, end + 1):
            if (*lane, n) not in by_number and (*lane, n) not in told:
                verdict.found("unexplained", (*lane, n))


def _check_report(reported: list[Range], by_number: dict[tuple, Row], told: set[tuple], verdict: Verdict) -> None:
    last: dict[tuple, int] = {}
    for one in reported:
        lane = one[:3]
        if one.first_n != last.get(lane, 0) + 1:
            verdict.found("misreported", one)
        last[lane] = one.last_n
        for n in range(one.first_n, one.last_n + 1):
            if (*lane, n) not in by_number and (*lane, n) not in told:
                verdict.found("lost", (*lane, n))
        row = by_number.get((*lane, one.last_n))
        if one.last_time and row and row.content is not None and row.time != one.last_time:
            verdict.found("misreported", one)
