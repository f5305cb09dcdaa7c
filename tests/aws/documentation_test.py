"""docs/msk.md shows what the program says: its commands are run again, and its table of names is tried."""

import os
import re
import shlex
import subprocess

import pytest

from tests.support.programs import REPOSITORY, program

PAGE = (REPOSITORY / "docs/msk.md").read_text()
BLOCKS = [block for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
EXAMPLES = [example.partition("\n") for block in BLOCKS for example in re.split(r"\n(?=\$ )", block.strip())]
NAMES = re.findall(r"^\| (`[^|]+\..*) \| (.+) \|$", PAGE.partition("## Region and host")[2], re.MULTILINE)
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
               "AWS_SESSION_TOKEN": "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
               "AWS_CREDENTIAL_EXPIRATION": "2036-03-01T00:10:00Z"}


def said(words: list[str], folder) -> str:
    # A configuration of its own, so that whatever the machine has is left alone.
    (folder / "agent.toml").write_text('log.level = "info"\n')
    return subprocess.run([program("odograph-agent"), *words, "--config", folder / "agent.toml"], text=True, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **ENVIRONMENT}).stdout


def without_what_changes(text: str) -> str:
    """With each version the user agent, and with each commit the build date."""
    return re.sub(r"built \(.*\)", "built", re.sub(r"\d+ characters", "characters", text)).strip()


@pytest.mark.parametrize(("command", "_", "expected"), EXAMPLES)
def test_the_page_shows_what_the_program_says(command, _, expected, tmp_path):
    words = shlex.split(command)
    assert words[:2] == ["$", "odograph-agent"]
    assert without_what_changes(said(words[2:], tmp_path)) == without_what_changes(expected)


@pytest.mark.parametrize(("names", "region"), NAMES)
def test_the_page_names_the_regions_that_the_program_reads(names, region, tmp_path):
    for name in re.findall(r"`([^`]+)`", names):
        told = said(["token", "--host", name, "--at", "2036-02-29T12:00:00Z"], tmp_path)
        if region.startswith("none"):
            assert "no AWS region in the broker's name" in told
        else:
            assert told.startswith(f"region    {region.strip('`')}, from the name of {name}\n")


def test_the_page_has_them():
    assert len(EXAMPLES) == 5
    assert len(NAMES) == 10
