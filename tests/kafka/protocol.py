"""The few requests of the Kafka protocol that tests need before any client of ours exists.

Old, non-flexible versions throughout: a header of key, version, correlation id and client id, then the body; answers
begin with the correlation id. Layout: https://kafka.apache.org/protocol
"""

import socket
import struct
import time

_PRODUCE, _LIST_OFFSETS, _CREATE_TOPICS, _METADATA, _API_VERSIONS = 0, 2, 19, 3, 18
_LATEST = -1
_ANSWER_BYTES_MAX = 1 << 20
_CREATE_MS = 10_000


class ProtocolError(Exception):
    """The broker answered with an error code, or with something else than Kafka's protocol."""


def api_versions(connection: socket.socket) -> dict[int, tuple[int, int]]:
    """What the broker speaks: API key -> (lowest, highest version)."""
    body = call(connection, _API_VERSIONS, 0, b"")
    error, count = struct.unpack_from(">hi", body)
    check(error, "ApiVersions")
    return {key: (low, high) for key, low, high in struct.iter_unpack(">hhh", body[6:6 + 6 * count])}


def create_topic(connection: socket.socket, name: str, partitions: int, settings: dict[str, str] | None = None) -> None:
    """Creates a topic with one replica."""
    shape = struct.pack(">ihi", partitions, 1, 0)  # replicas, no assignments
    told = settings or {}
    shape += struct.pack(">i", len(told)) + b"".join(string(key) + string(value) for key, value in told.items())
    request = struct.pack(">i", 1) + string(name) + shape + struct.pack(">i?", _CREATE_MS, False)
    body = call(connection, _CREATE_TOPICS, 2, request)
    at = 8 + 2 + len(name.encode())  # throttle time, count of topics, the name
    check(struct.unpack_from(">h", body, at)[0], f"creating topic {name}")


def partition_count(connection: socket.socket, topic: str) -> int:
    """The number of partitions; 0 if there is no such topic."""
    body = call(connection, _METADATA, 1, struct.pack(">i", 1) + string(topic))
    at = 4
    for _ in range(struct.unpack_from(">i", body)[0]):  # brokers: id, host, port, rack
        at += 4
        at = skip_string(body, at) + 4
        at = skip_string(body, at)
    at += 4 + 4  # controller, count of topics
    error = struct.unpack_from(">h", body, at)[0]
    if error == 3:  # UNKNOWN_TOPIC_OR_PARTITION
        return 0
    check(error, f"describing topic {topic}")
    return struct.unpack_from(">i", body, skip_string(body, at + 2) + 1)[0]


def produce(connection: socket.socket, topic: str, key: bytes, value: bytes) -> None:
    """Writes one message to partition 0 of `topic`."""
    batch = _record_batch(key, value)
    request = struct.pack(">hhi", -1, -1, 10_000)  # no transaction, all replicas, milliseconds
    request += struct.pack(">i", 1) + string(topic) + struct.pack(">iii", 1, 0, len(batch)) + batch
    body = call(connection, _PRODUCE, 3, request)
    check(struct.unpack_from(">h", body, skip_string(body, 4) + 4 + 4)[0], f"writing to {topic}")


def end_offset(connection: socket.socket, topic: str) -> int:
    """Where the next message of partition 0 of `topic` will be."""
    request = struct.pack(">i", -1) + struct.pack(">i", 1) + string(topic) + struct.pack(">iiq", 1, 0, _LATEST)
    body = call(connection, _LIST_OFFSETS, 1, request)
    error, _, offset = struct.unpack_from(">hqq", body, skip_string(body, 4) + 4 + 4)
    check(error, f"end of {topic}")
    return offset


def _record_batch(key: bytes, value: bytes) -> bytes:
    """One record of now, by no idempotent producer. Layout: https://kafka.apache.org/documentation/#recordbatch"""
    record = b"\0\0\0" + _varint(len(key)) + key + _varint(len(value)) + value + _varint(0)
    now_ms = int(time.time() * 1000)
    checked = struct.pack(">hiqqqhii", 0, 0, now_ms, now_ms, -1, -1, -1, 1) + _varint(len(record)) + record
    rest = struct.pack(">ibI", -1, 2, _crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(rest)) + rest


def _varint(number: int) -> bytes:
    zigzag = number << 1  # None of ours is negative.
    out = b""
    while zigzag >= 0x80:
        out += bytes([zigzag & 0x7F | 0x80])
        zigzag >>= 7
    return out + bytes([zigzag])


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def call(connection: socket.socket, key: int, version: int, body: bytes) -> bytes:
    """Sends one request and returns the body of its answer."""
    request = struct.pack(">hhi", key, version, 1) + string("odograph-tests") + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    size = struct.unpack(">i", _receive(connection, 4))[0]
    if not 4 <= size <= _ANSWER_BYTES_MAX:
        raise ProtocolError(f"an answer of {size} bytes")
    return _receive(connection, size)[4:]


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ProtocolError("the broker closed the connection")
        data += part
    return data


def string(text: str) -> bytes:
    """As non-flexible versions have it: two bytes of length before it."""
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def skip_string(body: bytes, at: int) -> int:
    """Where the string at `at`, which may be null, ends."""
    return at + 2 + max(0, struct.unpack_from(">h", body, at)[0])


def check(error: int, what: str) -> None:
    """Raises ProtocolError unless `error` is 0."""
    if error != 0:
        raise ProtocolError(f"{what}: Kafka error code {error}")
