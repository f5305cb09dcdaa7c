"""Ten kills and more on a real broker; and the same without transactions, which must be found out."""

import os

from tests.chaos.chaos import Wanted, chaos

SEED = int(os.environ.get("ODOGRAPH_CHAOS_SEED", "20261123"))


def test_nothing_is_lost_or_doubled(kafka_available, tmp_path):
    result = chaos(Wanted(kills=10, seed=SEED), tmp_path)
    result.tell()
    assert result.kills == 10
    assert result.verdict.inputs > 10_000 and result.verdict.alerts > 100 and result.verdict.states > 40
    assert result.verdict.rules >= 4 and result.verdict.stop_events > 100 and result.verdict.learnt > 100
    assert not result.verdict.is_broken(), (tmp_path / "instances.log").read_text()[-8000:]


def test_without_transactions_it_is_found_out(kafka_available, tmp_path):
    """Killed while it has written what it has not committed."""
    wanted = Wanted(kills=2, seed=SEED, messages_per_second=200, suspensions=0, broker_restarts=0,
                    guarantee="at_least_once", commit_interval="1min", only_at_work=True)
    result = chaos(wanted, tmp_path)
    result.tell()
    assert result.verdict.doubled > 0
    assert result.verdict.lost == 0
