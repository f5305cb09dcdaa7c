"""What a TLS handshake with a real Apache Kafka carries, and what a resumed one would."""

import socket
import ssl
from dataclasses import dataclass

from tests.kafka.kafka_server import KafkaServer
from tests.support.counting_proxy import CountingProxy

# What a record of TLS is longer than its content: header, nonce or type, and tag.
_RECORD_BYTES = {"TLSv1.3": 5 + 1 + 16, "TLSv1.2": 5 + 8 + 16}
ONLY_TLS_1_2 = "listener.name.{name}.ssl.enabled.protocols=TLSv1.2\nlistener.name.{name}.ssl.protocol=TLSv1.2\n"


@dataclass(frozen=True)
class Shake:
    """With which of the broker's listeners, and what it is called."""

    listener: str
    called: str
    options: int = 0  # Of OpenSSL's context.


# Kafka's Java puts its certificates into tickets; a session without one has a number, which TLS 1.2 alone has.
SHAKES = {
    "SHORT": Shake("SHORT", "TLS handshake, short certificate"),
    "CHAIN": Shake("CHAIN", "TLS handshake, RSA chain"),
    "OLD": Shake("OLD", "TLS 1.2 handshake, short certificate"),
    "OLD_NUMBER": Shake("OLD", "TLS 1.2 handshake, short certificate, no tickets", ssl.OP_NO_TICKET),
    "OLDCHAIN": Shake("OLDCHAIN", "TLS 1.2 handshake, RSA chain"),
    "OLDCHAIN_NUMBER": Shake("OLDCHAIN", "TLS 1.2 handshake, RSA chain, no tickets", ssl.OP_NO_TICKET),
}
LISTENERS = list(dict.fromkeys(shake.listener for shake in SHAKES.values()))
# ApiVersions, version 0, from nobody.
_QUESTION = bytes.fromhex("0000000a 0012 0000 00000001 0000")


def measure(proxy: CountingProxy, server: KafkaServer, options: int) -> tuple[int, int]:
    """Payload of a full TLS handshake and of a resumed one, by OpenSSL as Python has it: the same library."""
    context = ssl.create_default_context(cafile=str(server.certificates.ca))
    context.options |= options
    host = proxy.target[0]

    def shake(session=None):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as plain, \
                context.wrap_socket(plain, server_hostname=host, session=session) as secure:
            # The tickets to go on with come before the first answer.
            secure.sendall(_QUESTION)
            secure.recv(65536)
            assert secure.session_reused == (session is not None), "the broker resumes no session"
            version, cipher = secure.version(), secure.cipher()[0]
            assert "GCM" in cipher, f"{cipher}: another length of records"
            return secure.session, proxy.connections[-1].up + proxy.connections[-1].down, version
    session, full, version = shake()
    _, resumed, again = shake(session)
    exchange = _exchange(server, version)
    assert again == version
    return full - exchange, resumed - exchange


def _exchange(server: KafkaServer, version: str) -> int:
    """The same question and answer in the clear, with what TLS puts around two records."""
    with server.connect() as plain:
        plain.sendall(_QUESTION)
        return len(_QUESTION) + len(plain.recv(65536)) + 2 * _RECORD_BYTES[version]
