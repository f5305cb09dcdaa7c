"""Runs clang-tidy over our sources, several at once, and only where something changed since it was last content.

`python3 -m tests.tools.tidy --build BUILD` reads BUILD/compile_commands.json. A verdict is remembered under a hash of
all that it depends on: the source, the headers of ours that it includes (of theirs the package's version would have to
change), its compiler flags, .clang-tidy and the program's version. Only clean verdicts are remembered.

A plugin (own_scope.cpp) keeps the checks to our own declarations: a quarter of the time, and the same findings.
"""

import argparse
import concurrent.futures
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.style.tree import Tree

PROGRAM = "clang-tidy-14"
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
# GCC's warnings that clang does not know are no findings.
_ARGUMENTS = ("--quiet", "--extra-arg=-Wno-unknown-warning-option")
# A row of a test's table is an aggregate: what it does not name is zero, and that is what is meant.
_TEST_ARGUMENTS = ("--checks=-cppcoreguidelines-pro-type-member-init,-bugprone-unused-return-value",)
_FILE_S_MAX = 300
_PLUGIN = Path(__file__).with_name("own_scope.cpp")
_COMPILE = ("g++", "-std=c++17", "-O1", "-fno-rtti", "-fPIC", "-shared", "-isystem", "/usr/lib/llvm-14/include")


class Sources:
    """The text of our files, and what each of them includes of ours, directly or not."""

    def __init__(self, roots: list[Path]):
        self._roots = roots
        self._known: dict[Path, tuple[str, list[Path]]] = {}

    def closure(self, source: Path) -> list[Path]:
        seen, waiting = {source}, [source]
        while waiting:
            for header in self._read(waiting.pop())[1]:
                if header not in seen:
                    seen.add(header)
                    waiting.append(header)
        return sorted(seen)

    def text(self, path: Path) -> str:
        return self._read(path)[0]

    def _read(self, path: Path) -> tuple[str, list[Path]]:
        if path not in self._known:
            text = path.read_text(errors="replace")
            named = [root / name for name in _INCLUDE.findall(text) for root in self._roots]
            found = [path for path in named if path.is_file()]
            self._known[path] = text, found
        return self._known[path]


def our_sources(root: Path, build: Path) -> dict[Path, str]:
    """Source -> compiler command, for what git knows and the build compiles."""
    ours = {(root / one.path).resolve() for one in Tree(root).files if one.path.endswith(".cpp")}
    commands = json.loads((build / "compile_commands.json").read_text())
    found = {Path(one["file"]).resolve(): one["command"] for one in commands}
    return {path: found[path] for path in sorted(ours & found.keys())}


def stamp(source: Path, command: str, sources: Sources, settings: str) -> str:
    digest = hashlib.sha256(f"{settings}\0{command}".encode())
    for path in sources.closure(source):
        digest.update(f"\0{path}\0{sources.text(path)}".encode())
    return digest.hexdigest()


def own_scope(folder: Path) -> Path:
    """The compiled plugin, in `folder`; made where it is not there yet."""
    made = folder / f"own_scope-{hashlib.sha256(_PLUGIN.read_bytes()).hexdigest()[:16]}.so"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            fresh = Path(scratch) / made.name
            subprocess.run([*_COMPILE, _PLUGIN, "-o", fresh], check=True, timeout=_FILE_S_MAX)
            fresh.rename(made)
    return made


def tidy(source: Path, build: Path, plugin: Path) -> str:
    """Nothing, or what clang-tidy has to say."""
    more = _TEST_ARGUMENTS if source.name.endswith("_test.cpp") else ()
    done = subprocess.run([PROGRAM, f"-load={plugin}", "-p", build, *_ARGUMENTS, *more, source], capture_output=True,
                          text=True, timeout=_FILE_S_MAX)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="clang-tidy over our sources, where something changed")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args(words)
    root, build = arguments.root.resolve(), arguments.build.resolve()
    commands = our_sources(root, build)
    if not commands:
        print(f"clang-tidy: nothing was checked: {build}/compile_commands.json names no file of {root}",
              file=sys.stderr)
        return 2
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    settings = version + (root / ".clang-tidy").read_text() + " ".join(_ARGUMENTS + _TEST_ARGUMENTS)
    sources = Sources([root, build / "generated"])
    stamps = {path: build / "tidy" / stamp(path, command, sources, settings) for path, command in commands.items()}
    changed = [path for path in stamps if not stamps[path].exists()]
    (build / "tidy").mkdir(exist_ok=True)
    plugin = own_scope(build / "tidy") if changed else None
    begun, bad = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for path, said in zip(changed, pool.map(lambda one: tidy(one, build, plugin), changed)):
            if said:
                bad += 1
                print(said)
            else:
                stamps[path].touch()
    print(f"clang-tidy: {len(commands)} files, {len(changed)} looked at in {time.monotonic() - begun:.0f} s, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
