"""What the programs say to a mistyped command line, and to a configuration that is unsound or does nothing."""

import re

import pytest

from tests.support.programs import REPOSITORY, program, run

NO_PACE = "expected 0.001 to 1000000, found {} (--as-fast-as-possible is without any pace)"
PROGRAMS = ["odograph-agent", "odograph-fleet", "odograph-lambda", "odograph-sim"]


def test_only_programs_for_people_are_built_into_bin(tmp_path):
    # What ninja would put there now, not what an earlier build left; and the same of what is shipped and measured.
    run(["cmake", "--preset", "release", "-B", tmp_path], cwd=REPOSITORY, deadline_s=120)
    for tree in (program(PROGRAMS[0]).parents[1], tmp_path):
        ninja = (tree / "build.ninja").read_text()
        assert sorted(re.findall(r"^build bin/([^ :]+):", ninja, re.MULTILINE)) == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_has_a_version_and_helps(name):
    assert run([program(name), "--version"]).stdout.count(".") == 2
    assert "--version" in run([program(name), "--help"]).stdout


@pytest.mark.parametrize("words, told", [
    (["odograph-agent", "satus"], "odograph-agent: unknown command 'satus', did you mean 'status'?"),
    (["odograph-fleet", "topics", "creat"], "odograph-fleet topics: unknown command 'creat', did you mean 'create'?"),
    (["odograph-sim", "brokr"], "odograph-sim: unknown command 'brokr', did you mean 'broker'?"),
    (["odograph-agent", "run", "--confg", "x"],
     "odograph-agent run: unknown option '--confg', did you mean '--config'?"),
    (["odograph-sim", "drive", "--sed", "3"], "odograph-sim drive: unknown option '--sed', did you mean '--seed'?"),
    (["odograph-fleet"], "odograph-fleet: a command is missing"),
    (["odograph-agent", "replay", "x", "--speed", "0"],
     f"odograph-agent replay: --speed: {NO_PACE.format(0)}"),
    (["odograph-agent", "replay", "x", "--speed", "abc"],
     f"odograph-agent replay: --speed: {NO_PACE.format('abc')}"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_mistyped_command_line_is_named_with_the_nearest_and_ends_with_2(words, told):
    done = run([program(words[0]), *words[1:]], expect=2)
    assert done.stderr.splitlines()[0] == told
    assert done.stdout == ""


def test_all_mistakes_of_a_configuration_are_told_at_once_with_their_lines(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text('[vehicle]\nspeed_limt = 80\n[kafka]\nbrokers = ["a:1", "host:"]\nsecurity = "tls"\n'
                    'ca_file = "/nowhere"\ncert_file = "/nowhere"\n[track]\nhdop_warn = 20\nhdop_bad = 10\n')
    done = run([program("odograph-agent"), "check-config", "--config", file], expect=1)
    told = [line.removeprefix(f"odograph-agent: {file}:") for line in done.stderr.splitlines()]
    assert [line.split(": ")[:2] for line in told] == [
        ["1:2", "vehicle.id"], ["2:1", "vehicle.speed_limt"], ["4:19", "kafka.brokers[1]"], ["6:1", "kafka.ca_file"],
        ["7:1", "kafka.cert_file"], ["7:1", "kafka.cert_file"], ["10:1", "track.hdop_bad"]]
    assert "did you mean `rules.speed_limit_kmh`?" in told[1]


def test_a_sound_configuration_is_told_in_words_and_one_without_a_source_with_a_warning():
    done = run([program("odograph-agent"), "check-config", "--set", "vehicle.id=t"])
    assert "warning: no source is configured" in done.stderr
    assert done.stdout.startswith("The configuration is sound: t would read nothing, keep up to 256MiB in ")
    done = run([program("odograph-fleet"), "check-config"])
    assert "would join group odograph-process at 127.0.0.1:9092" in done.stdout
