"""The guest's root, made in memory: a cpio archive, format "newc" (Linux: buffer-format.rst)."""

import re
import subprocess
from pathlib import Path

_FILE, _FOLDER = 0o100755, 0o040755


class Initramfs:
    """Files by their path in the guest."""

    def __init__(self):
        self._entries: dict[str, tuple[int, bytes]] = {}

    def folder(self, path: str) -> None:
        for parent in reversed(Path(path).parents):
            self._entries.setdefault(str(parent).lstrip("/"), (_FOLDER, b""))
        self._entries.setdefault(path.lstrip("/"), (_FOLDER, b""))

    def file(self, path: str, content: bytes) -> None:
        self.folder(str(Path(path).parent))
        self._entries[path.lstrip("/")] = (_FILE, content)

    def program(self, path: str, source: Path) -> None:
        """A program of this machine with every library that it loads, each at the path where it looks for it."""
        self.file(path, source.read_bytes())
        listed = subprocess.run(["ldd", source], capture_output=True, text=True, timeout=30)
        for library in re.findall(r"(/\S+) \(0x", listed.stdout):
            self.file(library, Path(library).read_bytes())

    def pack(self) -> bytes:
        entries = [(path, mode, data) for path, (mode, data) in self._entries.items() if path]
        packed = b"".join(_entry(number, *one) for number, one in enumerate(entries, 1))
        return packed + _entry(0, "TRAILER!!!", 0, b"")


def _entry(number: int, path: str, mode: int, data: bytes) -> bytes:
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
