"""docs/durability.md cannot say another number than the runs found."""

import pytest

from tests.powercut.durability import CONTROLS, CRASH_COUNTS, WEATHERS, Missing, check, load, put_in, render

PAGE = """# What is durable
<!-- made by ./dev durability: runs -->
<!-- end of what is made -->
Words.
<!-- made by ./dev durability: crash -->
In each CI run: 20 kills.
<!-- end of what is made -->
<!-- made by ./dev durability: controls -->
<!-- end of what is made -->
"""


def run(**more) -> dict:
    return {"sqlite": "3.40.1", "broken": False, "first_seed": 1, "last_seed": 500, "cuts": 3002, "commits": 30_000,
            "cuts_in_recovery": 700, "io_errors": 9, "read_errors": 0, "no_space": 5, "clock_jumps": 0, **more}


def runs() -> dict[str, dict]:
    made = {f"{weather}-{page}": run() for weather in WEATHERS for page in (512, 4096)}
    found = {f"{control}-{page}": run(broken=True, cuts=7, last_seed=3) for control in CONTROLS for page in (512, 4096)}
    return made | found


def test_a_page_that_was_made_from_the_runs_is_right():
    page = put_in(PAGE, render(runs()))
    assert "| fair weather | 3,002 cuts, seeds 1 to 500, no promise broken |" in page and "Words." in page
    assert "| `synchronous=OFF` | 7 cuts, seed 3 | 7 cuts, seed 3 |" in page
    assert check(page, runs()) == (0, "docs/durability.md says what the runs found")
    assert put_in(page, render(runs())) == page


def crash(lost=0) -> dict:
    counts = {what: 0 for what in CRASH_COUNTS} | {"lost": lost, "repeated": 7}
    return {"wanted": {"kills": 20, "seed": 1, "records": 300_000}, "verdict": counts, "took_s": 31.5}


def test_the_line_of_the_crash_test_is_compared_where_there_was_one():
    assert "20 kills.\n" in put_in(PAGE, render(runs()))
    page = put_in(PAGE, render(runs() | {"crash": crash()}))
    assert "20 kills, seed 1, 300,000 records: 0 lost, 0 missing, 0 altered" in page
    assert check(page, runs())[0] == check(page, runs() | {"crash": crash() | {"took_s": 99}})[0] == 0
    assert check(page, runs() | {"crash": crash(lost=1)})[0] == 1


@pytest.mark.parametrize("name, change, told", [
    ("more cuts", {"fair-512": run(cuts=3003)}, "+| fair weather | 3,003 cuts"),
    ("a promise broken", {"rough-4096": run(broken=True)}, "**a promise broken**"),
    ("a control found with another seed", {"sync-off-512": run(broken=True, cuts=9, last_seed=4)}, "9 cuts, seed 4"),
    ("a control that finds nothing", {"no-padding-4096": run()}, "**not found**"),
])
def test_any_other_number_is_an_error(name, change, told):
    code, words = check(put_in(PAGE, render(runs())), runs() | change)
    assert code == 1 and told in words and "'./dev durability' mends it" in words


def test_a_number_changed_by_hand_is_an_error():
    page = put_in(PAGE, render(runs())).replace("3,002 cuts", "30,002 cuts", 1)
    assert check(page, runs())[0] == 1


def test_a_page_that_was_never_made_is_an_error():
    assert check(PAGE, runs())[0] == 1


def test_seeds_of_another_sqlite_are_not_compared():
    page = put_in(PAGE, render(runs()))
    other = {name: {**one, "sqlite": "3.46.1"} for name, one in runs().items()}
    assert check(page, other)[0] == 77


@pytest.mark.parametrize("page", [PAGE.replace(": controls -->", ": other -->"), PAGE.split("Words")[0],
                                  PAGE.replace("<!-- end of what is made -->", "")])
def test_a_page_without_its_markers_is_an_error(page):
    with pytest.raises(ValueError):
        put_in(page, render(runs()))


def test_a_run_without_figures_is_an_error(tmp_path):
    (tmp_path / "crash.json").write_text("{}")
    with pytest.raises(Missing, match="no figures of fair-4096"):
        check(PAGE, load(tmp_path))
