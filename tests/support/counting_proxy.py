"""A TCP proxy on the loopback interface that counts what goes through it, and looks at TLS from outside."""

import socket
import threading
from dataclasses import dataclass, field

_PIECE_BYTES = 65536
_HELLO_BYTES_MAX = 16384
_HANDSHAKE, _CLIENT_HELLO, _PRE_SHARED_KEY = 22, 1, 41


@dataclass
class Counted:
    """One connection; bytes are TCP's payload."""

    up: int = 0  # From the client.
    down: int = 0
    hello: bytes = b""  # What the client said first.
    ends: list[socket.socket] = field(default_factory=list, repr=False)

    def offers_resumption(self) -> bool:
        """Whether the client's first message has a TLS 1.3 session to go on with (RFC 8446, 4.2.11)."""
        return _PRE_SHARED_KEY in _extensions(self.hello)


def _extensions(hello: bytes) -> list[int]:
    """The extensions of a ClientHello (RFC 8446, 4.1.2), which has to be there as a whole."""
    assert hello[0] == _HANDSHAKE and hello[5] == _CLIENT_HELLO, "no TLS here"
    at = 5 + 4 + 2 + 32  # Headers of record and message, version, random.
    at += 1 + hello[at]  # Session id.
    at += 2 + int.from_bytes(hello[at:at + 2], "big")  # Cipher suites.
    at += 1 + hello[at]  # Compression methods.
    end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 2
    found = []
    while at < end:
        found.append(int.from_bytes(hello[at:at + 2], "big"))
        at += 4 + int.from_bytes(hello[at + 2:at + 4], "big")
    return found


class CountingProxy:
    """Listens at once, at `address`; `target` (host, port) is to be told before somebody connects."""

    def __init__(self):
        self.target: tuple[str, int] | None = None
        self.connections: list[Counted] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def up(self) -> int:
        return sum(one.up for one in self.connections)

    def down(self) -> int:
        return sum(one.down for one in self.connections)

    def total(self) -> int:
        return self.up() + self.down()

    def cut(self) -> None:
        """Ends all connections, as a link does that goes down."""
        for one in self.connections:
            for end in one.ends:
                _shut(end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            counted = Counted(ends=[client, server])
            self.connections.append(counted)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass_up, args=(counted,), daemon=True).start()
            threading.Thread(target=self._pass_down, args=(counted,), daemon=True).start()

    def _pass_up(self, counted: Counted) -> None:
        client, server = counted.ends
        for piece in _pieces(client):
            if len(counted.hello) < _HELLO_BYTES_MAX:
                counted.hello += piece[:_HELLO_BYTES_MAX - len(counted.hello)]
            counted.up += len(piece)
            _send(server, piece)
        _shut(server)

    def _pass_down(self, counted: Counted) -> None:
        client, server = counted.ends
        for piece in _pieces(server):
            counted.down += len(piece)
            _send(client, piece)
        _shut(client)


def _pieces(end: socket.socket):
    while True:
        try:
            piece = end.recv(_PIECE_BYTES)
        except OSError:
            return
        if not piece:
            return
        yield piece


def _send(end: socket.socket, piece: bytes) -> None:
    try:
        end.sendall(piece)
    except OSError:
        pass  # The other side has gone; what it did not get is counted all the same, as the sender has it.


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
