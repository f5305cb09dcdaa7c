"""What the style rules look at: the files of a tree, and C++ text with comments and strings blanked out."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# Numbers first, so that the quote in 1'000 opens nothing.
_TOKEN = re.compile(
    r"""(?P<number>\b\d(?:'?[\w.])*)|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<raw>R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)")|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.S)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
_SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__", "node_modules"}


@dataclass(frozen=True, order=True)
class Finding:
    """One break of one rule."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


class SourceFile:
    """One file; `path` is relative to the root, with forward slashes."""

    def __init__(self, root: Path, path: str):
        self.path = path
        self._full = root / path

    @cached_property
    def text(self) -> str:
        return self._full.read_text(encoding="utf-8", errors="replace")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code(self) -> str:
        """The text, line for line, without comments, without what stands in strings, without directives."""
        return _DIRECTIVE.sub(lambda m: _blank(m[0]), blank_comments_and_strings(self.text))

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    def is_cpp(self) -> bool:
        return self.path.endswith((".h", ".cpp"))

    def is_python(self) -> bool:
        return self.path.endswith(".py")

    def is_test(self) -> bool:
        return bool(re.search(r"_test\.(cpp|py)$", self.path))

    def is_text(self) -> bool:
        return "\0" not in self.text[:4096]


class Tree:
    """The files that git knows in `root`; without git, all but build products."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self.files = [SourceFile(self.root, path) for path in sorted(_list(self.root)) if (self.root / path).is_file()]

    @cached_property
    def paths(self) -> set[str]:
        return {one.path for one in self.files}


def blank_comments_and_strings(text: str) -> str:
    """Each character of a comment or inside a string becomes a space; lines and columns stay."""

    def replace(match: re.Match) -> str:
        if match["number"]:
            return match[0]
        if match["comment"]:
            return _blank(match[0])
        return '"' + _blank(match[0][1:-1]) + '"'

    return _TOKEN.sub(replace, text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _list(root: Path) -> list[str]:
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, text=True, check=True, timeout=60)
        return [path for path in listed.stdout.split("\0") if path]
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [one for one in folders if one not in _SKIPPED_FOLDERS]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found
