"""Fetches gpsd's regression logs, from the source package of the Debian release that this machine runs."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

_FETCH_S_MAX = 300
_LISTS = ("/etc/apt/sources.list", "/etc/apt/sources.list.d")


class Unavailable(Exception):
    """The logs cannot be had; the text says why."""


def cache_root() -> Path:
    """ODOGRAPH_CACHE, else `.cache` in the checkout."""
    given = os.environ.get("ODOGRAPH_CACHE")
    return Path(given) if given else Path(__file__).resolve().parents[2] / ".cache"


def logs() -> Path:
    """The folder with the logs and their .chk files; fetches them first if they are not there."""
    folder = cache_root() / "gpsd-logs"
    if not (folder / "complete").exists():
        work = cache_root() / "gpsd-fetch"
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        _download(work)
        _unpack(next(work.glob("gpsd_*.orig.tar.*")), folder)
        shutil.rmtree(work)
        (folder / "complete").touch()
    return folder


def source_lines(text: str, deb822: bool) -> str:
    """The archive's entries of a sources file, asking for sources; those of anybody else's archive are left out."""
    if not deb822:
        lines = [line for line in text.splitlines() if re.match(r"deb\s.*debian", line)]
        return "".join(re.sub(r"^deb\s", "deb-src ", line) + "\n" for line in lines)
    stanzas = re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text))
    ours = [stanza.strip() for stanza in stanzas if re.search(r"(?m)^URIs:.*debian", stanza)]
    return "".join(re.sub(r"(?m)^Types:.*$", "Types: deb-src", stanza) + "\n\n" for stanza in ours)


def _download(work: Path) -> None:
    """`apt-get source` with lists and settings of its own, so that the machine's stay as they are."""
    if shutil.which("apt-get") is None:
        raise Unavailable("no apt-get on this machine")
    for folder in ("parts", "lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    for place in map(Path, _LISTS):
        for path in sorted(place.iterdir()) if place.is_dir() else [place]:
            if path.is_file() and path.suffix in (".list", ".sources"):
                text = source_lines(path.read_text(), path.suffix == ".sources")
                (work / "parts" / path.name).write_text(text)
    options = {"Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": work / "parts", "Dir::State::Lists":
               work / "lists", "Dir::Cache": work / "cache", "APT::Sandbox::User": ""}
    apt = ["apt-get", "-q"] + [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    for command in (["update"], ["source", "--download-only", "gpsd"]):
        try:
            done = subprocess.run(apt + command, cwd=work, capture_output=True, text=True, timeout=_FETCH_S_MAX,
                                  check=False)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"apt-get {command[0]} took longer than {_FETCH_S_MAX} s") from error
        if done.returncode != 0:
            raise Unavailable(f"apt-get {' '.join(command)}: {done.stderr.strip()}")


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            path = Path(member.name)
            if member.isfile() and path.parts[1:3] == ("test", "daemon") and path.suffix in (".log", ".chk"):
                with tar.extractfile(member) as source:
                    (folder / path.name).write_bytes(source.read())
