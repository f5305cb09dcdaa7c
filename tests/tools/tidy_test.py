"""clang-tidy's remembered verdicts hold exactly as long as nothing they rest on changes."""

import json
from pathlib import Path

import pytest

from tests.tools.tidy import Sources, main, our_sources, stamp


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "lib/a.cpp": '#include "lib/a.h"\n#include <vector>\n',
        "lib/a.h": '#include "lib/deep.h"\n#include "gen.h"\n',
        "lib/deep.h": '#include "lib/a.h"\nint deep;\n',  # A circle must not hang it.
        "lib/other.h": "int other;\n",
        "generated/gen.h": "int gen;\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def stamp_of(tree: Path, command: str = "g++ -c", settings: str = "checks") -> str:
    return stamp(tree / "lib/a.cpp", command, Sources([tree, tree / "generated"]), settings)


@pytest.mark.parametrize("name", ["lib/a.cpp", "lib/a.h", "lib/deep.h", "generated/gen.h"])
def test_a_change_below_makes_the_verdict_void(tree, name):
    before = stamp_of(tree)
    (tree / name).write_text((tree / name).read_text() + "int more;\n")
    assert stamp_of(tree) != before


def test_flags_and_checks_make_the_verdict_void(tree):
    assert len({stamp_of(tree), stamp_of(tree, command="g++ -DX -c"), stamp_of(tree, settings="fewer")}) == 3


def test_what_is_not_included_does_not_matter(tree):
    before = stamp_of(tree)
    (tree / "lib/other.h").write_text("int changed;\n")
    assert stamp_of(tree) == before


def compiled(tree: Path, *files: Path) -> Path:
    """A build folder that compiles these."""
    build = tree / "build"
    build.mkdir()
    commands = [{"directory": str(tree), "file": str(file), "command": "g++ -c"} for file in files]
    (build / "compile_commands.json").write_text(json.dumps(commands))
    return build


def test_a_run_that_finds_nothing_to_check_fails(tree, capsys):
    (tree / ".clang-tidy").write_text("Checks: bugprone-*\n")
    build = compiled(tree, Path("/elsewhere/lib/a.cpp"))
    assert main(["--root", str(tree), "--build", str(build)]) == 2
    assert "nothing was checked" in capsys.readouterr().err


def test_what_the_build_compiles_is_found(tree):
    assert our_sources(tree, compiled(tree, tree / "lib/a.cpp")) == {tree / "lib/a.cpp": "g++ -c"}
