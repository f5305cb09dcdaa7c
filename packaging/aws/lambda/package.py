#!/usr/bin/env python3
"""Makes the zip of an AWS Lambda function of odograph-lambda: bootstrap, program, its libraries, fleet.toml.

    python3 packaging/aws/lambda/package.py --program build/release/bin/odograph-lambda --config fleet.toml

Reads ELF files with readelf and runs none of them, so that it packs a program for another machine too: --root is
then where that machine's libraries are (of a multiarch Debian: /). Equal inputs give equal bytes.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_FOLDERS = {"Advanced Micro Devices X86-64": "x86_64-linux-gnu", "AArch64": "aarch64-linux-gnu"}
_ZIP_BYTES_MAX = 50 << 20  # What can be uploaded without S3.
_WHOLE_BYTES_MAX = 250 << 20  # Unpacked, layers included.
_DATE = (1980, 1, 1, 0, 0, 0)


class Refused(Exception):
    """What is wrong, in one line."""


def readelf(what: str, path: Path) -> str:
    done = subprocess.run(["readelf", "--wide", what, path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"{path}: {done.stderr.strip() or 'no ELF file'}")
    return done.stdout


def folder_of(path: Path) -> str:
    """Where Debian keeps the libraries of the machine that `path` is for."""
    machine = re.search(r"Machine:\s+(.+)", readelf("--file-header", path))
    if not machine or machine[1] not in _FOLDERS:
        raise Refused(f"{path}: for neither x86-64 nor arm64")
    return _FOLDERS[machine[1]]


def loader_of(path: Path) -> str:
    found = re.search(r"program interpreter: (\S+)]", readelf("--program-headers", path))
    if not found:
        raise Refused(f"{path}: names no loader")
    return Path(found[1]).name


def libraries_of(program: Path, root: Path) -> dict[str, Path]:
    """All libraries that the program needs, directly or not, by name; the loader is one."""
    places = [root / top / folder_of(program) for top in ("lib", "usr/lib")]
    found: dict[str, Path] = {}
    waiting = [loader_of(program), *needed_by(program)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = next((place / name for place in places if (place / name).exists()), None)
        if path is None:
            raise Refused(f"{name}: not in {' or '.join(map(str, places))}")
        found[name] = path.resolve()
        waiting += needed_by(path)
    return found


def needed_by(path: Path) -> list[str]:
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.+)]", readelf("--dynamic", path))


def stripped(path: Path, strip: str, folder: Path) -> bytes:
    """Without what only a debugger reads."""
    target = folder / "stripped"
    done = subprocess.run([strip, "--strip-unneeded", "-o", target, path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"{path}: {done.stderr.strip()}")
    return target.read_bytes()


def contents(program: Path, config: Path | None, root: Path, strip: str) -> dict[str, tuple[int, bytes]]:
    """Name -> mode and bytes."""
    template = Path(__file__).with_name("bootstrap.in").read_text()
    files = {"bootstrap": (0o755, template.replace("@LOADER@", loader_of(program)).encode())}
    with tempfile.TemporaryDirectory() as folder:
        files["odograph-lambda"] = (0o755, stripped(program, strip, Path(folder)))
    for name, path in libraries_of(program, root).items():
        files[f"lib/{name}"] = (0o755, path.read_bytes())
    if config:
        files["fleet.toml"] = (0o644, config.read_bytes())
    return files


def write(files: dict[str, tuple[int, bytes]], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (mode, data) in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # Unix, so that the modes count.
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--program", type=Path, required=True, help="odograph-lambda, of a release build")
    parser.add_argument("--config", type=Path, help="fleet.toml for the function; without it the defaults")
    parser.add_argument("--root", type=Path, default=Path("/"), help="where lib/ and usr/lib/ of that machine are")
    parser.add_argument("--strip", default="strip", help="for arm64 on x86-64: aarch64-linux-gnu-strip")
    parser.add_argument("--out", type=Path, default=Path("odograph-lambda.zip"))
    arguments = parser.parse_args()
    try:
        files = contents(arguments.program, arguments.config, arguments.root, arguments.strip)
        write(files, arguments.out)
        whole, packed = sum(len(data) for _, data in files.values()), arguments.out.stat().st_size
        if whole > _WHOLE_BYTES_MAX:
            raise Refused(f"{whole} bytes unpacked, more than Lambda takes")
    except (Refused, OSError) as error:
        print(f"package.py: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.out}: {packed / 1e6:.1f} MB, {whole / 1e6:.1f} MB unpacked, {len(files)} files")
    if packed > _ZIP_BYTES_MAX:
        print("more than can be uploaded at once: by way of S3", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
