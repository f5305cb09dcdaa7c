"""Prints the records of a RecordBatch file as JSON lines; the rules are in proto/README.md. The output of
`protoc --python_out=DIR proto/raw/record_batch.proto` must be on PYTHONPATH."""
import json, sys, zstandard
from itertools import accumulate, chain, cycle, islice, repeat
from proto.raw import record_batch_pb2 as raw

def rice(code):  # Bits, the lowest of each byte first; what remains at the end are ones.
    bits, at = [byte >> i & 1 for byte in code[1:] for i in range(8)], 0
    number = lambda begin, length: sum(bits[begin + i] << i for i in range(length))
    while 0 in bits[at:at + 12] or len(bits) - at >= 12:
        ones = (bits[at:at + 12] + [0]).index(0)  # Twelve: the length of the number follows.
        at, length = (at + 18, number(at + 12, 6) + 1) if ones == 12 else (at + ones + 1, code[0])
        u, at = number(at, length) | (0 if ones == 12 else ones << length), at + length
        yield u >> 1 ^ -(u & 1)
def padded(told, k):  # Zeros at the end are left out.
    return list(islice(chain(told, repeat(0)), k))
def first(told, k):  # First differences, modulo 2^64.
    return [(v + 2**63) % 2**64 - 2**63 for v in accumulate(padded(told, k))]
second = lambda told, k: first((told := padded(told, k))[:1] + list(accumulate(told[1:])), k)
def runs(told, k, sums=list):  # Value, length, value, length, ..., value; `sums` makes values of differences.
    return [v for v, n in zip(sums(told[::2]), [*told[1::2], k]) for _ in range(n)][:k] or [0] * k
runs_of_differences = lambda told, k: runs(told, k, accumulate)
def index(at, bit):  # Which records have the value: runs of 0 and 1.
    told = list(chain(*zip(cycle([0, 1]), at))) + [len(at) % 2]
    return [i for i, has in enumerate(runs(told, batch.count)) if has or c.present_in_all & bit]

batch = raw.RecordBatch.FromString(open(sys.argv[1], "rb").read())
c = raw.Columns.FromString(zstandard.decompress(batch.columns) if batch.codec == raw.ZSTD else batch.columns)
numbers = accumulate([batch.first_n] + [gap + 1 for gap in padded(c.n_gap, batch.count - 1)])
records = [{"vehicle_id": batch.vehicle_id, "lane": raw.Lane.Name(batch.lane),
            "sequence": 0 if batch.lane == raw.LIVE else batch.boot << 32 | n,
            **({"boot_nonce": batch.boot_nonce} if batch.boot_nonce else {})} for n in numbers]
for name in "time_quality", "flags", "reason", "mode":
    for record, value in zip(records, runs(getattr(c, name), batch.count)):
        record[name] = value
for name, told, differences, at, bit in [
        ("boot_time", c.boot_time, second, c.boot_time_at, 1), ("utc", c.utc, second, c.utc_at, 2),
        ("lat", rice(c.lat), second, c.position_at, 4), ("lon", rice(c.lon), second, c.position_at, 4),
        ("alt", rice(c.alt), first, c.alt_at, 8), ("speed", rice(c.speed), first, c.speed_at, 16),
        ("course", rice(c.course), first, c.course_at, 32), ("hdop", c.hdop, runs_of_differences, c.hdop_at, 64),
        ("satellites", c.satellites, runs_of_differences, c.satellites_at, 128)]:
    for i, value in zip(where := index(at, bit), differences(told, len(where))):
        records[i][name] = value
for s in c.signals:
    k = s.count or len(s.mantissa)
    for i, mantissa in zip(accumulate(gap + 1 for gap in first(s.gap, k)), first(s.mantissa, k)):
        records[i - 1].setdefault("signals", []).append([s.name, s.unit, s.decimals, mantissa])
print("\n".join(map(json.dumps, records)))
