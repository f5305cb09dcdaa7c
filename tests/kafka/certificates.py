"""A throw-away certificate authority with a server and a client certificate, made by the openssl program."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_DAYS = "30"


@dataclass(frozen=True)
class Certificates:
    """PEM files. Keys are unencrypted PKCS#8, readable by the owner alone."""

    ca: Path  # What clients and the broker trust.
    server: Path  # Key and certificate in one file, as Kafka's PEM key store wants it.
    client_cert: Path
    client_key: Path
    other_ca: Path  # An authority that has signed nothing here, for refusals.


def make_certificates(directory: Path) -> Certificates:
    """Makes what is missing in `directory`; an existing set is used as it is, so that a restart keeps its CA."""
    made = Certificates(
        ca=directory / "ca.pem",
        server=directory / "server.pem",
        client_cert=directory / "client.pem",
        client_key=directory / "client.key",
        other_ca=directory / "other-ca.pem",
    )
    if made.server.exists():
        return made
    directory.mkdir(parents=True, exist_ok=True)
    ca_key = directory / "ca.key"
    _authority("odograph test CA", made.ca, ca_key)
    _authority("some other CA", made.other_ca, directory / "other-ca.key")
    _signed("client", "extendedKeyUsage=clientAuth", (made.client_cert, made.client_key), (made.ca, ca_key))
    cert, key = directory / "server.crt", directory / "server.key"
    _signed("localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", (cert, key), (made.ca, ca_key))
    made.server.touch(mode=0o600)
    made.server.write_text(key.read_text() + cert.read_text() + made.ca.read_text())
    return made


def _authority(name: str, cert: Path, key: Path) -> None:
    _openssl(name, (cert, key), "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=keyCertSign,cRLSign")


def _signed(name: str, extension: str, out: tuple[Path, Path], issuer: tuple[Path, Path]) -> None:
    _openssl(name, out, "-CA", issuer[0], "-CAkey", issuer[1], "-addext", "basicConstraints=CA:FALSE",
             "-addext", extension)


def _openssl(name: str, out: tuple[Path, Path], *more) -> None:
    cert, key = out
    # An empty configuration: the machine's own would add extensions of its own.
    subprocess.run(
        ["openssl", "req", "-x509", "-config", "/dev/null", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-sha256", "-days", _DAYS, "-subj", f"/CN={name}", "-keyout", key, "-out", cert, *more],
        check=True, capture_output=True, timeout=60)
    key.chmod(0o600)
