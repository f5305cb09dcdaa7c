"""Processors that are started, killed, suspended and stopped."""

import itertools
import os
import signal
from pathlib import Path

from tests.support.agent_status import status_of
from tests.support.programs import Background, program

# As short as the brokers let it be, so that a suspended instance is given up soon.
SESSION_S = 6
_STOP_S_MAX = 40


class Instances:
    """At most one process of each name; the name is kept over restarts, as an ordinal of a StatefulSet is."""

    def __init__(self, bootstrap: str, directory: Path, settings: dict[str, str] | None = None,
                 reports: tuple[str, ...] = ("single",), config: Path | None = None):
        """`reports`: as one start after the other writes them."""
        self._bootstrap = bootstrap
        self._directory = directory
        self._settings = settings or {}
        self._reports = itertools.cycle(reports)
        self._config = config
        self._running: dict[str, Background] = {}
        self.outputs: list[str] = []  # Of those that ended.

    def names(self) -> list[str]:
        return sorted(self._running)

    def start(self, name: str) -> None:
        settings = {"kafka.instance": name, "kafka.session_timeout": f"{SESSION_S}s", "rules.speed_limit_kmh": "80",
                    "rules.flap_cycles": "0",  # The more alerts, the more there is to lose.
                    "status.socket": str(self._socket(name)), "process.reports": next(self._reports), **self._settings}
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        if self._config:
            words += ["--config", self._config]
        self._running[name] = Background([program("odograph-fleet"), "process", "--brokers", self._bootstrap, *words])

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        self._keep(name, process)

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        code = process.terminate(_STOP_S_MAX)
        self._keep(name, process)
        # One that has only just been started knows nothing of signals yet.
        assert code in (0, -signal.SIGTERM), f"{name} ended with {code}:\n{process.output()}"

    def suspend(self, name: str) -> None:
        os.kill(self._running[name].process.pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.kill(self._running[name].process.pid, signal.SIGCONT)

    def restart_the_ended(self) -> int:
        """What a supervisor does. Returns how many."""
        ended = [name for name, process in self._running.items() if not process.running()]
        for name in ended:
            self._keep(name, self._running.pop(name))
            self.start(name)
        return len(ended)

    def counts(self, name: str) -> dict:
        """Its own; empty while it does not answer."""
        return status_of(self._socket(name))

    def output(self, name: str) -> str:
        return self._running[name].output()

    def end(self) -> None:
        for name in self.names():
            self.resume(name)
            self.kill(name)

    def _socket(self, name: str) -> Path:
        return self._directory / f"{name}.sock"

    def _keep(self, name: str, process: Background) -> None:
        self.outputs.append("".join(f"{name}: {line}\n" for line in process.output().splitlines()))
