"""Fetches Apache Kafka's jars from Maven Central, once."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

KAFKA_VERSION = "4.4.0"
_SCALA_VERSION = "2.13"
_LOG4J_VERSION = "2.25.5"  # As Kafka's own; without this binding the broker would log nothing.
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_FETCH_S_MAX = 400

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odograph</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_{_SCALA_VERSION}</artifactId>
      <version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>{_LOG4J_VERSION}</version></dependency>
  </dependencies>
</project>
"""


class Unavailable(Exception):
    """Kafka cannot be had on this machine; the text says what is missing."""


def cache_root() -> Path:
    """ODOGRAPH_CACHE, else `.cache` in the checkout."""
    given = os.environ.get("ODOGRAPH_CACHE")
    return Path(given) if given else Path(__file__).resolve().parents[2] / ".cache"


def kafka_jars() -> Path:
    """The folder with the jars; fetches them first if they are not there. Safe in several processes at once."""
    if shutil.which("java") is None:
        raise Unavailable("no Java: './dev deps kafka' installs it")
    folder = cache_root() / f"kafka-{KAFKA_VERSION}"
    if (folder / "complete").exists():
        return folder
    if shutil.which("mvn") is None:
        raise Unavailable("no Maven to fetch Apache Kafka with: './dev deps kafka' installs it")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    pom = folder / "pom.xml"
    pom.write_text(_POM)
    done = subprocess.run(
        ["mvn", "-q", "-B", "-Dstyle.color=never", "-f", pom, _PLUGIN, f"-DoutputDirectory={folder}",
         "-DincludeScope=runtime"],
        capture_output=True, text=True, timeout=_FETCH_S_MAX)
    if done.returncode != 0:
        said = re.findall(r"\[ERROR\] (\S.*)", done.stdout + done.stderr) or ["it does not say why"]
        raise Unavailable(f"Maven could not fetch Apache Kafka {KAFKA_VERSION}: {said[0]}")
    (folder / "complete").touch()
