"""A vehicle's link between two network namespaces: as slow, as far and as deaf as a test wants it, while it is used.

Two TUN devices whose packets go through this process, so that the kernel needs no traffic control and real TCP stacks
at both ends see real loss. A broker at 127.0.0.1 of the one end is at 127.0.0.1 for the other end too.
"""

import ctypes
import fcntl
import heapq
import os
import select
import shutil
import struct
import subprocess
import threading
import time

_TRIES = 5
_QUEUE_BYTES = 64 << 10  # As deep as a modem's; what does not fit is dropped.
_PACKET_BYTES_MAX = 2048
_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_TCP = 6
_FAR = 1  # Of the two ends.
_LIBC = ctypes.CDLL(None, use_errno=True)


def unavailable() -> str:
    """Why there can be no such link here; empty if there can."""
    if os.geteuid() != 0:
        return "a rough link needs root"
    if not shutil.which("ip"):
        return "a rough link needs ip (iproute2)"
    return "" if os.path.exists("/dev/net/tun") else "a rough link needs /dev/net/tun"


class RoughLink:
    """A context manager: programs started with `near` are the vehicle's, with `far` the rest of the world. Raises
    RuntimeError where the kernel has no such thing.

    May be changed at any time: `bits_per_s` (0: as fast as it goes) and `delay_s` of each direction, `deaf`, while
    which every packet vanishes, and `up_bytes_max` (0: all pass), above which one from the near end does.
    """

    def __init__(self):
        self.bits_per_s = 0
        self.delay_s = 0.0
        self.deaf = False
        self.up_bytes_max = 0
        self.packets_dropped = 0
        self._name = ""
        self._tuns: list[int] = []
        self._stop_read, self._stop_write = os.pipe()
        self._forgotten: set[bytes] = set()
        self._flows: set[bytes] = set()
        self._thread = threading.Thread(target=self._pass_all, daemon=True)

    def near(self, *files: str) -> tuple:
        """Words before a command. Each of `files`, "PATH:SEEN_AS", stands in for one of the system's."""
        return self._inside("n", files)

    def far(self) -> tuple:
        return self._inside("f", ())

    def forget(self) -> None:
        """Packets of connections that are there now vanish from now on, as behind a router that has lost its table."""
        self._forgotten |= self._flows

    def __enter__(self) -> "RoughLink":
        for attempt in range(_TRIES):
            self._name = f"rough-{(os.getpid() + attempt * 7919) % 65536}"  # Others may make links at the same time.
            if _ip("netns", "add", f"{self._name}n").returncode == 0:
                break
        else:
            raise RuntimeError(f"no network namespace: {_ip('netns', 'add', self._name).stderr.strip()}")
        try:
            self._connect()
        except (RuntimeError, OSError) as error:
            self.__exit__()
            raise RuntimeError(f"no rough link: {error}") from error
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        os.write(self._stop_write, b"x")
        if self._thread.ident:
            self._thread.join()
        for fd in (*self._tuns, self._stop_read, self._stop_write):
            os.close(fd)
        for end in "nf":
            _ip("netns", "del", f"{self._name}{end}")

    def _inside(self, end: str, files) -> tuple:
        enter = ("ip", "netns", "exec", f"{self._name}{end}")
        if not files:
            return enter
        # ip has made a mount namespace for the command.
        binds = " && ".join(f"mount --bind {path} {seen}" for path, seen in (one.split(":") for one in files))
        return (*enter, "sh", "-c", f'{binds} && exec "$@"', "sh")

    def _connect(self) -> None:
        _must(_ip("netns", "add", f"{self._name}f"))
        self._tuns = [_tun_inside(f"{self._name}{end}") for end in "nf"]
        for end, own, other in (("n", "10.99.0.2", "10.99.0.1"), ("f", "10.99.0.1", "10.99.0.2")):
            inside = ("-n", f"{self._name}{end}")
            _must(_ip(*inside, "addr", "add", own, "peer", other, "dev", "rough"))
            _must(_ip(*inside, "link", "set", "rough", "mtu", "1400", "up"))
            _must(subprocess.run([*self._inside(end, ()), "sh", "-c",
                                  "for i in all rough; do echo 1 > /proc/sys/net/ipv4/conf/$i/route_localnet; "
                                  "echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done"],
                                 capture_output=True, text=True))
        # The near end has no loopback interface: what is local is the far end's.
        _must(_ip("-n", f"{self._name}n", "route", "add", "127.0.0.0/8", "dev", "rough"))
        _must(_ip("-n", f"{self._name}f", "link", "set", "lo", "up"))

    def _pass_all(self) -> None:
        due: list[tuple[float, int, int, bytes]] = []  # When, in which order, for which end.
        free_at, waiting, count = [0.0, 0.0], [0, 0], 0
        while True:
            now = time.monotonic()
            while due and due[0][0] <= now:
                _, _, end, packet = heapq.heappop(due)
                waiting[end] -= len(packet)
                _write(self._tuns[end], packet)
            wait = max(0.0, due[0][0] - now) if due else None
            ready = select.select([*self._tuns, self._stop_read], [], [], wait)[0]
            if self._stop_read in ready:
                return
            for fd in ready:
                packet = os.read(fd, _PACKET_BYTES_MAX)
                end = 1 - self._tuns.index(fd)
                if self._is_lost(packet, end) or waiting[end] + len(packet) > _QUEUE_BYTES:
                    self.packets_dropped += 1
                    continue
                now = time.monotonic()
                took = len(packet) * 8 / self.bits_per_s if self.bits_per_s else 0.0
                free_at[end] = max(now, free_at[end]) + took
                count += 1
                waiting[end] += len(packet)
                heapq.heappush(due, (free_at[end] + self.delay_s, count, end, packet))

    def _is_lost(self, packet: bytes, end: int) -> bool:
        flow = _flow(packet)
        if flow:
            self._flows.add(flow)
        is_too_large = end == _FAR and 0 < self.up_bytes_max < len(packet)
        return self.deaf or is_too_large or flow in self._forgotten


def _flow(packet: bytes) -> bytes:
    """Both ports of an IPv4 TCP packet, in the same order for both directions; empty for others."""
    if packet[0] >> 4 != 4 or packet[9] != _TCP:
        return b""
    at = (packet[0] & 15) * 4
    return b"".join(sorted((packet[at:at + 2], packet[at + 2:at + 4])))


def _write(fd: int, packet: bytes) -> None:
    try:
        os.write(fd, packet)
    except OSError:
        pass  # The device is down already.


def _tun_inside(space: str) -> int:
    """A device `rough` in the network namespace. Made by a thread of its own, which enters it and ends there."""
    made: list = []

    def make() -> None:
        try:
            with open(f"/run/netns/{space}", "rb") as there:
                if _LIBC.setns(there.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", b"rough", _IFF_TUN | _IFF_NO_PI))
            made.append(fd)
        except OSError as error:
            made.append(error)
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def _ip(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["ip", *words], capture_output=True, text=True)


def _must(done: subprocess.CompletedProcess) -> None:
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(done.args)}: {done.stderr.strip()}")
