"""A throw-away certificate authority with server and client certificates, good and bad, made by the openssl program."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_DAYS = "30"
# An empty configuration: the machine's own would add extensions of its own.
_NEW_KEY = ("-config", "/dev/null", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_NEW_RSA_KEY = ("-config", "/dev/null", "-newkey", "rsa:2048", "-nodes")


@dataclass(frozen=True)
class Certificates:
    """PEM files. Keys are unencrypted PKCS#8, readable by the owner alone."""

    ca: Path  # What clients and the broker trust.
    server: Path  # Key and certificate in one file, as Kafka's PEM key store wants it.
    client_cert: Path
    client_key: Path
    # What has to be refused. Those of the server are in one file with their key, too.
    other_ca: Path  # An authority that nobody here trusts.
    other_client_cert: Path  # Signed by that one.
    other_client_key: Path
    other_name: Path  # A server's, for another host.
    expired: Path  # A server's, of yesterday.
    self_signed: Path  # A server's, of nobody's authority.


def make_certificates(directory: Path) -> Certificates:
    """Makes what is missing in `directory`; an existing set is used as it is, so that a restart keeps its CA."""
    made = Certificates(
        ca=directory / "ca.pem",
        server=directory / "server.pem",
        client_cert=directory / "client.pem",
        client_key=directory / "client.key",
        other_ca=directory / "other-ca.pem",
        other_client_cert=directory / "other-client.pem",
        other_client_key=directory / "other-client.key",
        other_name=directory / "other-name.pem",
        expired=directory / "expired.pem",
        self_signed=directory / "self-signed.pem",
    )
    if made.server.exists():
        return made
    directory.mkdir(parents=True, exist_ok=True)
    issuer = made.ca, directory / "ca.key"
    other_issuer = made.other_ca, directory / "other-ca.key"
    _authority("odograph test CA", issuer)
    _authority("some other CA", other_issuer)
    for files, by in (((made.client_cert, made.client_key), issuer),
                      ((made.other_client_cert, made.other_client_key), other_issuer)):
        _signed("client", "extendedKeyUsage=clientAuth", files, by)
    _server(made.expired, _expired, "localhost", issuer)
    _server(made.self_signed, _self_signed, "localhost", None)
    _server(made.other_name, _signed, "broker.example", issuer)
    _server(made.server, _signed, "localhost", issuer)  # The last one: it tells that all are there.
    return made


def make_chain(directory: Path) -> Path:
    """A server's, with two authorities between it and that of the set in `directory`, all of RSA-2048 as public ones
    mostly are; in one file with its key."""
    issuer, chain = (directory / "ca.pem", directory / "ca.key"), ""
    for name in ("first", "second"):
        between = directory / f"{name}.pem", directory / f"{name}.key"
        _run("req", "-x509", *_NEW_RSA_KEY, "-sha256", "-days", _DAYS, "-subj", f"/O=odograph tests/CN={name}",
             "-keyout", between[1], "-out", between[0], "-CA", issuer[0], "-CAkey", issuer[1], "-addext",
             "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign,cRLSign")
        issuer, chain = between, between[0].read_text() + chain
    cert, key, out = directory / "chain.crt", directory / "chain.key", directory / "chain.pem"
    _run("req", "-x509", *_NEW_RSA_KEY, "-sha256", "-days", _DAYS, "-subj", "/O=odograph tests/CN=localhost", "-keyout",
         key, "-out", cert, "-CA", issuer[0], "-CAkey", issuer[1], "-addext", "basicConstraints=CA:FALSE", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1")
    out.touch(mode=0o600)
    out.write_text(key.read_text() + cert.read_text() + chain)
    return out


def _server(out: Path, sign, name: str, issuer: tuple[Path, Path] | None) -> None:
    """Key, certificate and its authority in one file, as Kafka's PEM key store wants it."""
    cert, key = out.with_suffix(".crt"), out.with_suffix(".key")
    address = ",IP:127.0.0.1" if name == "localhost" else ""
    sign(name, f"subjectAltName=DNS:{name}{address}", (cert, key), issuer)
    out.touch(mode=0o600)
    out.write_text(key.read_text() + cert.read_text() + (issuer[0].read_text() if issuer else ""))


def _authority(name: str, out: tuple[Path, Path]) -> None:
    _new(name, out, "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign,cRLSign")


def _self_signed(name: str, extension: str, out: tuple[Path, Path], _) -> None:
    _new(name, out, "-addext", "basicConstraints=CA:FALSE", "-addext", extension)


def _expired(name: str, extension: str, out: tuple[Path, Path], issuer: tuple[Path, Path]) -> None:
    # In two steps, because `req -x509` makes nothing that is over already.
    cert, key = out
    request = cert.with_suffix(".csr")
    _run("req", "-new", *_NEW_KEY, "-subj", f"/CN={name}", "-addext", extension, "-keyout", key, "-out", request)
    _run("x509", "-req", "-in", request, "-days", "-1", "-CA", issuer[0], "-CAkey", issuer[1], "-CAcreateserial",
         "-copy_extensions", "copyall", "-out", cert)


def _signed(name: str, extension: str, out: tuple[Path, Path], issuer: tuple[Path, Path]) -> None:
    _new(name, out, "-CA", issuer[0], "-CAkey", issuer[1], "-addext", "basicConstraints=CA:FALSE",
         "-addext", extension)


def _new(name: str, out: tuple[Path, Path], *more) -> None:
    cert, key = out
    _run("req", "-x509", *_NEW_KEY, "-sha256", "-days", _DAYS, "-subj", f"/CN={name}", "-keyout", key, "-out", cert,
         *more)
    key.chmod(0o600)


def _run(*words) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)
