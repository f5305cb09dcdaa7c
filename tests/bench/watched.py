"""An agent that is watched from outside: through /proc and its status socket."""

import json
import os
import signal
import socket
import time
from pathlib import Path

from tests.support.programs import Background, program
from tests.support.wait import wait_for

_ANSWER_S = 5
_BLOCK_BYTES = 512  # of ru_oublock


def settings(home: Path, **values: str) -> list[str]:
    """`--set` words for an agent that lives in `home`; of a key the dots are written as two underscores."""
    places = {"storage__directory": f"{home}/data", "status__socket": f"{home}/agent.sock"}
    values = places | {"sampling__mode": "all"} | values
    return [word for key, value in values.items() for word in ("--set", f"{key.replace('__', '.')}={value}")]


class Watched:
    """A running agent; `ready_s` is from its start to its first answer. `inside` is a command that becomes it."""

    def __init__(self, words: list, home: Path, inside: tuple = ()):
        self.home = home
        self._asked_to_end = False
        began = time.monotonic()
        self._running = Background([*inside, program("odograph-agent"), *words])
        self.pid = self._running.process.pid
        wait_for(self.status, 30, "the agent to answer", interval_s=0.0005)
        self.ready_s = time.monotonic() - began
        self._written_before = self.written_bytes()

    def status(self) -> dict | None:
        assert self._running.running(), self._running.output()
        told = b""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_ANSWER_S)
            try:
                line.connect(str(self.home / "agent.sock"))
                while piece := line.recv(1 << 16):
                    told += piece
            except (FileNotFoundError, ConnectionError):
                return None
        return json.loads(told) if told else None

    def wait_for_status(self, what: str, is_so, deadline_s: float = 120) -> dict:
        """Polls until `is_so(status)`; seldom, since each answer costs the agent CPU time."""
        def look():
            status = self.status()
            return status if status and is_so(status) else None
        return wait_for(look, deadline_s, what, interval_s=0.1)

    def cpu_s(self) -> float:
        """CPU time of all threads so far; none of the agent's threads ends before the agent does."""
        stats = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in stats) / 1e9

    def written_bytes(self) -> int:
        """What it gave the file system to write, in whole pages; the file system's own journal is not in it."""
        return self._figure("io", "write_bytes:")

    def memory_mib(self, key: str) -> float:
        return self._figure("status", key) / 1024

    def private_mib(self) -> float:
        return sum(self._figure("smaps_rollup", key) for key in ("Private_Clean:", "Private_Dirty:")) / 1024

    def _figure(self, name: str, key: str) -> int:
        lines = Path(f"/proc/{self.pid}/{name}").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(key)))

    def ask_to_end(self) -> None:
        """Does not wait: librdkafka takes its time to close, and sleeps meanwhile."""
        if not self._asked_to_end:
            # Not by Popen, which may reap the process, and with it what `end` wants to know.
            os.kill(self.pid, signal.SIGTERM)
        self._asked_to_end = True

    def end(self) -> int:
        """Stops it; returns the bytes that it wrote from its first answer to its very end."""
        self.ask_to_end()
        _, status, usage = os.wait4(self.pid, 0)
        self._running.process.returncode = os.waitstatus_to_exitcode(status)
        assert status == 0, self._running.output()
        return usage.ru_oublock * _BLOCK_BYTES - self._written_before
