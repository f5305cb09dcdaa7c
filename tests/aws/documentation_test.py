"""docs/msk.md shows what the program says, and docs/credentials.md what it reads: both are tried."""

import json
import re
import shlex
import subprocess

import pytest

from tests.kafka.certificates import make_certificates
from tests.support.programs import REPOSITORY, program, run

PAGE = (REPOSITORY / "docs/msk.md").read_text()
BLOCKS = [block for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
EXAMPLES = [example.partition("\n") for block in BLOCKS for example in re.split(r"\n(?=\$ )", block.strip())]
NAMES = re.findall(r"^\| (`[^|]+\..*) \| (.+) \|$", PAGE.partition("## Region and host")[2], re.MULTILINE)
CREDENTIALS = {"Version": 1, "AccessKeyId": "ASIAEXAMPLE",
               "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
               "SessionToken": "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
               "Expiration": "2036-03-01T00:10:00Z"}
KEYS = (REPOSITORY / "docs/credentials.md").read_text()
CONFIGURATIONS = re.findall(r"^```toml\n(.*?)^```$", KEYS, re.MULTILINE | re.DOTALL)
SOURCE = '[[source]]\nname = "gps"\ndriver = "nmea"\ndevice = "/dev/gps"\n'


def said(words: list[str], folder) -> str:
    # A configuration of its own, so that whatever the machine has is left alone.
    (folder / "credentials.json").write_text(json.dumps(CREDENTIALS))
    (folder / "agent.toml").write_text(
        f'aws.credentials = "process"\naws.process_command = "cat {folder}/credentials.json"\n')
    return subprocess.run([program("odograph-agent"), *words, "--config", folder / "agent.toml"], text=True, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


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
    assert len(CONFIGURATIONS) == 4


def on_this_machine(text: str, folder) -> str:
    """With a device's certificate and key that are there."""
    own = make_certificates(folder / "certificates")
    for there, here in (("/etc/odograph/device.pem", own.client_cert), ("/etc/odograph/device.key", own.client_key)):
        text = text.replace(there, str(here))
    return text


def checked(name: str, text: str, folder, expect: int = 0) -> str:
    path = folder / "checked.toml"
    text = on_this_machine(text, folder)
    path.write_text(text + (SOURCE + '[vehicle]\nid = "truck-17"\n' if name == "odograph-agent" else ""))
    done = run([program(name), "check-config", "--config", path], expect=expect)
    assert expect or not done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["odograph-agent", "odograph-fleet"])
@pytest.mark.parametrize("text", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))
def test_what_the_page_configures_is_sound(text, name, tmp_path):
    assert "over TLS with an AWS identity" in checked(name, text, tmp_path)


@pytest.mark.parametrize("needed", ["iot_endpoint", "iot_role_alias", "iot_cert_file", "iot_key", "process_command"])
def test_without_a_key_that_its_provider_needs_it_is_not(needed, tmp_path):
    text = next(each for each in CONFIGURATIONS if needed in each)
    without = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(needed))
    assert without != text
    for name in ("odograph-agent", "odograph-fleet"):
        checked(name, without, tmp_path, expect=1)


def test_the_page_names_every_key_and_no_other():
    example = run([program("odograph-agent"), "example-config"]).stdout
    section = example.partition("\n[aws]\n")[2].partition("\n[")[0]
    known = {f"aws.{key}" for key in re.findall(r"^#? ?(\w+) = ", section, re.MULTILINE)}
    named = {key for key in re.findall(r"`(aws\.\w+)", KEYS)}
    assert known and known == named


@pytest.mark.parametrize("name", ["odograph-agent", "odograph-fleet"])
def test_a_region_that_is_not_the_brokers_is_a_warning(name, tmp_path):
    text = CONFIGURATIONS[0].replace('security = "tls_iam"', 'security = "tls_iam"\nregion = "eu-west-1"')
    path = tmp_path / "checked.toml"
    text = on_this_machine(text, tmp_path)
    path.write_text(text + (SOURCE + '[vehicle]\nid = "truck-17"\n' if name == "odograph-agent" else ""))
    done = run([program(name), "check-config", "--config", path])
    assert done.stderr.startswith(f"{name}: warning: the region is set to eu-west-1, but the broker ")
    assert done.stderr.count("\n") == 1 and "is sound" in done.stdout
