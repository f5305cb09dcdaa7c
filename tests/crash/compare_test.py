"""The comparator finds each thing that a crash could do to the records, and nothing in what is sound."""

import pytest

from tests.crash.compare import Loss, Range, Row, compare

FED = [f"record {i}" for i in range(6)]


def bulk(n: int, content: str | None = None, boot: int = 1) -> Row:
    return Row("s", "bulk", boot, n, FED[n - 1] if content is None else content, f"t{n}")


def reported(first: int, last: int, boot: int = 1, time: str | None = None) -> Range:
    return Range("s", "bulk", boot, first, last, time)


ALL = [bulk(n) for n in range(1, 7)]
BOOT = Row("s", "event", 1, 1)
SOUND = [reported(1, 4, time="t4"), reported(5, 6, time="t6")]
TWO_BOOTS = [bulk(1), bulk(2), *(Row("s", "bulk", 2, n - 2, FED[n - 1], f"t{n}") for n in range(3, 7))]


@pytest.mark.parametrize("name, report, rows, losses, expected", [
    ("everything once", SOUND, [BOOT, *ALL], [], {}),
    ("two boots, the end of the first not reported", [reported(1, 1), reported(1, 4, 2)], TWO_BOOTS, [], {}),
    ("all sent again", SOUND, ALL + ALL, [], {"repeated": 6}),
    ("one sent again later", SOUND, [*ALL, bulk(2)], [], {"repeated": 1}),
    ("the last one lost", SOUND, ALL[:5], [], {"lost": 1, "missing": 1}),
    ("the last one lost, and never reported", SOUND[:1], ALL[:5], [], {"missing": 1}),
    ("one in the middle lost", SOUND, [row for row in ALL if row.n != 3], [],
     {"lost": 1, "missing": 1, "unexplained": 1}),
    ("one in the middle lost, and told", SOUND, [row for row in ALL if row.n != 3], [Loss("s", "bulk", 1, 3, 3)],
     {"missing": 1}),
    ("a record of the outbox's own lost", [Range("s", "event", 1, 1, 1), *SOUND], ALL, [], {"lost": 1}),
    ("one altered", SOUND, [*ALL[:3], bulk(4, "record 4, one bit of it"), *ALL[4:]], [], {"altered": 1, "missing": 1}),
    ("one altered when it is sent again", SOUND, [*ALL, bulk(6, "record 6, one bit of it")], [], {"altered": 1}),
    ("two exchanged under their numbers", SOUND, [*ALL[:2], bulk(3, FED[3]), bulk(4, FED[2]), *ALL[4:]], [],
     {"reordered": 1}),
    ("two arrived in the other order", SOUND, [*ALL[:2], bulk(4), bulk(3), *ALL[4:]], [], {"reordered": 2}),
    ("a boot before an earlier one", [], [*TWO_BOOTS[2:], *TWO_BOOTS[:2]], [], {"reordered": 4}),
    ("one stored twice", SOUND, [*ALL, Row("s", "bulk", 1, 7, FED[5], "t6")], [], {"twice": 1}),
    ("reported before the commit", [*SOUND, reported(7, 9)], ALL, [], {"lost": 3}),
    ("a report that leaves one out", [reported(1, 3), reported(5, 6)], ALL, [], {"misreported": 1}),
    ("a report with another record's time", [reported(1, 6, time="t5")], ALL, [], {"misreported": 1}),
    ("of another stream", SOUND, [row._replace(stream="x") for row in ALL], [], {"lost": 6}),
])
def test_each_fault_is_found(name, report, rows, losses, expected):
    verdict = compare(FED, report, rows, losses)
    counts = {what: count for what, count in vars(verdict).items() if what != "examples" and count}
    assert counts == expected, verdict.examples
    assert verdict.is_broken() == bool(set(expected) - {"repeated"})


def test_examples_are_bounded():
    assert len(compare(FED, [], [], []).examples) == 5
