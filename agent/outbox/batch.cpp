#include "agent/outbox/batch.h"

#include <algorithm>
#include <span>
#include <utility>

#include "agent/outbox/row_format.h"
#include "lib/wire/record_batch.h"

namespace odograph::outbox {
namespace {

std::int64_t ms_of(const std::optional<base::BootTime>& time) { return time ? time->time_since_epoch().count() : 0; }

/// How many of `records` go into the next chunk.
std::size_t cut(std::span<const model::Record> records) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < records.size() && count < wire::kRecordsMax) {
    bytes += weight(records[count]);
    if (count > 0 && bytes > kChunkBytesMax) break;
    ++count;
  }
  return count;
}

/// Before the loss record's own time; nothing where the two boots' times cannot be related.
std::optional<base::Millis> ago(std::int64_t at_ms, std::uint32_t boot, const LossContext& context) {
  base::Millis ago = context.now.time_since_epoch() - base::Millis{at_ms};
  if (boot != context.boot) {
    const auto then = context.anchors.find(boot);
    const auto now = context.anchors.find(context.boot);
    if (then == context.anchors.end() || now == context.anchors.end()) return {};
    ago += now->second.offset - then->second.offset;
  }
  return std::max(ago, base::Millis{0});
}

}  // namespace

void append(Batch& batch, model::Lane lane, std::vector<model::Record> records, base::BootTime made) {
  LaneEnd& end = batch.ends[index_of(lane)];
  auto& tally = batch.tally[index_of(lane)];
  for (auto& record : records) record.n = ++end.n;
  for (std::span<const model::Record> rest(records); !rest.empty();) {
    const auto part = rest.first(cut(rest));
    rest = rest.subspan(part.size());
    auto packed = wire::pack(part);
    Row row;
    row.lane = lane;
    row.id = chunk_id(batch.transaction.boot, ++end.chunk_no);
    row.first_n = part.front().n;
    row.count = static_cast<std::uint32_t>(part.size());
    row.t0_ms = ms_of(part.front().boot_time);
    row.t1_ms = ms_of(part.back().boot_time);
    row.made_ms = made.time_since_epoch().count();
    row.flags = Row::kFormat1 | static_cast<std::uint32_t>(packed.codec);
    const bool all_utc = std::all_of(part.begin(), part.end(), [](const auto& r) { return r.utc.has_value(); });
    if (all_utc) row.flags |= Row::kAllUtc;
    row.rule_set = batch.rule_set;
    row.payload = std::move(packed.columns);
    tally.records += row.count;
    tally.bytes += stored_bytes(row);
    batch.transaction.rows.push_back(std::move(row));
  }
}

void renumber(Batch& batch, std::uint32_t boot, const std::array<LaneEnd, kLanes>& ends) {
  auto& transaction = batch.transaction;
  transaction.boot = boot;
  transaction.acked = {};
  transaction.evicted.clear();
  transaction.ends.reset();
  batch.ends = ends;
  batch.corrupt_chunks = 0;
  for (auto& tally : batch.tally) tally.acked = tally.evicted = tally.corrupt = tally.bytes_gone = 0;
  for (Row& row : transaction.rows) {
    LaneEnd& end = batch.ends[index_of(row.lane)];
    row.id = chunk_id(boot, ++end.chunk_no);
    row.first_n = end.n + 1;
    end.n += row.count;
  }
}

std::vector<model::Record> loss_records(const std::vector<Row>& rows, model::LossReason reason,
                                        const LossContext& context) {
  std::vector<model::Record> records;
  for (const Row& row : rows) {
    if (records.empty() || records.back().loss->boot != row.boot()) {
      model::Record record = own_record(context.now);
      record.loss = model::LossReport{.lane = row.lane, .boot = row.boot(), .first_n = row.first_n, .reason = reason};
      record.loss->first_ago = ago(row.t0_ms, row.boot(), context);
      records.push_back(std::move(record));
    }
    model::LossReport& loss = *records.back().loss;
    loss.last_n = row.last_n();
    loss.count += row.count;
    loss.last_ago = ago(row.t1_ms, row.boot(), context);
  }
  return records;
}

model::Record ring_loss_record(model::Lane lane, std::uint32_t boot, const Ring::Lost& lost, base::BootTime now) {
  const base::BootTime at = std::max(now, lost.last);
  auto record = own_record(at);
  record.loss = model::LossReport{.lane = lane,
                                  .boot = boot,
                                  .count = lost.count,
                                  .reason = model::LossReason::kRingFull,
                                  .first_ago = at - lost.first,
                                  .last_ago = at - lost.last};
  return record;
}

model::Record own_record(base::BootTime at) {
  model::Record record;
  record.boot_time = at;
  record.reason = model::reason::kEvent;
  return record;
}

}  // namespace odograph::outbox
