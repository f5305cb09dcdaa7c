"""`./dev`: every command has its help, whatever it is asked with, and a mistyped one is named with the nearest."""

import re
import sys

import pytest

from tests.support.programs import REPOSITORY, run

DEV = REPOSITORY / "dev"
TEXTS = REPOSITORY / "docs/dev"
COMMANDS = re.search(r"^commands=\(([^)]*)\)$", DEV.read_text(), re.MULTILINE)[1].split()
# Those that hand their arguments to a program of ours, which has its own help.
MODULES = {"demo": ["-m", "simulator.demo"], "bench": ["-m", "tests.bench.bench"], "vmtest": ["-m", "tests.vm.vmtest"],
           "conformance": ["-m", "tests.conformance.conformance"], "crashtest": ["-m", "tests.crash.main"],
           "chaos": ["-m", "tests.chaos.main"],
           "kafka start": ["-m", "tests.kafka.kafka_server", "start"],
           "kafka stop": ["-m", "tests.kafka.kafka_server", "stop"]}


def dev(*words, expect: int = 0):
    return run([DEV, *words], expect=expect)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_asked_for_help_gives_it_and_does_nothing_else(command):
    text = (TEXTS / f"{command}.txt").read_text()
    for words in (("help", command), (command, "--help"), (command, "-h")):
        done = dev(*words)
        assert done.stdout.startswith(text)
        assert done.stderr == ""
    assert text.startswith("./dev COMMAND" if command == "help" else f"./dev {command}")
    assert re.search(rf"^  {command}\b", (TEXTS / "help.txt").read_text(), re.MULTILINE)


def test_every_text_is_of_a_command():
    assert sorted(path.stem for path in TEXTS.iterdir()) == sorted(COMMANDS)


@pytest.mark.parametrize("command", MODULES)
def test_the_help_names_every_option_of_the_program_behind_it(command):
    told = run([sys.executable, *MODULES[command], "--help"], cwd=REPOSITORY).stdout
    options = set(re.findall(r"--[a-z][a-z-]+", told)) - {"--help"}
    assert options, told
    text = (TEXTS / f"{command.split()[0]}.txt").read_text()
    assert [option for option in sorted(options) if option not in text] == []


def test_without_a_command_the_overview_is_shown():
    assert dev().stdout == dev("help").stdout == dev("--help").stdout == (TEXTS / "help.txt").read_text()


@pytest.mark.parametrize("words, told", [
    (("tset",), "dev: unknown command 'tset', did you mean 'test'?"),
    (("help", "kafak"), "dev: unknown command 'kafak', did you mean 'kafka'?"),
    (("frobnicate",), "dev: unknown command 'frobnicate'"),
])
def test_a_mistyped_command_is_named_with_the_nearest(words, told):
    assert dev(*words, expect=2).stderr.splitlines()[0] == told


@pytest.mark.parametrize("words, told", [
    (("build", "relase"), "dev: unknown preset 'relase'"),
    (("build", "dev", "release"), "dev: build: unexpected argument 'release'"),
    (("lint", "agent"), "dev: lint: unexpected argument 'agent'"),
    (("fuzz", "long"), "dev: fuzz: SECONDS is a whole number, not 'long'"),
    (("deps", "every"), "dev: unknown package group 'every'"),
])
def test_what_a_command_cannot_take_is_refused_before_anything_is_built(words, told):
    done = dev(*words, expect=1)
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command, code", [("stop", 0), ("status", 1)])
def test_where_no_kafka_runs_that_is_said(tmp_path, command, code):
    done = dev("kafka", command, "--dir", tmp_path / "kafka", expect=code)
    assert done.stdout.startswith("Apache Kafka does not run: nothing ")


def test_the_script_stays_short():
    assert len(DEV.read_text().splitlines()) < 350
