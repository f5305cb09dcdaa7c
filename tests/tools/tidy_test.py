"""clang-tidy's remembered verdicts hold exactly as long as nothing they rest on changes."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.tidy import PROGRAM, Sources, main, our_sources, own_scope, stamp, tidy

ROOT = Path(__file__).resolve().parents[2]


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


# One line for each kind of check: syntax, flow, names, headers, templates; the last two are of the header's.
FAULTY = '''\
#include "faulty.h"
#include <string>
#include <vector>
using std::swap;
namespace odograph {
struct wrong_name { int value; };
int twice(std::vector<int> given) { int sum; for (unsigned i = 0; i < given.size(); ++i) sum += given[i]; return sum; }
int moved(std::string text) { std::string taken = std::move(text); return text.size() + taken.size(); }
bool empty(const std::string& text) { return text.size() == 0; }
typedef int Old;
int count(std::vector<int> given) { return static_cast<int>(given.size()); }
bool same(int one) { return one == one; }
int used() { return kept(std::vector<int>{1}); }
}  // namespace odograph
'''
HEADER = '''\
#pragma once
#include <cstddef>
int in_header(std::size_t one) { return static_cast<int>(one); }
template <typename T> int kept(const T& all) { return all.size() == 0 ? 0 : 1; }
'''


def findings(said: str) -> set[str]:
    return {f"{line}: {check}" for line, check in re.findall(r"(faulty\.\w+:\d+):\d+: error: .* \[([\w.-]+),", said)}


def test_the_plugin_takes_no_finding_away(tmp_path):
    source = tmp_path / "lib" / "faulty.cpp"
    source.parent.mkdir()
    source.write_text(FAULTY)
    source.with_name("faulty.h").write_text(HEADER)
    shutil.copy(ROOT / ".clang-tidy", tmp_path)
    command = {"directory": str(tmp_path), "file": str(source), "command": f"g++ -std=c++20 -c {source}"}
    (tmp_path / "compile_commands.json").write_text(json.dumps([command]))
    plain = subprocess.run([PROGRAM, "-p", tmp_path, "--quiet", source], capture_output=True, text=True, timeout=120)
    expected = findings(plain.stdout)
    assert {one.split()[1] for one in expected} >= {
        "bugprone-use-after-move", "cppcoreguidelines-init-variables", "misc-definitions-in-headers",
        "misc-redundant-expression", "misc-unused-using-decls", "modernize-loop-convert", "modernize-use-using",
        "performance-unnecessary-value-param", "readability-container-size-empty", "readability-identifier-naming"}
    assert findings(tidy(source, tmp_path, own_scope(tmp_path))) == expected
