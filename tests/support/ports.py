"""Ports on the loopback interface that nobody uses."""

import random
import socket

# Below the range from which Linux takes the ports of outgoing connections: a server that is stopped and started again
# on its port would else find it taken now and then, even by its own client, which can connect to itself.
_FIRST, _LAST = 20_000, 32_000
_TRIES_MAX = 200


def free_ports(count: int) -> list[int]:
    """`count` different ports that could be bound just now."""
    held: list[socket.socket] = []
    try:
        for _ in range(_TRIES_MAX):
            if len(held) == count:
                break
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", random.SystemRandom().randint(_FIRST, _LAST)))
                held.append(candidate)
            except OSError:
                candidate.close()
        if len(held) < count:
            raise RuntimeError(f"no {count} free ports between {_FIRST} and {_LAST}")
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def free_port() -> int:
    """One port that could be bound just now."""
    return free_ports(1)[0]
