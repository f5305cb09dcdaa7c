"""The zip for AWS Lambda: it brings all that it needs, and runs where only it is."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.serverless.environment import Environment, batches
from tests.support.programs import REPOSITORY, program

PACKAGE = REPOSITORY / "packaging/aws/lambda/package.py"
NOISE = {"topic": "raw-data-topic", "partition": 1, "offset": 4, "timestamp": 1545084650987,
         "timestampType": "CREATE_TIME", "key": "dHJ1Y2stMTc=", "value": "bm9pc2U=", "headers": []}


def package(*words) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, PACKAGE, *map(str, words)], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("zip")
    (folder / "fleet.toml").write_text('[lambda]\nstate = "caller"\n')
    done = package("--program", program("odograph-lambda"), "--config", folder / "fleet.toml", "--out",
                   folder / "function.zip")
    assert done.returncode == 0, done.stderr
    return folder / "function.zip"


def unpacked(archive: Path, folder: Path) -> Path:
    """As Lambda does, modes included."""
    with zipfile.ZipFile(archive) as files:
        for entry in files.infolist():
            files.extract(entry, folder)
            (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    return folder


def test_runs_from_the_zip_alone(archive, tmp_path):
    task = unpacked(archive, tmp_path / "task")
    with Environment(command=[task / "bootstrap"], LAMBDA_TASK_ROOT=str(task)) as environment:
        (event,) = batches([NOISE], lambda: 1)
        assert len(environment.invoke(event)["dead_letters"]) == 1
        maps = Path(f"/proc/{environment.running.process.pid}/maps")
        loaded = {line.split()[-1] for line in maps.read_text().splitlines() if ".so" in line}
    assert len(loaded) > 10
    assert {path for path in loaded if not path.startswith(str(task))} == set()


def test_holds_what_is_needed_and_no_program_more(archive):
    with zipfile.ZipFile(archive) as files:
        names = files.namelist()
        loader = next(name for name in names if name.startswith("lib/ld-linux"))
        assert loader.encode() in files.read("bootstrap") and b"@" not in files.read("bootstrap")
    assert {name for name in names if not name.startswith("lib/")} == {"bootstrap", "odograph-lambda", "fleet.toml"}
    assert all(re.search(r"\.so(\.|$)", name) for name in names if name.startswith("lib/"))


def test_refuses_what_it_cannot_pack(tmp_path):
    (tmp_path / "text").write_text("no program")
    assert "text: " in package("--program", tmp_path / "text", "--out", tmp_path / "zip").stderr
    alone = package("--program", program("odograph-lambda"), "--root", tmp_path, "--out", tmp_path / "zip")
    assert alone.returncode == 1 and f"not in {tmp_path}/lib" in alone.stderr


def test_the_settings_of_the_mapping_are_json():
    mapping = json.loads((REPOSITORY / "packaging/aws/lambda/event-source-mapping.json").read_text())
    assert mapping["Topics"] == ["raw-data-topic"] and mapping["BatchSize"] <= 10_000
