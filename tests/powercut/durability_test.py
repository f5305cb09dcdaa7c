"""docs/durability.md cannot say another number than the runs found."""

import pytest

from tests.powercut import long_runs, other_runs
from tests.powercut.durability import CONTROLS, CRASH_COUNTS, WEATHERS, Missing, check, load, put_in, render
from tests.powercut.durability import PAGE as DURABILITY
from tests.support.programs import REPOSITORY
from tests.vm import figures as vm

LONG = {"long-rough": {"weather": "rough", "page": 4096, "broken": False, "first_seed": 7, "last_seed": 9_000,
                       "cuts": 25_003, "cuts_in_recovery": 9, "commits": 80_000, "io_errors": 1_234},
        "long-kills": {"wanted": {"kills": 100, "seed": 3, "records": 300_000, "feeding_s": 0.15}, "feed": "replay",
                       "phases": {"before the first commit": 60, "while records were fed": 42}, "alerts": 333,
                       "alerts_expected": 333, "reported": 299_000, "arrived": 300_750,
                       "verdict": {"repeated": 0, "misreported": 0, **{what: 0 for what in CRASH_COUNTS}}}}
LONG["long-live"] = {**LONG["long-kills"], "feed": "live", "alerts": 0, "alerts_expected": 0}


def with_parts(page: str, parts: dict[str, str]) -> str:
    return page + "".join(f"<!-- made by ./dev durability: {name} -->\n{text}\n<!-- end of what is made -->\n"
                          for name, text in parts.items())


PAGE = with_parts("""# What is durable
<!-- made by ./dev durability: runs -->
<!-- end of what is made -->
Words.
<!-- made by ./dev durability: crash -->
In each CI run: 20 kills.
<!-- end of what is made -->
<!-- made by ./dev durability: controls -->
<!-- end of what is made -->
""", vm.render(vm.sample()) | other_runs.render(other_runs.sample()) | {"long": long_runs.render(LONG)})


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


def test_the_contract_stands_in_the_header_as_it_is_published():
    def words(text, mark):
        return " ".join(line.removeprefix(mark).strip() for line in text.splitlines() if line.startswith(mark)).split()
    page = words(DURABILITY.read_text().partition("## The contract")[2].partition("\n\nWith")[0], ">")
    header = words((REPOSITORY / "agent/outbox/outbox.h").read_text(), "///")
    assert len(page) > 100 and " ".join(page) in " ".join(header)


def of_guest(**scenes) -> dict:
    """A run in the guest with other numbers than the sample's, which is what a page says."""
    run = vm.sample()
    return {"seconds": 8, "scenes": {name: {**one, **scenes.get(name, {})} for name, one in run["scenes"].items()}}


@pytest.mark.parametrize("scenes", [
    {}, {"kept": {"writes": 1_974, "records": 365_195}, "lies": {"gap": 3, "lies": 1_200}},
    {"failing": {"states": "ok recovering degraded_ram ok"}, "unflushed": {"broken": 54}},
    {"lying": {"durable": "26/56/1491", "end": "13/23/192"}}])
def test_a_run_in_the_guest_is_put_in_and_another_one_is_of_its_kind(scenes):
    page = put_in(PAGE, render(runs() | {"vm": of_guest(**scenes)}))
    assert "three processes of 8 s" in page
    assert check(page, runs())[0] == check(page, runs() | {"vm": vm.sample()})[0] == 0


def test_a_guest_whose_lying_disk_left_no_file_is_of_that_kind_too():
    run = vm.sample()
    run["scenes"]["lying"] = {"new": "the file was replaced"}
    assert check(put_in(PAGE, render(runs() | {"vm": run})), runs())[0] == 0


@pytest.mark.parametrize("old, new", [
    ("1 writes, 1 flushes", "1 writes, flushes"), ("no promise broken |\n| control", "**2 broken** |\n| control"),
    ("0 of 2 states broken", "some states broken"), ("| a tail, as the next boot record tells | 0 |\n", ""),
    ("drops 0, and would", "drops none, and would"), ("./dev durability: vm -->", "./dev durability: guest -->"),
    ("none refused: 1 on tmpfs", "none refused: some on tmpfs"),
    ("| a page of zeros | 1 | 1.00 %", "| zeros | 1 | 1.00 %"),
    ("25,003 cuts", "many cuts"), ("1,234 I/O errors: no promise broken", "1,234 I/O errors: **a promise broken**"),
    ("300,000 records: 0 lost", "300,000 records: 3 lost"), ("102 kills (60", "kills (60"),
    (long_runs.render({"long-kills": LONG["long-kills"]}).split("\n")[2], "")])
def test_what_differs_from_run_to_run_has_to_have_its_numbers(old, new):
    page = put_in(PAGE, render(runs()))
    assert old in page
    assert check(page.replace(old, new, 1), runs())[0] == 1


def test_rot_and_full_disks_are_put_in():
    rot = {"chunks": "1608", "bytes": "6201344", "trials": "15", "mean": "99.941957", "least": "99.937811",
           "scan_mean": "81.003317", "scan_least": "0.000000"}
    found = other_runs.sample() | {"fulldisk-tmpfs": {"commits": 5_438}}
    for test in found["rot"]["testsuites"][0]["testsuite"]:
        test.update(rot)
    page = put_in(PAGE, render(runs() | found))
    assert "1,608 chunks in 6.2 MB" in page and "none refused: 5,438 on tmpfs and 1 on ext4." in page
    assert "| a page of zeros | 15 | 99.94 % | 99.94 % | 81.00 % | 0.00 % |" in page
    assert check(page, runs())[0] == 0


@pytest.mark.parametrize("gone", [f"fulldisk-{kind}" for kind in other_runs.FILE_SYSTEMS])
def test_a_full_disk_that_was_not_tried_leaves_the_page_as_it_is(gone):
    found = {name: run for name, run in other_runs.sample().items() if name != gone}
    assert "full" not in other_runs.render(found) and "rot" in other_runs.render(found)


SAID = {
    "kept": "log: 974 writes, 579 flushes, 60 FUA, 13 marks\nstates: 995 between flushes, 644 within one; "
            "365195 records read; 0 broken",
    "lies": "boots undone: 2 aimed at, 7 by other lies; of the new boots' 36 records the fleet drops 0, and would 31 "
            "without nonces\nlies: 60: nothing missing 30, a tail missing 20, a gap 1, a boot's number given twice 7, "
            "damaged and at work 1, file replaced 1, file system beyond repair 0",
    "lying": "lying disk: opens, 88 records; reported durable 26/56/491, told as the end 13/23/192",
    "failing": "failing disk: states ok recovering ok; 900 records"}


def test_what_the_check_in_the_guest_prints_is_read():
    found = {name: vm.of_scene(name, said) for name, said in SAID.items()}
    assert found["kept"]["within"] == 644 and found["lies"]["without"] == 31 and found["lies"]["twice"] == 7
    assert found["lying"] == {"durable": "26/56/491", "end": "13/23/192"}
    assert found["failing"] == {"states": "ok recovering ok", "records": 900}
    assert vm.of_scene("lying", "lying disk: the file was replaced, the stream is a new one; ") == {
        "new": "the file was replaced"}


@pytest.mark.parametrize("name", SAID)
def test_a_number_that_it_did_not_print_is_an_error(name):
    with pytest.raises(vm.Unsaid, match=name):
        vm.of_scene(name, SAID[name].replace(": ", ": ?", 1))


def test_a_run_without_figures_is_an_error(tmp_path):
    (tmp_path / "crash.json").write_text("{}")
    with pytest.raises(Missing, match="no figures of fair-4096"):
        check(PAGE, load(tmp_path))
