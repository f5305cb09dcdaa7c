"""The NMEA decoder and the wire format, by the programs that time them."""

import json

from tests.bench.table import Row, Section, less_than, of
from tests.support.programs import bench, run

_DEADLINE_S = 120
_NMEA_GOAL = 2.5
_PAYLOAD_GOAL_B = 10
_PAYLOAD_GOAL_N = 60


def nmea() -> Section:
    told = json.loads(run([bench("nmea_bench"), "--benchmark_format=json"], deadline_s=_DEADLINE_S).stdout)
    figures = next(one for one in told["benchmarks"] if "ratio" in one)
    ours, floor = figures["decoder_ns_per_sentence"], figures["framing_ns_per_sentence"]
    beside = of(ours, "framing and checksum alone", floor, f"<= {_NMEA_GOAL}")
    return Section("NMEA 0183: from bytes to fixes", "CPU time of one thread. Both in turn, many rounds; medians.",
                   [Row("framing and checksum alone", floor, "ns/sentence"),
                    Row("the whole decoder", ours, "ns/sentence", [beside])])


def wire() -> Section:
    told = json.loads(run([bench("wire_bench")], deadline_s=_DEADLINE_S).stdout)
    rows = []
    for batch in told["batches"]:
        n, ours = batch["n"], batch["odograph"]
        others = (("JSON", "json"), ("JSON + zstd", "json_zstd"),
                  ("protobuf + zstd", "protobuf_zstd"))
        against = [less_than(ours, name, batch[key]) for name, key in others]
        goal = f" (goal <= {_PAYLOAD_GOAL_B})" if n == _PAYLOAD_GOAL_N else ""
        what = f"{n} {'record' if n == 1 else 'records'} a message{goal}"
        rows.append(Row(what, ours, "B/record", against if n > 1 else against[:1]))
    batch = next(one for one in told["batches"] if one["n"] == _PAYLOAD_GOAL_N)
    rows += [Row(f"encoding {_PAYLOAD_GOAL_N}", batch["encode_ns"], "ns/record"),
             Row(f"decoding {_PAYLOAD_GOAL_N}", batch["decode_ns"], "ns/record")]
    note = (f"Whole messages with vehicle id and all, of a synthetic drive of {told['drive_s']:,} s: position, speed, "
            "heading, altitude, HDOP, satellites, five slow signals. Beside it JSON lines and one plain protobuf "
            "message, zstd level 3; zstd is left out wherever it gains nothing.")
    return Section("Payload of a message", note, rows)
