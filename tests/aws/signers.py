"""Fetches AWS's own token signers, once, and signs with them at a time of our choosing."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.kafka.jars import Unavailable, cache_root

_HERE = Path(__file__).resolve().parent
_PYTHON_SIGNER = "aws-msk-iam-sasl-signer-python==1.0.2"
# All of what it needs, so that it signs the same in a year.
_PYTHON_PACKAGES = [_PYTHON_SIGNER, "boto3==1.44.5", "botocore==1.44.5", "click==8.5.1", "jmespath==1.1.0",
                    "python-dateutil==2.9.0.post0", "s3transfer==0.19.3", "six==1.17.0", "urllib3==2.8.0"]
_NODE_SIGNER = "aws-msk-iam-sasl-signer-js"
# Newer ones of what it loads may want a newer Node.js than Debian's.
_NODE_PACKAGES = {_NODE_SIGNER: "1.0.3", "@smithy/signature-v4": "2.3.0", "@aws-crypto/sha256-js": "4.0.0",
                  "@aws-sdk/client-sts": "3.1169.0", "@aws-sdk/credential-providers": "3.1169.0",
                  "@aws-sdk/util-format-url": "3.972.57"}
_FETCH_S_MAX = 400
_SIGN_S_MAX = 120


def sign_in_python(cases: list[dict]) -> list[dict]:
    """`token` and `expires_ms` of each case; for its keys see sign.py. They carry the user agent that is asked for."""
    return _sign([_python_signer() / "bin/python", _HERE / "sign.py"], cases, {})


def sign_requests_in_python(requests: list[dict]) -> list[dict]:
    """What botocore, on which that signer stands, makes of HTTP requests; see sign_requests.py."""
    return _sign([_python_signer() / "bin/python", _HERE / "sign_requests.py"], requests, {})


def sign_in_node(cases: list[dict]) -> list[dict]:
    """The same, but with the signer's own user agent; for the keys see sign.js."""
    return _sign(["node", _HERE / "sign.js"], cases, {"NODE_PATH": str(_node_signer() / "node_modules")})


def _sign(command: list, cases: list[dict], more: dict[str, str]) -> list[dict]:
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, timeout=_SIGN_S_MAX,
                          env={**os.environ, **more})
    if done.returncode != 0:
        raise AssertionError(f"{command[-1]}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def _python_signer() -> Path:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return _fetched(f"{_PYTHON_SIGNER.replace('==', '-')}-for-{version}", _fetch_python)


def _node_signer() -> Path:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Unavailable(f"no {program}: './dev deps test' installs it")
    return _fetched(f"{_NODE_SIGNER}-{_NODE_PACKAGES[_NODE_SIGNER]}", _fetch_node)


def _fetched(name: str, fetch: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; fetches it first if it is not whole. Safe in several processes at once."""
    folder = cache_root() / name
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            fetch(folder)
            (folder / "complete").touch()
    return folder


def _fetch_python(folder: Path) -> None:
    _run([sys.executable, "-m", "venv", folder], "no Python venv: './dev deps test' installs it")
    _run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:",
          *_PYTHON_PACKAGES], f"pip could not fetch {_PYTHON_SIGNER}")


def _fetch_node(folder: Path) -> None:
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": _NODE_PACKAGES}))
    _run(["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"],
         f"npm could not fetch {_NODE_SIGNER}")


def _run(command: list, failed: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_S_MAX)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{failed}: {error}") from error
    if done.returncode != 0:
        said = re.findall(r"(?:ERROR:|npm ERR!|npm error|Error:) *(\S.*)", done.stdout + done.stderr)
        raise Unavailable(f"{failed}: {said[0] if said else 'it does not say why'}")
