"""Who may include whom: every #include against the table in docs/architecture.md."""

import re
from dataclasses import dataclass, field

from tests.style.tree import Finding, SourceFile, Tree

TABLE = "docs/architecture.md"
_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?P<ours>[^"]+)"|<(?P<theirs>[^>]+)>)')
# What the words of the table's last column stand for.
_THIRD_PARTY = {
    "zstd.h": r"zstd\.h",
    "zlib.h": r"zlib\.h",
    "toml++": r"toml\+\+/|toml\.hpp",
    "systemd": r"systemd/",
    "prometheus": r"prometheus/",
    "spdlog sinks": r"spdlog/sinks/",
    "openssl": r"openssl/",
    "curl": r"curl/",
    "expat.h": r"expat\.h",
    "librdkafka": r"librdkafka/|rdkafka",
    "sqlite3.h": r"sqlite3(ext)?\.h",
    "raw protobuf": r"(?!)",  # The generated types: proto/raw in the column before says who sees them.
}
_PROTOBUF = re.compile(r"google/protobuf/")
_EVERYTHING_UNDER = "everything under "


@dataclass
class Row:
    folder: str
    line: int
    may_include: list[str] = field(default_factory=list)
    third_party: list[str] = field(default_factory=list)


def read_table(text: str) -> list[Row]:
    """The rows of the table whose header begins with `folder` and `may include`."""
    rows, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[:2] == ["folder", "may include"]:
            inside = True
        elif inside and not re.fullmatch(r"[-: ]*", cells[0]):
            split = [[word.strip().strip("`") for word in cell.split(",") if word.strip()] for cell in cells[1:3]]
            rows.append(Row(cells[0], number, *split))
    return rows


def check_includes(tree: Tree) -> list[Finding]:
    table_file = next((one for one in tree.files if one.path == TABLE), None)
    rows = read_table(table_file.text) if table_file else []
    if not rows:
        return [Finding(TABLE, 1, "the include table is missing")]
    table = _Table(rows)
    findings = [Finding(TABLE, row.line, f"tests/style does not know what headers '{word}' stands for")
                for row in rows for word in row.third_party if word not in _THIRD_PARTY]
    for source in tree.files:
        if source.is_cpp() and source.path.split("/")[0] != "tests":
            findings += _check_file(source, table, tree)
    return findings


def _check_file(source: SourceFile, table: "_Table", tree: Tree) -> list[Finding]:
    row = table.row_of(source.folder)
    if row is None:
        return [Finding(source.path, 1, f"{source.folder} has no row in the include table of {TABLE}")]
    findings = []
    for number, line in enumerate(source.lines, 1):
        match = _INCLUDE.match(line)
        if not match:
            continue
        broken = (_check_ours(source, match["ours"], table, tree) if match["ours"] else
                  _check_theirs(row, match["theirs"], table))
        if broken:
            findings.append(Finding(source.path, number, broken))
    return findings


def _check_ours(source: SourceFile, included: str, table: "_Table", tree: Tree) -> str:
    if included not in tree.paths and not included.endswith((".pb.h", ".inc")):
        return f'"{included}" is not a file of ours, named from the root'
    target = included.rpartition("/")[0]
    if not table.may_include(source.folder, target):
        return f"{source.folder} may not include {target} ({TABLE})"
    return ""


def _check_theirs(row: Row, included: str, table: "_Table") -> str:
    for word, pattern in _THIRD_PARTY.items():
        owners = [one.folder for one in table.rows if word in one.third_party]
        if owners and re.match(pattern, included) and word not in row.third_party:
            return f"<{included}> is for {', '.join(owners)} only ({TABLE})"
    if _PROTOBUF.match(included) and not any(one.startswith("proto/") for one in row.may_include):
        return f"<{included}> is for folders that may include proto/ ({TABLE})"
    return ""


class _Table:
    def __init__(self, rows: list[Row]):
        self.rows = rows
        self._by_folder = {row.folder: row for row in rows}

    def row_of(self, folder: str) -> Row | None:
        """The folder's own row or that of the nearest folder above it; `x/*` stands for every folder in x.

        A top folder's row (`agent`) is for the files directly in it: its folders need rows of their own.
        """
        parts = folder.split("/")
        for length in range(len(parts), 0, -1):
            name = "/".join(parts[:length])
            wild = "/".join([*parts[:length - 1], "*"])
            row = self._by_folder.get(name) or self._by_folder.get(wild)
            if row and not (length == 1 and len(parts) > 1 and self._has_folders(name)):
                return row
        return None

    def may_include(self, folder: str, target: str) -> bool:
        own = self.row_of(folder)
        if self._unit(folder) == self._unit(target):
            return True
        seen, waiting = set(), list(own.may_include)
        while waiting:
            name = waiting.pop()
            if name.startswith(_EVERYTHING_UNDER):
                prefix = name.removeprefix(_EVERYTHING_UNDER) + "/"
                if target.startswith(prefix):
                    return True
                waiting += [row.folder for row in self.rows if row.folder.startswith(prefix)]
                continue
            if target == name or target.startswith(name + "/"):
                return True
            if name not in seen and (row := self.row_of(name)):
                seen.add(name)
                # What a library wraps stays its own: only libraries and interfaces are brought along.
                waiting += [one for one in row.may_include if not one.startswith("proto/")]
        return False

    def _unit(self, folder: str) -> str:
        """The folder that the row means: for `drivers/*`, the driver."""
        row = self.row_of(folder)
        if row is None:
            return folder
        return "/".join(folder.split("/")[:row.folder.count("/") + 1])

    def _has_folders(self, name: str) -> bool:
        return any(row.folder.startswith(name + "/") for row in self.rows)
