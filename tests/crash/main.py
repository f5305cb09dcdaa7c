"""kill -9 at random moments while records are fed, and then: is everything there? See tests/crash/README.md."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.crash.crash import Wanted, crash
from tests.crash.live import crash_live
from tests.kafka.kafka_server import KafkaServer
from tests.support.programs import REPOSITORY


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev crashtest", description=__doc__)
    parser.add_argument("--live", action="store_true",
                        help="a live agent and a receiver that goes on where the report says, instead of a replay")
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--seed", type=int, default=None, help="of the moments (default: another one each time)")
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--feeding-ms", type=int, default=150,
                        help="mean time from a life's first durable record to its kill (default: 150)")
    parser.add_argument("--write", type=Path, help="the result as JSON into this file")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    print(f"crashtest: seed {seed}", file=sys.stderr)
    wanted = Wanted(arguments.kills, seed, arguments.records, arguments.feeding_ms / 1000)
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="crashtest-", dir=REPOSITORY / "build") as directory:
        kafka = KafkaServer(Path(directory) / "kafka")
        try:
            result = (crash_live if arguments.live else crash)(wanted, Path(directory), kafka)
        finally:
            kafka.kill()
    result.tell()
    if arguments.write:
        result.write(arguments.write)
    return 1 if result.is_broken() else 0


if __name__ == "__main__":
    sys.exit(main())
