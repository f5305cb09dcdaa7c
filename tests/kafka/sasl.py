"""SASL/OAUTHBEARER over TLS as far as tests speak it themselves, and the access rules of Kafka's own authorizer."""

import socket
import ssl
import struct
from pathlib import Path

from tests.kafka import protocol

_SASL_HANDSHAKE, _SASL_AUTHENTICATE, _CREATE_ACLS, _DELETE_ACLS = 17, 36, 30, 31
_AUTHENTICATION_FAILED = 58
# Of org.apache.kafka.common.resource.ResourceType and org.apache.kafka.common.acl.AclOperation.
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional-id": 5}
OPERATIONS = {"read": 3, "write": 4, "create": 5, "alter": 7, "describe": 8, "describe-configs": 10,
              "idempotent-write": 12}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


class AuthenticationRefused(Exception):
    """The broker did not take the token."""


def connect(address: str, ca: Path, timeout_s: float = 10) -> ssl.SSLSocket:
    """TLS to "host:port", verified by the authorities in `ca`."""
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context(cafile=str(ca))
    plain = socket.create_connection((host, int(port)), timeout=timeout_s)
    return context.wrap_socket(plain, server_hostname=host)


def authenticate(connection: socket.socket, token: str) -> None:
    """Raises AuthenticationRefused, with the broker's words, if it refuses the token."""
    body = protocol.call(connection, _SASL_HANDSHAKE, 1, protocol.string("OAUTHBEARER"))
    protocol.check(struct.unpack_from(">h", body)[0], "SaslHandshake")
    refusal = _send(connection, f"n,,\x01auth=Bearer {token}\x01\x01".encode())
    if refusal:
        _send(connection, b"\x01")  # RFC 7628, 3.2.3: the client has seen the refusal; now comes the error.
        raise AuthenticationRefused("the broker told of a refusal and went on")


def _send(connection: socket.socket, said: bytes) -> bytes:
    body = protocol.call(connection, _SASL_AUTHENTICATE, 0, struct.pack(">i", len(said)) + said)
    error, length = struct.unpack_from(">hh", body)
    if error == _AUTHENTICATION_FAILED:
        raise AuthenticationRefused(body[4:4 + length].decode())
    protocol.check(error, "SaslAuthenticate")
    return body[4 + max(0, length) + 4:]


def allow(connection: socket.socket, principal: str, rules: list[tuple[str, str, str]]) -> None:
    """Lets `principal` do what `rules` say: resource, name, operation; of `RESOURCES` and `OPERATIONS`.

    A name that ends with `*` stands for all that begin so.
    """
    request = struct.pack(">i", len(rules))
    for resource, name, operation in rules:
        pattern = _PREFIXED if name.endswith("*") else _LITERAL
        request += struct.pack(">b", RESOURCES[resource])
        request += protocol.string(name.rstrip("*")) + struct.pack(">b", pattern)
        request += protocol.string(f"User:{principal}") + protocol.string("*")
        request += struct.pack(">bb", OPERATIONS[operation], _ALLOW)
    body = protocol.call(connection, _CREATE_ACLS, 1, request)
    at = 8  # Throttle time, count.
    for rule in rules:
        error = struct.unpack_from(">h", body, at)[0]
        protocol.check(error, f"allowing {rule}")
        at = protocol.skip_string(body, at + 2)


def forbid(connection: socket.socket, principal: str) -> None:
    """Takes back all that was allowed to `principal`."""
    any_of_them, any_pattern, nothing = 1, 1, struct.pack(">h", -1)
    request = struct.pack(">ib", 1, any_of_them) + nothing + struct.pack(">b", any_pattern)
    request += protocol.string(f"User:{principal}") + nothing + struct.pack(">bb", any_of_them, any_of_them)
    body = protocol.call(connection, _DELETE_ACLS, 1, request)
    protocol.check(struct.unpack_from(">h", body, 8)[0], f"taking back what {principal} may do")
