"""A captive portal: answers HTTP to whatever comes, until somebody has logged in; then lets everything through."""

import socket
import threading

_REDIRECT = (b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Type: text/html\r\n"
             b"Content-Length: 27\r\nConnection: close\r\n\r\n<html>Please log in.</html>")
_PIECE_BYTES = 65536


class Portal:
    """Listens at once, at `port` of 127.0.0.1; a context manager. `visits` are the connections so far."""

    def __init__(self):
        self.visits = 0
        self._behind: tuple[str, int] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def log_in(self, host: str, port: int) -> None:
        """From now on who connects reaches `host`:`port`."""
        self._behind = host, port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            serve = self._relay if self._behind else _redirect
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(self._behind, timeout=10)
            except OSError:
                return
            with server:
                server.settimeout(None)
                back = threading.Thread(target=_pass, args=(server, client), daemon=True)
                back.start()
                _pass(client, server)
                back.join()


def _redirect(client: socket.socket) -> None:
    with client:
        try:
            if client.recv(_PIECE_BYTES):
                client.sendall(_REDIRECT)
                client.shutdown(socket.SHUT_WR)
                while client.recv(_PIECE_BYTES):
                    pass
        except OSError:
            pass  # It went away.


def _pass(one: socket.socket, other: socket.socket) -> None:
    try:
        while piece := one.recv(_PIECE_BYTES):
            other.sendall(piece)
    except OSError:
        pass
    try:
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass
