"""The tree keeps the rules, and each rule finds what it is for: one bad snippet a row, beside a good one."""

import subprocess
from pathlib import Path

import pytest

from tests.style.check import check_tree
from tests.style.functions import find_functions
from tests.style.tree import blank_comments_and_strings

ROOT = Path(__file__).resolve().parents[2]

TABLE = """
| folder | may include | third party, here only |
|---|---|---|
| lib/base | | |
| lib/model | lib/base | |
| lib/wire | lib/model, proto/raw | zstd.h, raw protobuf |
| lib/kafka | lib/base | librdkafka |
| drivers/api | lib/model | |
| drivers/* | drivers/api | |
| agent/outbox | lib/wire | sqlite3.h |
| agent | everything under agent | |
| fleet/process | lib/wire, proto/public | |
"""


def tree_with(root: Path, files: dict[str, str]) -> Path:
    folders = ["lib/base", "lib/model", "lib/wire", "lib/kafka", "drivers/api", "agent/outbox"]
    sound = {"docs/architecture.md": TABLE} | {f"{one}/x.h": "#pragma once\n" for one in folders}
    for path, text in {**sound, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def findings(root: Path, files: dict[str, str]) -> list[str]:
    return [str(one) for one in check_tree(tree_with(root, files))]


def test_this_repository_keeps_the_rules():
    assert not [str(one) for one in check_tree(ROOT)]


def test_a_sound_tree_has_no_findings(tmp_path):
    assert not findings(tmp_path, {
        "lib/model/a.cpp": '#include "lib/base/x.h"\n\nint a(int, int, int, int) { return 1\'000\'000; }\n',
        "lib/model/CMakeLists.txt": "odograph_add_library(lib/model SOURCES a.cpp)\n",
        "lib/model/b.h": "#pragma once\n\n/// What it is.\nclass B {\n};\n\nstruct C {\n  int d;  ///< Metres.\n};\n",
        "agent/main.cpp": '#include "agent/outbox/x.h"\n#include "lib/base/x.h"\n',
        "agent/CMakeLists.txt": "main.cpp",
    })


def test_the_table_must_be_there(tmp_path):
    assert "docs/architecture.md:1: the include table is missing" in findings(tmp_path, {"docs/architecture.md": ""})


HEADER = "#pragma once\n"
INCLUDES = {
    "UpTheLayers": ("lib/base/y.h", '#include "lib/model/x.h"', "lib/base may not include lib/model"),
    "AnotherDriver": ("drivers/can/y.h", '#include "drivers/nmea/z.h"', "drivers/can may not include drivers/nmea"),
    "AgentFromDriver": ("drivers/can/y.h", '#include "agent/outbox/x.h"', "drivers/can may not include agent/outbox"),
    "FleetFromAgent": ("agent/y.h", '#include "fleet/process/z.h"', "agent may not include fleet/process"),
    "RawTypesOutsideWire": ("agent/outbox/y.h", '#include "proto/raw/z.pb.h"', "may not include proto/raw"),
    "PublicTypesInAgent": ("agent/outbox/y.h", '#include "proto/public/z.pb.h"', "may not include proto/public"),
    "NotFromTheRoot": ("lib/model/y.h", '#include "x.h"', '"x.h" is not a file of ours'),
    "Sqlite": ("agent/y.h", "#include <sqlite3.h>", "<sqlite3.h> is for agent/outbox only"),
    "Rdkafka": ("agent/outbox/y.h", "#include <librdkafka/rdkafka.h>", "is for lib/kafka only"),
    "Zstd": ("lib/kafka/y.h", "#include <zstd.h>", "<zstd.h> is for lib/wire only"),
    "Protobuf": ("lib/kafka/y.h", "#include <google/protobuf/message.h>", "is for folders that may include proto/"),
}


@pytest.mark.parametrize("name", INCLUDES)
def test_includes(tmp_path, name):
    path, line, rule = INCLUDES[name]
    others = {"drivers/nmea/z.h": HEADER, "fleet/process/z.h": HEADER}
    found = findings(tmp_path, {**others, path: f"{HEADER}\n{line}\n"})
    assert len(found) == 1 and found[0].startswith(f"{path}:3: ") and rule in found[0]


@pytest.mark.parametrize("folder", ["agent/new", "lib/new", "fleet/new", "packaging"])
def test_a_folder_needs_a_row(tmp_path, folder):
    assert findings(tmp_path, {f"{folder}/a.h": HEADER}) == [
        f"{folder}/a.h:1: {folder} has no row in the include table of docs/architecture.md"]


def lines(count: int, text: str = "  f();\n") -> str:
    return text * count


FILES = {
    "Columns": ("a.h", f"{HEADER}// {'x' * 118}\n", 2, "121 columns, 120 allowed"),
    "FileLength": ("a.h", HEADER + lines(400, "\n"), 401, "401 lines, 400 allowed"),
    "TestLength": ("a_test.py", lines(301, "\n"), 301, "301 lines, 300 allowed"),
    "FunctionLength": ("a.h", f"{HEADER}\nvoid f() {{\n{lines(69)}}}\n", 3, "f has 71 lines, 70 allowed"),
    "MethodLength": ("a.h", f"{HEADER}/// B.\nclass B {{\n int g() const {{\n{lines(69)} }}\n}};\n", 4, "g has 71"),
    "ConstructorLength": ("a.h", f"{HEADER}B::B(int c) : d_{{c}}, e_(c) {{\n{lines(69)}}}\n", 2, "B has 71"),
    "PythonFunctionLength": ("a.py", f"def f():\n{lines(70)}", 1, "f has 71 lines, 70 allowed"),
    "Parameters": ("a.h", f"{HEADER}int f(int a, int b = g(1, 2), map<int, int> c, int d,\n int e);\n", 2, "f takes 5"),
    "Sleep": ("a.h", f"{HEADER}inline void f() {{ std::this_thread::sleep_for(1s); }}\n", 2, "a sleep"),
    "Usleep": ("a.h", f"{HEADER}inline void f() {{ ::usleep(1); }}\n", 2, "a sleep"),
    "PythonSleep": ("a_test.py", "time." "sleep(1)\n", 1, "a sleep"),
    "OpenEnd": ("a.h", f"{HEADER}// TO" "DO: later\n", 2, "an open end"),
    "SuppressedCheck": ("a.h", f"{HEADER}int a;  // NOLI" "NT\n", 2, "suppressing clang-tidy"),
    "Conditional": ("a.h", f"{HEADER}#ifdef A\n#endif\n", 2, "conditional compilation"),
    "SkippedTest": ("a_test.cpp", "TEST(A, B) { GTEST_SKIP(); }\n", 1, "a test that does not run"),
    "DisabledTest": ("a_test.cpp", "\nTEST(A, DISABLED_B) {}\n", 2, "a test that does not run"),
    "NoPragma": ("a.h", "int a;\n", 1, "#pragma once"),
    "PathOfAMachine": ("a.h", f"{HEADER}// see /ro" "ot/x\n", 2, "a path of one machine"),
    "RegistryHost": ("a.txt", "\n\nhttps://registry.np" "mjs.org/x\n", 3, "a registry's host"),
    "FileName": ("BadName.h", HEADER, 1, "file names are snake_case"),
    "NamespaceLetIn": ("a.h", f"{HEADER}using namespace std;\n", 2, "a whole namespace"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path, name):
    path, text, line, rule = FILES[name]
    path = f"tests/x/{path}"
    found = findings(tmp_path, {path: text, "tests/x/CMakeLists.txt": "a_test.cpp"})
    assert len(found) == 1 and found[0].startswith(f"{path}:{line}: ") and rule in found[0]


FOLDERS = {
    "Output": ("lib/base/a.h", f"{HEADER}inline void f() {{ std::cout << 1; }}\n", 2, "output from a library"),
    "ClassWithoutContract": ("lib/base/a.h", f"{HEADER}\nclass A {{\n  int b;  ///< Metres.\n}};\n", 3, "A has no ///"),
    "StructWithoutContract": ("agent/outbox/a.h", f"{HEADER}// No.\nstruct A {{\n  int b;\n}};\n", 3, "A has no ///"),
    "SourceNotListed": ("lib/base/a.cpp", "\n", 1, "lib/base/CMakeLists.txt does not list a.cpp"),
    "NoCMakeLists": ("lib/model/a.cpp", "\n", 1, "lib/model has sources but no CMakeLists.txt"),
    "StrayFile": ("drive.nmea", "\n", 1, "top level"),
    "DriverWithoutReadme": ("drivers/can/CMakeLists.txt", "\n", 1, "a driver's folder has a README.md"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(tmp_path, name):
    path, text, line, rule = FOLDERS[name]
    found = findings(tmp_path, {"lib/base/CMakeLists.txt": "b.cpp aa.cpp\n", path: text})
    assert len(found) == 1 and found[0].startswith(f"{path}:{line}: ") and rule in found[0]


def test_comments_and_strings_are_no_code():
    text = 'int a = 1\'000; // "x" {\nconst char* b = "{ // \\" }"; /* { \n */ auto c = R"(})" "\'";\n'
    blank = blank_comments_and_strings(text)
    assert len(blank) == len(text) and blank.count("\n") == text.count("\n")
    assert "{" not in blank and "}" not in blank and "1'000" in blank


SHAPES = {
    "int f();": [("f", 1, 0)],
    "int f(void);": [("f", 1, 0)],
    "std::function<int(int, int)> f(std::pair<int, int> a, int b = g(1, 2));": [("f", 1, 2)],
    "template <class T, class U>\nT f(T a, U b) {\n  if (a) { g(); }\n}": [("f", 4, 2)],
    "namespace n {\nclass C final : public D {\n public:\n  C(int a) : a_{a} {}\n  int b() const { return a_; }\n};\n}":
        [("C", 1, 1), ("b", 1, 0)],
    "const Case kCases[] = {{1, f(2, 3)}, {4, 5}};": [],
    "constexpr auto kT = [] {\n  for (int i = 0; i < 8; ++i) { f(i, 1); }\n  return 1;\n}();": [],
    "bool operator==(const A& a, const A& b) = default;": [("operator==", 1, 2)],
    "enum class A : int { kB = 1, kC };\nint f(A a) { switch (a) { case A::kB: { return 1; } } }": [("f", 1, 1)],
    "auto f(int a) -> std::optional<int> {\n  return a;\n}\nint g;": [("f", 3, 1)],
    "TEST(A, B) {\n  EXPECT_TRUE(f([&](int c) { return c; }));\n}": [("TEST", 3, 2)],
}


@pytest.mark.parametrize("code", SHAPES)
def test_functions_are_found(code):
    assert [(one.name, one.lines, one.parameters) for one in find_functions(code)] == SHAPES[code]


def test_the_command_names_file_and_line_and_fails(tmp_path):
    tree_with(tmp_path, {"lib/base/y.h": '#pragma once\n#include "lib/model/x.h"\n'})
    done = subprocess.run(["/usr/bin/python3", "-m", "tests.style.check", tmp_path], cwd=ROOT, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout.startswith("lib/base/y.h:2: lib/base may not include lib/model")
