"""Debian's kernel package: fetched once, unpacked into the cache, never installed."""

import fcntl
import lzma
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.kafka.jars import cache_root

# The smallest one that has device mapper's log-writes and flakey; ext4 and virtio are built in.
_META_PACKAGE = "linux-image-cloud-amd64"
_FETCH_S_MAX = 300
_WANTED = ("virtio_pci", "virtio_blk", "dm-mod", "dm-log-writes", "dm-flakey")


class Unavailable(Exception):
    """The guest cannot be had on this machine; the text says what is missing."""


@dataclass(frozen=True)
class Kernel:
    """`modules` are unpacked and in the order in which they can be loaded."""

    image: Path
    modules: list[Path]


def need_programs() -> None:
    """Raises Unavailable if a program is missing, or if this user cannot mount what the guest leaves."""
    if platform.machine() != "x86_64":
        raise Unavailable("the guest is an x86-64 one, and so are the programs that it is given")
    folders = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for name in ("qemu-system-x86_64", "busybox", "dmsetup", "mkfs.ext4", "e2fsck"):
        if shutil.which(name, path=folders) is None:
            raise Unavailable(f"no {name}: './dev deps vm' installs it")
    if os.geteuid() != 0:
        raise Unavailable("only root can mount what the guest leaves: run it with sudo")


def kernel() -> Kernel:
    """Fetches the kernel first if it is not in the cache. Safe in several processes at once."""
    folder = cache_root() / "vm-kernel"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _fetch(folder)
    modules = {path.stem: path for path in folder.glob("*.ko")}
    return Kernel(folder / "vmlinuz", _in_order(modules))


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="odograph-vm-") as scratch:
        package = _say(["apt-cache", "depends", "--important", _META_PACKAGE])
        found = re.search(r"Depends: (linux-image-\S+)", package)
        if not found:
            raise Unavailable(f"apt knows no {_META_PACKAGE}: 'apt-get update' may help")
        _say(["apt-get", "-q", "download", found[1]], cwd=scratch)
        deb = next(Path(scratch).glob("*.deb"))
        unpacked = Path(scratch) / "kernel.tar"
        with unpacked.open("wb") as out:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], stdout=out, check=True, timeout=_FETCH_S_MAX)
        with tarfile.open(unpacked) as tar:
            _take(tar, folder)
    (folder / "complete").write_text(f"{deb.name}\n")


def _say(command, cwd=None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=_FETCH_S_MAX)
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1:] or 'failed'}; "
                          "'apt-get update' may help")
    return done.stdout


def _take(tar: tarfile.TarFile, folder: Path) -> None:
    for member in tar:
        name = Path(member.name).name
        if not member.isfile():
            continue
        if name.startswith("vmlinuz-"):
            (folder / "vmlinuz").write_bytes(tar.extractfile(member).read())
        elif re.search(r"/(drivers/(virtio|block|md)|lib|crypto|fs/ext4|fs/jbd2|fs)/[\w-]+\.ko(\.xz)?$", member.name):
            data = tar.extractfile(member).read()
            (folder / name.removesuffix(".xz")).write_bytes(lzma.decompress(data) if name.endswith(".xz") else data)


def _in_order(modules: dict[str, Path]) -> list[Path]:
    """What is wanted and what that depends on; what is not there as a module is built in."""
    ordered: list[Path] = []

    def add(name: str) -> None:
        path = modules.get(name) or modules.get(name.replace("_", "-")) or modules.get(name.replace("-", "_"))
        if path is None or path in ordered:
            return
        # The module's own list; modules.dep is made only where a kernel is installed.
        depends = re.search(rb"\0depends=([\w,-]*)\0", path.read_bytes())
        for other in depends[1].decode().split(",") if depends and depends[1] else []:
            add(other)
        ordered.append(path)

    for name in _WANTED:
        add(name)
    return ordered
