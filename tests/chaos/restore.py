"""How long a processor that was killed takes until it has the state of so many vehicles again and goes on."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.chaos import make_topics
from tests.chaos.instances import Instances
from tests.kafka.kafka_server import KafkaServer
from tests.support.programs import run, tool
from tests.support.wait import wait_for

_NAME = "processor-0"
_PARTITIONS = 6
_FILL_S_MAX = 240
_RESTORE_S_MAX = 120


@dataclass
class Restored:
    vehicles: int
    rows: int
    restore_s: float  # As the processor measured it.
    back_s: float  # From its start until all partitions are read to their end, connecting and joining included.

    def tell(self) -> None:
        print(f"restore: {self.vehicles:,} vehicles from {self.rows:,} rows in {self.restore_s:.1f} s; "
              f"{self.back_s:.1f} s from the start of the process until it had caught up")


def restore(vehicles: int, directory: Path) -> Restored:
    with KafkaServer(directory / "kafka") as server:
        make_topics(server)
        run([tool("chaos_feed"), server.bootstrap, 1, vehicles, vehicles, 0, "in-turn"], deadline_s=_FILL_S_MAX)
        instances = Instances(server.bootstrap, directory)

        def caught_up():
            counts = instances.counts(_NAME)
            is_done = counts.get("partitions_caught_up") == _PARTITIONS and counts["lag"]["messages"] == 0
            return counts if is_done and counts["vehicles"] == vehicles else None
        try:
            instances.start(_NAME)
            wait_for(caught_up, _FILL_S_MAX, f"{vehicles} vehicles", interval_s=0.5)
            # What it has not committed yet it would have to do again: that is no part of this measurement.
            instances.stop(_NAME)
            instances.start(_NAME)
            begun = time.monotonic()
            counts = wait_for(caught_up, _RESTORE_S_MAX, "their state", interval_s=0.05)
            return Restored(counts["vehicles"], counts["restored_rows"], counts["restore_ms"] / 1000,
                            time.monotonic() - begun)
        finally:
            instances.end()
