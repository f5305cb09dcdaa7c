"""A link as slow as a vehicle's, made of the kernel's own parts: a network namespace, a veth pair, and tc's tbf."""

import os
import shutil
import subprocess

_TRIES = 5
_BURST_BYTES = 1600  # One packet.
_QUEUE_BYTES = 64 << 10  # As deep as a modem's: what is sent and not acknowledged waits there, and is not dropped.


def unavailable() -> str:
    """Why there can be no slow link here; empty if there can."""
    if os.geteuid() != 0:
        return "a slow link needs root"
    lacking = [tool for tool in ("ip", "tc") if not shutil.which(tool)]
    return f"a slow link needs {' and '.join(lacking)} (iproute2)" if lacking else ""


class SlowLink:
    """A context manager: programs started with `inside` reach the rest of the machine at `host` only, through a link of
    so many bits a second in each direction, MTU 1500. Raises RuntimeError where the kernel has no such thing.
    """

    def __init__(self, bits_per_s: int):
        self.bits_per_s = bits_per_s
        self.host = ""
        self._space = ""

    def inside(self) -> tuple:
        """Words before a command; the program takes over the process."""
        return ("ip", "netns", "exec", self._space)

    def __enter__(self) -> "SlowLink":
        for attempt in range(_TRIES):
            number = (os.getpid() + attempt * 7919) % 16384  # Others may make links at the same time.
            self._space = f"slow-{number}"
            if _ip("netns", "add", self._space).returncode == 0:
                break
        else:
            raise RuntimeError(f"no network namespace: {_ip('netns', 'add', self._space).stderr.strip()}")
        try:
            self._connect(number)
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        _ip("link", "del", f"{self._space}a")
        _ip("netns", "del", self._space)

    def _connect(self, number: int) -> None:
        ours, theirs = f"{self._space}a", f"{self._space}b"
        net = f"10.{200 + number // 4096}.{number // 16 % 256}"
        first = number % 16 * 16
        self.host = f"{net}.{first + 1}"
        there = ("netns", "exec", self._space)
        shape = ("root", "tbf", "rate", f"{self.bits_per_s}bit", "burst", str(_BURST_BYTES), "limit", str(_QUEUE_BYTES))
        for words in (("link", "add", ours, "mtu", "1500", "type", "veth", "peer", "name", theirs, "mtu", "1500",
                       "netns", self._space),
                      ("addr", "add", f"{self.host}/30", "dev", ours),
                      ("link", "set", ours, "up"),
                      (*there, "ip", "link", "set", "lo", "up"),
                      (*there, "ip", "addr", "add", f"{net}.{first + 2}/30", "dev", theirs),
                      (*there, "ip", "link", "set", theirs, "up"),
                      (*there, "tc", "qdisc", "add", "dev", theirs, *shape)):
            _must(_ip(*words))
        _must(subprocess.run(["tc", "qdisc", "add", "dev", ours, *shape], capture_output=True, text=True))


def _ip(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["ip", *words], capture_output=True, text=True)


def _must(done: subprocess.CompletedProcess) -> None:
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(done.args)}: {done.stderr.strip()}")
