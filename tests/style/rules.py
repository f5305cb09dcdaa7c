"""The limits and the words of the house style that a program can check, one function a rule."""

import ast
import re

from tests.style.functions import find_functions
from tests.style.tree import Finding, SourceFile, Tree

COLUMNS_MAX = 120
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
TEST_LINES_MAX = 300
PARAMETERS_MAX = 4

_WIDTH_CHECKED = re.compile(r"\.(h|cpp|py|cmake|proto|toml)$|(^|/)CMakeLists\.txt$|^dev$|^\.ci/run$")
# Words are put together from two, so that this file does not break its own rules.
_ANYWHERE = {
    re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b"): "an open end: finish it, or write it down as an issue",
    re.compile(r"(?<![\w.$~}])/(wo" r"rk|ro" r"ot)/"): "a path of one machine",
    re.compile(r"deb\.deb" r"ian\.org|repo1?\.maven|registry\.np" r"mjs|pypi\.o" r"rg|pythonho" r"sted|crates\.i" r"o\b"
               r"|proxy\.gol" r"ang"): "a registry's host",
}
_IN_CPP = {
    re.compile(r"\bNOLI" r"NT"): "suppressing clang-tidy: mend the code or the set of checks",
}
_CONDITIONAL = {re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b"): "conditional compilation"}
# The one place where the processor is asked for; SSE2's header is not there on others.
_MAY_BE_CONDITIONAL = "drivers/nmea/byte_block.h"
_IN_CPP_CODE = {
    re.compile(r"\bsleep_(for|until)\b|\b(u|nano)?sleep\s*\("): "a sleep: pass the time in, or wait with a deadline",
    re.compile(r"\bGTEST_SKIP\b|\bDISABLED_"): "a test that does not run",
    re.compile(r"\busing\s+namespace\b(?!\s+std::\w*literals)"): "a whole namespace let in",
}
# A C library dictates the shape of its callbacks.
_FOREIGN_SHAPE = re.compile(r"\b(sqlite3_|rd_kafka_)\w+")
_COUT = re.compile(r"\bstd::(cout|cerr)\b")
_PYTHON_SLEEP = re.compile(r"\btime\.sleep\s*\(")
_MAY_SLEEP = "tests/support/wait.py"
_PUBLIC_HEADER = re.compile(r"^(lib|agent|fleet|drivers/api)/.*\.h$")
_TYPE = re.compile(r"^(?:class|struct)\s+(?:\[\[\w+\]\]\s+)?(\w+)[^;()]*\{")
_STRUCT_LINES_MAX = 100
_SNAKE = re.compile(r"^[a-z0-9_]+$|^__init__$")


def check_columns(source: SourceFile) -> list[Finding]:
    if not _WIDTH_CHECKED.search(source.path):
        return []
    return [Finding(source.path, number, f"{len(line)} columns, {COLUMNS_MAX} allowed")
            for number, line in enumerate(source.lines, 1) if len(line) > COLUMNS_MAX]


def check_file_length(source: SourceFile) -> list[Finding]:
    if not (source.is_cpp() or source.is_python()):
        return []
    most = TEST_LINES_MAX if source.is_test() else FILE_LINES_MAX
    if len(source.lines) <= most:
        return []
    return [Finding(source.path, most + 1, f"{len(source.lines)} lines, {most} allowed")]


def check_functions(source: SourceFile) -> list[Finding]:
    if source.is_python():
        nodes = [node for node in ast.walk(ast.parse(source.text)) if isinstance(node, ast.FunctionDef)]
        sizes = [(node.name, node.lineno, node.end_lineno - node.lineno + 1) for node in nodes]
        return [_too_long(source, *size) for size in sizes if size[2] > FUNCTION_LINES_MAX]
    findings = []
    for function in find_functions(source.code) if source.is_cpp() else []:
        if function.lines > FUNCTION_LINES_MAX:
            findings.append(_too_long(source, function.name, function.line, function.lines))
        if function.parameters > PARAMETERS_MAX and not _FOREIGN_SHAPE.search(function.parameter_text):
            findings.append(Finding(source.path, function.line, f"{function.name} takes {function.parameters} "
                                    f"parameters, {PARAMETERS_MAX} allowed before a struct"))
    return findings


def _too_long(source: SourceFile, name: str, line: int, lines: int) -> Finding:
    return Finding(source.path, line, f"{name} has {lines} lines, {FUNCTION_LINES_MAX} allowed")


def check_words(source: SourceFile) -> list[Finding]:
    if not source.is_text():
        return []
    findings = _search(source, source.lines, _ANYWHERE)
    if source.is_cpp():
        findings += _search(source, source.lines, _IN_CPP)
        if source.path != _MAY_BE_CONDITIONAL:
            findings += _search(source, source.lines, _CONDITIONAL)
        code = source.code.splitlines()
        findings += _search(source, code, _IN_CPP_CODE)
        if source.path.startswith("lib/"):
            findings += _search(source, code, {_COUT: "output from a library: return it, or log it in the caller"})
    if source.is_python() and source.path.startswith("tests/") and source.path != _MAY_SLEEP:
        findings += _search(source, source.lines, {_PYTHON_SLEEP: f"a sleep: {_MAY_SLEEP} waits with a deadline"})
    return findings


def _search(source: SourceFile, lines: list[str], words: dict) -> list[Finding]:
    return [Finding(source.path, number, f"{why}: '{match[0].strip()}'")
            for number, line in enumerate(lines, 1) for word, why in words.items() if (match := word.search(line))]


def check_header(source: SourceFile) -> list[Finding]:
    if not source.path.endswith(".h"):
        return []
    findings = []
    if "#pragma once" not in source.lines:
        findings.append(Finding(source.path, 1, "a header begins with #pragma once"))
    if not _PUBLIC_HEADER.match(source.path):
        return findings
    for number, line in enumerate(source.code.splitlines(), 1):
        match = _TYPE.match(line)
        if match and not _has_contract(source.lines, number - 1) and not _is_told_by_fields(source.lines, number - 1):
            findings.append(Finding(source.path, number, f"{match[1]} has no /// contract before it"))
    return findings


def _has_contract(lines: list[str], at: int) -> bool:
    before = at - 1
    while before >= 0 and lines[before].startswith(("template", "requires", "    ")):
        before -= 1
    return before >= 0 and lines[before].startswith("///")


def _is_told_by_fields(lines: list[str], at: int) -> bool:
    """A plain struct may be told by its fields."""
    if not lines[at].startswith("struct"):
        return False
    body = "\n".join(lines[at:at + _STRUCT_LINES_MAX]).partition("\n};")[0]
    return "///<" in body


def check_name(source: SourceFile) -> list[Finding]:
    if not (source.is_cpp() or source.is_python()) or _SNAKE.match(source.name.rpartition(".")[0]):
        return []
    return [Finding(source.path, 1, "file names are snake_case")]


# What a stray recording or note would lie beside.
_TOP_LEVEL = {
    ".ci", ".clang-format", ".clang-tidy", ".gitignore", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json",
    "CONTRIBUTING.md", "LICENSE", "README.md", "dev",
    "agent", "cmake", "docs", "drivers", "fleet", "lib", "packaging", "proto", "simulator", "tests", "toolchains",
}


def check_layout(tree: Tree) -> list[Finding]:
    """Folders: nothing new at the top, a CMakeLists.txt that lists every source, a README for every driver."""
    findings = [Finding(path, 1, "is not one of the names at the top level (tests/style/rules.py)")
                for path in sorted(tree.paths) if path.split("/")[0] not in _TOP_LEVEL]
    lists = {one.folder: one for one in tree.files if one.name == "CMakeLists.txt"}
    for source in tree.files:
        if not source.path.endswith(".cpp"):
            continue
        if source.folder not in lists:
            findings.append(Finding(source.path, 1, f"{source.folder} has sources but no CMakeLists.txt"))
        elif not re.search(rf"(?<!\w){re.escape(source.name)}\b", lists[source.folder].text):
            findings.append(Finding(source.path, 1, f"{source.folder}/CMakeLists.txt does not list {source.name}"))
    for folder, listed in lists.items():
        driver = re.fullmatch(r"drivers/(?!api$)\w+", folder)
        if driver and f"{folder}/README.md" not in tree.paths:
            findings.append(Finding(listed.path, 1, "a driver's folder has a README.md"))
    return findings


FILE_RULES = (check_columns, check_file_length, check_functions, check_words, check_header, check_name)
