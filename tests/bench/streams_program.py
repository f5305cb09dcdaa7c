"""A Kafka Streams program that does the processor's job, made of tests/bench/streams, Maven Central and protoc."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.kafka.jars import Unavailable, cache_root
from tests.support.programs import REPOSITORY

VERSION = "4.3.1"
HEAP = "-Xmx1g"  # Of the program that is measured; all else of the JVM is its own default.

_PROTOBUF_VERSION = "3.21.12"  # The one that Debian 12's protoc writes code for.
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_FETCH_S_MAX = 400
_COMPILE_S_MAX = 120
_SOURCES = Path(__file__).parent / "streams"
_PROTOS = ("proto/raw/record_batch.proto", "proto/public/processed.proto", "proto/public/alert.proto")

# SHA-256 of all that Streams needs. Compression is there for what the batches hold; logging is left out.
_JARS = {
    "jackson-annotations-2.21.jar": "53ca085f4a150f703f49e1aabd935bd03b43e1ea3d55d135438292af22cef56b",
    "jackson-core-2.21.2.jar": "12e8655b100267b44d0f14d01b1f5082a5105e616174dc4307be1a761e92407b",
    "jackson-databind-2.21.2.jar": "8c982f01f148d805f0aaac2339011244757e0df7c6ff8951f2fa3f433b8ed849",
    "kafka-clients-4.3.1.jar": "52501b7b47510c66f898871adaf6d2968ab7246561d44ced43643a8a587f0b36",
    "kafka-streams-4.3.1.jar": "bd73f3805e116f711e8456ee89a8a5b43ff5dcf5a5bb865afae29deae89e7c4b",
    "lz4-java-1.10.2.jar": "252dabd586d22149a31661a8afc1a50747714eb1a298bd4a6e780c8c91a13866",
    "protobuf-java-3.21.12.jar": "3f3edbda9286246080f3eaf561dd6b0d5a2b1f1008f6909115c8609ceae9df87",
    "rocksdbjni-10.1.3.jar": "e7f925287d9fe2574fb7c7a86f7facaa9b8ab602a2eed0e598bf633528121498",
    "slf4j-api-1.7.36.jar": "d3ef575e3e4979678dc01bf1dcce51021493b4d11fb7f1be8ad982877c16a1c0",
    "slf4j-nop-1.7.36.jar": "c214958b07816cb4412b30c7bdbd4308ffdc6ba2a83767b8f3a9229cbd9274d6",
    "snappy-java-1.1.10.7.jar": "4c766cb3f855415ee734b2392949a0b6f12a60879334a74518deaf6270d32e36",
    "zstd-jni-1.5.6-10.jar": "b6c3237e24b8252a5a9c3a0e1ae30ef8f323412e74bd358548b7a9e527d676df",
}

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odograph</groupId><artifactId>streams-jars</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-streams</artifactId>
      <version>{VERSION}</version></dependency>
    <dependency><groupId>com.google.protobuf</groupId><artifactId>protobuf-java</artifactId>
      <version>{_PROTOBUF_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


class StreamsProgram:
    """Compiled once for each state of its sources, beside the jars."""

    def __init__(self):
        for tool in ("java", "javac", "protoc"):
            if shutil.which(tool) is None:
                raise Unavailable(f"no {tool}: './dev deps build streams' installs it")
        self._jars = _jars()
        sources = sorted(_SOURCES.glob("*.java"))
        state = hashlib.sha256()
        for file in (Path(__file__), *sources, *(REPOSITORY / proto for proto in _PROTOS)):
            state.update(file.read_bytes())
        self._classes = self._jars / f"classes-{state.hexdigest()[:16]}"
        if not self._classes.exists():
            self._compile(sources)

    def _compile(self, sources: list[Path]) -> None:
        # Several may compile at once: the classes are there whole or not at all.
        with tempfile.TemporaryDirectory(dir=self._jars) as own:
            generated, classes = Path(own) / "generated", Path(own) / "classes"
            generated.mkdir()
            _run(["protoc", f"--java_out={generated}", *_PROTOS])
            _run(["javac", "-J-XX:TieredStopAtLevel=1", "-nowarn", "-cp", f"{self._jars}/*", "-d", classes, *sources,
                  *generated.rglob("*.java")])
            try:
                classes.rename(self._classes)
            except OSError:
                assert self._classes.exists()

    def command(self, main: str, *words, heap: str = HEAP) -> list[str]:
        return ["java", heap, "-cp", f"{self._classes}:{self._jars}/*", main, *map(str, words)]


def _run(command: list) -> None:
    done = subprocess.run([str(word) for word in command], cwd=REPOSITORY, capture_output=True, text=True,
                          timeout=_COMPILE_S_MAX)
    assert done.returncode == 0, done.stdout + done.stderr


def _jars() -> Path:
    """The folder with the jars, each of them the one that is meant; fetches them first if they are not there."""
    folder = cache_root() / f"kafka-streams-{VERSION}"
    if not all((folder / name).exists() for name in _JARS):
        _fetch(folder)
    for name, expected in _JARS.items():
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != expected:
            raise Unavailable(f"{folder / name} is not the jar that is meant: its SHA-256 is {found}")
    return folder


def _fetch(folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise Unavailable("no Maven to fetch Kafka Streams with: './dev deps streams' installs it")
    folder.mkdir(parents=True, exist_ok=True)
    # Several may fetch at once: a jar is there whole or not at all.
    with tempfile.TemporaryDirectory(dir=folder) as own:
        pom = Path(own) / "pom.xml"
        pom.write_text(_POM)
        done = subprocess.run(
            ["mvn", "-q", "-B", "-Dstyle.color=never", "-f", pom, _PLUGIN, f"-DoutputDirectory={own}",
             "-DincludeScope=runtime"], capture_output=True, text=True, timeout=_FETCH_S_MAX)
        if done.returncode != 0:
            said = re.findall(r"\[ERROR\] (\S.*)", done.stdout + done.stderr) or ["it does not say why"]
            raise Unavailable(f"Maven could not fetch Kafka Streams {VERSION}: {said[0]}")
        for name in _JARS:
            if not (Path(own) / name).exists():
                raise Unavailable(f"Maven fetched no {name}")
            (Path(own) / name).rename(folder / name)
