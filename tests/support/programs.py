"""Our programs: where they are, and running them with a deadline."""

import ctypes
import os
import signal
import subprocess
import threading
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_OUTPUT_CHARS_SHOWN = 4000
_LIBC = ctypes.CDLL(None)  # Loaded here: between fork and exec is no time for it.
_PR_SET_PDEATHSIG = 1


def program(name: str) -> Path:
    """The path of `name` in ODOGRAPH_BIN (set by ctest), else in build/dev/bin."""
    folder = Path(os.environ.get("ODOGRAPH_BIN") or REPOSITORY / "build/dev/bin")
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built: './dev build'")
    return path


def tool(name: str) -> Path:
    """The path of odograph_tests_NAME, a program that only tests use: in tests/ beside the folder of `program`."""
    path = program("odograph-agent").parents[1] / f"tests/odograph_tests_{name}"
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built: './dev build'")
    return path


def bench(name: str) -> Path:
    """The path of a benchmark: in bench/ beside the folder of `program`."""
    path = program("odograph-agent").parents[1] / "bench" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built: './dev bench' does")
    return path


def run(command, deadline_s: float = 30, expect: int | None = 0, **more) -> subprocess.CompletedProcess:
    """Runs `command` to its end and returns it with `stdout` and `stderr` as text.

    Raises AssertionError with both if it ends with another code than `expect` (None: any will do), and
    subprocess.TimeoutExpired after `deadline_s`; the program is gone by then.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=deadline_s, stdin=subprocess.DEVNULL, **more)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{' '.join(words)}: exit {done.returncode}, expected {expect}\n"
                             f"stdout: {done.stdout[-_OUTPUT_CHARS_SHOWN:]}\n"
                             f"stderr: {done.stderr[-_OUTPUT_CHARS_SHOWN:]}")
    return done


def die_with_parent() -> None:
    """For `preexec_fn`: the child is killed when the thread that started it ends, so that no test leaves one behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Background:
    """A program that runs beside the test; a context manager that always ends it.

    `stdout` and `stderr` are collected as they come: `output()` is both so far.
    """

    def __init__(self, command, **more):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=die_with_parent, **more)
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.append(line)

    def output(self) -> str:
        return "".join(self._lines)

    def running(self) -> bool:
        return self.process.poll() is None

    def terminate(self, deadline_s: float = 10) -> int:
        """SIGTERM, then waits; returns the exit code. TimeoutExpired if it does not end in time."""
        self.process.terminate()
        return self.wait(deadline_s)

    def kill(self) -> int:
        """SIGKILL; returns the exit code (-9, unless it had ended before)."""
        self.process.kill()
        return self.wait(10)

    def wait(self, deadline_s: float = 30) -> int:
        code = self.process.wait(timeout=deadline_s)
        self._reader.join(timeout=5)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
