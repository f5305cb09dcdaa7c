"""./dev bench fleet at a small size: that it runs, and that both programs write the same."""

from tests.bench.fleet import Wanted, measure
from tests.conftest import missing
from tests.kafka.jars import Unavailable


def test_both_programs_do_the_same_job(kafka_available, tmp_path):
    try:
        sections = measure(tmp_path, Wanted(records=6_000, vehicles=50, forms=("packed",), many=False))
    except Unavailable as error:
        missing(str(error))
    assert all(row.value > 0 for row in sections[0].rows)
    assert "processed-data-topic: 100 messages" in sections[0].note
