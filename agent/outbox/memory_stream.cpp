#include "agent/outbox/memory_stream.h"

#include <algorithm>
#include <utility>

#include "agent/outbox/boot_nonce.h"
#include "agent/outbox/store.h"

namespace odograph::outbox {

using base::BootTime;

std::uint64_t memory_stream_id(std::string_view vehicle_id) {
  // FNV-1a: it has to be the same in every version.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view part : {std::string_view("odograph memory "), vehicle_id}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return std::max<std::uint64_t>(hash, 1);
}

std::uint32_t memory_boot(base::UtcTime now) {
  constexpr base::Millis k2020{1'577'836'800'000};
  const std::int64_t seconds = (now.time_since_epoch() - k2020).count() / 1000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, kBootMax));
}

std::optional<BootTime> MemoryStream::send(const Moment& moment) {
  if (moment.anchor.quality == model::TimeQuality::kNone) return {};
  begin(moment);
  std::optional<BootTime> wake;
  for (const auto lane : model::kStoredLanes) {
    // What there is no room for waits for an acknowledgement, which wakes.
    if (!has_room(lane)) continue;
    const auto level = rings_[index_of(lane)]->level();
    std::optional<BootTime> due;
    if (level.oldest) due = *level.oldest + options_.commit_after[index_of(lane)];
    const bool is_heavy = level.bytes >= options_.commit_bytes;
    const bool is_due = due && (*due <= moment.now || is_heavy || moment.urgency == Urgency::kNow);
    if (is_due || has_own(lane)) {
      send_lane(lane, moment);
    } else if (due && (!wake || *due < *wake)) {
      wake = due;
    }
  }
  return wake;
}

MemoryStream::Acked MemoryStream::settle() {
  Acked acked{};
  for (const auto lane : model::kStoredLanes) {
    auto& sent = sent_[index_of(lane)];
    const std::uint64_t through = handout_.kept_acked(lane);
    std::size_t from_ring = 0;
    while (!sent.empty() && sent.front().id <= through) {
      acked[index_of(lane)] += sent.front().records;
      from_ring += sent.front().from_ring;
      sent.pop_front();
    }
    rings_[index_of(lane)]->settle(from_ring, Ring::Taker::kMemory);
  }
  return acked;
}

std::uint64_t MemoryStream::take_own() { return std::exchange(own_, 0); }

/// Once in a process: when the file goes away a second time the numbers go on.
void MemoryStream::begin(const Moment& moment) {
  if (stream_id_ != 0) return;
  stream_id_ = memory_stream_id(options_.vehicle_id);
  boot_ = memory_boot(base::UtcTime{moment.now.time_since_epoch() + moment.anchor.offset});
  boot_nonce_ = options_.file.make_boot_nonce ? options_.file.make_boot_nonce() : random_boot_nonce();
}

/// What is on its way comes into no file any more, so that not much of a ring is to be when the link goes down.
bool MemoryStream::has_room(model::Lane lane) const {
  std::size_t records = 0;
  for (const Sent& sent : sent_[index_of(lane)]) records += sent.records;
  return records < std::max<std::size_t>(options_.ring_records[index_of(lane)] / kMemoryShare, 1);
}

bool MemoryStream::has_own(model::Lane lane) const {
  const auto has_lost = [](const auto& ring) { return ring->level().lost.count > 0; };
  return lane == model::Lane::kEvent && (!boot_told_ || std::any_of(rings_.begin(), rings_.end(), has_lost));
}

/// The boot record, once, and what the rings lost. How far this stream came in earlier boots nobody remembers.
std::vector<model::Record> MemoryStream::take_notes(BootTime pipeline) {
  std::vector<model::Record> records;
  if (!std::exchange(boot_told_, true)) {
    records.push_back(own_record(pipeline));
    records.back().boot = model::BootReport{options_.agent_version, 0, false, {}};
  }
  for (const auto lane : model::kStoredLanes) {
    auto& ring = *rings_[index_of(lane)];
    const auto lost = ring.level().lost;
    if (lost.count == 0) continue;
    records.push_back(ring_loss_record(lane, boot_, lost, pipeline));
    ring.told(lost.count);
  }
  own_ += records.size();
  return records;
}

void MemoryStream::take_ring(Batch& batch, model::Lane lane, BootTime now) {
  std::vector<model::Record> records;
  for (auto& entry : rings_[index_of(lane)]->take(kMemoryTakeBytesMax, Ring::Taker::kMemory)) {
    if (entry.rule_set != batch.rule_set) append(batch, lane, std::exchange(records, {}), now);
    batch.rule_set = entry.rule_set;
    records.push_back(std::move(entry.record));
  }
  append(batch, lane, std::move(records), now);
}

void MemoryStream::send_lane(model::Lane lane, const Moment& moment) {
  Batch batch;
  batch.transaction.boot = boot_;
  batch.ends = ends_;
  if (lane == model::Lane::kEvent) append(batch, lane, take_notes(moment.pipeline), moment.now);
  const std::size_t own = batch.transaction.rows.size();
  take_ring(batch, lane, moment.now);
  ends_ = batch.ends;
  auto& rows = batch.transaction.rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sent_[index_of(lane)].push_back({rows[i].id, rows[i].count, i < own ? 0 : rows[i].count});
    handout_.keep(to_chunk(std::move(rows[i]), moment.anchor));
  }
}

Chunk MemoryStream::to_chunk(Row row, const Anchor& anchor) const {
  Chunk chunk;
  chunk.stream_id = stream_id_;
  chunk.lane = row.lane;
  chunk.boot = row.boot();
  chunk.chunk_no = row.chunk_no();
  chunk.first_n = row.first_n;
  chunk.count = row.count;
  chunk.anchor = anchor;
  chunk.rule_set = row.rule_set;
  chunk.boot_nonce = boot_nonce_;
  chunk.vehicle_id = options_.vehicle_id;
  chunk.packed.codec = static_cast<wire::Codec>(row.flags & Row::kCodecMask);
  chunk.packed.columns = std::move(row.payload);
  return chunk;
}

}  // namespace odograph::outbox
