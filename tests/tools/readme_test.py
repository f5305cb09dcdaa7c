"""README.md: what it tells people to type is what the programs take."""

import re

import pytest

from tests.support.programs import REPOSITORY, program, run

_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [(match["kind"], match["text"]) for match in _BLOCK.finditer((REPOSITORY / "README.md").read_text())]
COMMANDS = [part.strip().rstrip("&").strip()
            for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() for part in line.split("|")]


def ours(prefix: str) -> list[str]:
    return [command for command in COMMANDS if command.startswith(prefix)]


@pytest.mark.parametrize("command", ours("odograph-"))
def test_a_command_has_the_subcommands_and_options_that_it_is_given(command):
    words = command.split()
    # What stands before the first option or file are subcommands, which is what --help then is about.
    subcommands = [word for word in words[1:3] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]
    told = run([program(words[0]), *subcommands, "--help"]).stdout
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", told), told


@pytest.mark.parametrize("command", ours("./dev"))
def test_every_command_of_dev_is_one(command):
    assert (REPOSITORY / f"docs/dev/{command.split()[1]}.txt").exists()


def test_the_configuration_is_sound(tmp_path):
    [text] = [text for kind, text in BLOCKS if kind == "toml"]
    (tmp_path / "agent.toml").write_text(text)
    done = run([program("odograph-agent"), "check-config", "--config", tmp_path / "agent.toml"])
    assert "truck-17 would read gps (nmea, gps/vehicle-1)" in done.stdout
    assert done.stderr == ""


def test_the_programs_are_called_as_they_are_built():
    assert {command.split()[0] for command in ours("odograph-")} == {"odograph-agent", "odograph-fleet", "odograph-sim"}
