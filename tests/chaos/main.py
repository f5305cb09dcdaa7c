"""kill -9 and worse for the fleet's processor on a real broker, and then: every output exactly once? See README.md."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.chaos import Wanted, chaos
from tests.chaos.restore import restore
from tests.support.programs import REPOSITORY


def restore_alone(vehicles: int) -> int:
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=REPOSITORY / "build") as directory:
        restore(vehicles, Path(directory)).tell()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="of records and moments (default: another each time)")
    parser.add_argument("--suspensions", type=int, default=1, help="SIGSTOP for longer than the session")
    parser.add_argument("--broker-restarts", type=int, default=1)
    parser.add_argument("--reports", choices=("single", "packed"), help="how they are written (default: in turn)")
    parser.add_argument("--without-transactions", action="store_true", help="the negative control: it must fail")
    parser.add_argument("--keep", type=Path, help="a folder for the instances' logs")
    parser.add_argument("--restore", type=int, metavar="VEHICLES", help="how long that takes instead, without chaos")
    arguments = parser.parse_args()
    if arguments.restore is not None:
        return restore_alone(arguments.restore)
    seed = random.SystemRandom().randrange(1 << 31) if arguments.seed is None else arguments.seed
    print(f"chaos: seed {seed}", file=sys.stderr)
    guarantee = "at_least_once" if arguments.without_transactions else "exactly_once"
    wanted = Wanted(arguments.kills, seed, suspensions=arguments.suspensions,
                    broker_restarts=arguments.broker_restarts, guarantee=guarantee,
                    reports=(arguments.reports,) if arguments.reports else Wanted.reports)
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=REPOSITORY / "build") as directory:
        try:
            result = chaos(wanted, Path(directory))
        finally:
            log = Path(directory) / "instances.log"
            if arguments.keep and log.exists():
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / "instances.log").write_text(log.read_text())
    result.tell()
    return 1 if result.verdict.is_broken() else 0


if __name__ == "__main__":
    sys.exit(main())
