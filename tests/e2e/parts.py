"""The programs of a running fleet, as the end-to-end tests start them."""

import json
from collections import Counter
from pathlib import Path

from tests.support.programs import Background, program, run
from tests.support.wait import wait_for

LIMIT_KMH = 120
VEHICLE = "truck-17"


class Agent:
    """`odograph-agent replay` of one recording into one broker, with a directory that outlives it."""

    def __init__(self, recording: Path, directory: Path, brokers: str, *settings: str):
        self.directory = directory
        self.socket = directory / "agent.sock"
        self._command = [
            program("odograph-agent"), "replay", recording,
            *_set(f"vehicle.id={VEHICLE}", f"storage.directory={directory}/data", f"status.socket={self.socket}",
                  f'kafka.brokers=["{brokers}"]', "sampling.mode=all", "rules.accuracy_gate=false",
                  "kafka.reconnect_backoff_max=2s", *settings)]
        self.runs: list[Background] = []

    def start(self, *more: str) -> Background:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.runs.append(Background(self._command + list(more)))
        return self.runs[-1]

    def status(self) -> dict | None:
        """What `status --json` tells; None while no agent answers."""
        done = run([program("odograph-agent"), "status", "--json", "--socket", self.socket], expect=None)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def durable(self) -> int:
        """Records of the recording that are durable so far, those of earlier runs included."""
        status = self.status()
        return status["replay"]["durable"] if status and "replay" in status else 0

    def wait_durable(self, count: int) -> int:
        running = self.runs[-1]

        def reached():
            assert running.running(), f"the agent ended:\n{running.output()}"
            return self.durable() >= count and self.durable()
        return wait_for(reached, 120, f"{count} durable records")


    def wait_sent(self) -> None:
        """Until this run has given the Kafka client more than it has removed; or until it has ended."""
        running = self.runs[-1]

        def more_sent():
            status = self.status()
            return not running.running() or (
                status and status["sending"]["sent_records"] > status["records"]["acked"])
        wait_for(more_sent, 120, "records on their way")


def _set(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def create_topics(brokers: str) -> None:
    run([program("odograph-fleet"), "topics", "create", "--brokers", brokers, "--dev"])


def processor(brokers: str, directory: Path) -> Background:
    """`odograph-fleet process` with the rule of the tests; its final report is in `directory`/report.json."""
    directory.mkdir(parents=True, exist_ok=True)
    return Background([
        program("odograph-fleet"), "process", "--brokers", brokers, "--report", directory / "report.json",
        *_set(f"rules.speed_limit_kmh={LIMIT_KMH}", "rules.accuracy_gate=false",
              f"status.socket={directory}/fleet.sock")])


def topic(brokers: str, name: str) -> list[dict]:
    """All of a topic, decoded."""
    done = run([program("odograph-fleet"), "decode", "--brokers", brokers, "--topic", name, "--until-end"],
               deadline_s=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def without_repeats(rows: list[dict]) -> tuple[list[dict], int]:
    """The rows without those whose identity came before, and how many those were."""
    seen = Counter()
    kept = []
    for row in rows:
        identity = (row["vehicle_id"], row["stream_id"], row["lane"], row["sequence"])
        seen[identity] += 1
        if seen[identity] == 1:
            kept.append(row)
    return kept, sum(seen.values()) - len(kept)


def holes(rows: list[dict]) -> list[tuple]:
    """Places where a lane's numbers of one boot are not dense from 1, in the order of the topic."""
    last: dict[tuple, int] = {}
    found = []
    for row in rows:
        key = (row["stream_id"], row["lane"], row["sequence"] >> 32)
        n = row["sequence"] & 0xFFFFFFFF
        if n != last.get(key, 0) + 1:
            found.append((*key, last.get(key, 0), n))
        last[key] = n
    return found
