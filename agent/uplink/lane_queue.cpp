#include "agent/uplink/lane_queue.h"

#include <algorithm>

namespace odograph::uplink {

namespace {

/// Splits and records left out that are remembered; more than a few at once means that the broker takes hardly
/// anything.
constexpr std::size_t kPlacesMax = 1024;

std::optional<base::UtcTime> oldest_of(const wire::UnpackedChunk& chunk) {
  const auto dated = std::find_if(chunk.records.begin(), chunk.records.end(),
                                  [](const model::Record& record) { return record.utc.has_value(); });
  return dated == chunk.records.end() ? std::nullopt : dated->utc;
}

}  // namespace

bool LaneQueue::wants() const { return ready_.empty() && !is_full(); }

bool LaneQueue::is_full() const {
  return waiting_records_ >= options_.message_records_max || waiting_bytes_ >= bytes_max() ||
         group_size() < waiting_.size();
}

base::Status LaneQueue::take(outbox::Chunk chunk, TimePoint now) {
  if (waiting_.empty()) waiting_since_ = now;
  Waiting waiting;
  waiting.id = {chunk.lane, std::uint64_t{chunk.boot} << 32 | chunk.chunk_no, chunk.stream_id};
  // Of a boot that is not known to have had an id it is not known that it had another.
  waiting.vehicle_id = chunk.vehicle_id.empty() ? options_.vehicle_id : chunk.vehicle_id;
  waiting.rule_set = chunk.rule_set;
  waiting.bytes = chunk.packed.columns.size();
  waiting.chunk.boot = chunk.boot;
  waiting.chunk.boot_nonce = chunk.boot_nonce;
  auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
  if (records) {
    waiting.chunk.records = std::move(*records);
    std::erase_if(waiting.chunk.records, [&](const model::Record& record) {
      const Place place{chunk.stream_id, chunk.lane, chunk.boot, record.n};
      return std::find(left_out_.begin(), left_out_.end(), place) != left_out_.end();
    });
    if (chunk.anchor) wire::apply_anchor(waiting.chunk.records, chunk.anchor->offset, chunk.anchor->quality);
  }
  waiting_records_ += waiting.chunk.records.size();
  waiting_bytes_ += waiting.bytes;
  waiting_.push_back(std::move(waiting));
  if (!records) return records.error();
  return {};
}

std::size_t LaneQueue::group_size() const {
  std::size_t count = 0;
  std::size_t records = 0;
  for (const Waiting& each : waiting_) {
    const Waiting& first = waiting_.front();
    // A chunk without records goes alone: there is nothing to merge, only an acknowledgement in its turn.
    const bool same = each.id.stream_id == first.id.stream_id && each.id.lane == first.id.lane &&
                      each.chunk.boot == first.chunk.boot && each.chunk.boot_nonce == first.chunk.boot_nonce &&
                      each.vehicle_id == first.vehicle_id && each.rule_set == first.rule_set &&
                      !each.chunk.records.empty() && !first.chunk.records.empty();
    if (count > 0 && (!same || records + each.chunk.records.size() > options_.message_records_max)) break;
    records += each.chunk.records.size();
    ++count;
  }
  return count;
}

std::optional<TimePoint> LaneQueue::due_at() const {
  if (waiting_.empty() || !ready_.empty()) return std::nullopt;
  return waiting_since_ + options_.send_after[static_cast<std::size_t>(pace_) - 1];
}

void LaneQueue::merge_due(TimePoint now) {
  if (!ready_.empty() || waiting_.empty()) return;
  if (!is_full() && now < *due_at() && !waiting_.front().chunk.records.empty()) return;
  merge_group(group_size());
  waiting_since_ = now;
}

void LaneQueue::merge_group(std::size_t count) {
  std::vector<wire::UnpackedChunk> chunks;
  std::vector<outbox::ChunkId> ids;
  const outbox::ChunkId first = waiting_.front().id;
  const std::string vehicle_id = waiting_.front().vehicle_id;
  const std::uint64_t rule_set = waiting_.front().rule_set;
  for (std::size_t i = 0; i < count; ++i) {
    Waiting& each = waiting_.front();
    waiting_records_ -= each.chunk.records.size();
    waiting_bytes_ -= each.bytes;
    ids.push_back(each.id);
    if (!each.chunk.records.empty()) chunks.push_back(std::move(each.chunk));
    waiting_.pop_front();
  }
  if (chunks.empty()) {
    Outgoing nothing;
    nothing.ack = ids.back();
    nothing.stored = nothing.reported = true;
    ready_.push_back(std::move(nothing));
    return;
  }
  wire::MergeLimits limits{options_.message_records_max, bytes_max()};
  const Place begin{first.stream_id, first.lane, chunks.front().boot, chunks.front().records.front().n};
  if (const auto split = split_.lower_bound(begin);
      split != split_.end() && split->first.stream_id == begin.stream_id && split->first.lane == begin.lane &&
      split->first.boot == begin.boot) {
    limits.records = std::min(limits.records, split->second);
  }
  const std::optional<base::UtcTime> oldest = oldest_of(chunks.front());
  const wire::BatchHeader header{vehicle_id, first.stream_id, first.lane, begin.boot, rule_set, 0};
  for (wire::Message& message : wire::merge(header, std::move(chunks), limits)) {
    Outgoing out;
    out.size = message.bytes.size();
    out.bytes = std::move(message.bytes);
    out.vehicle_id = vehicle_id;
    out.stream_id = first.stream_id;
    out.lane = first.lane;
    out.boot = message.boot;
    out.last_n = message.last_n;
    out.records = message.records;
    out.oldest = oldest;
    if (message.chunks_done > 0) out.ack = ids[message.chunks_done - 1];
    ready_.push_back(std::move(out));
  }
}

std::uint64_t LaneQueue::mark_sent() {
  sent_.push_back(std::move(ready_.front()));
  ready_.pop_front();
  sent_.back().bytes = {};
  return first_sent_ + sent_.size() - 1;
}

LaneQueue::Outgoing* LaneQueue::find(std::uint64_t number) {
  if (number < first_sent_ || number - first_sent_ >= sent_.size()) return nullptr;
  return &sent_[static_cast<std::size_t>(number - first_sent_)];
}

std::optional<base::UtcTime> LaneQueue::oldest() const {
  for (const auto* queue : {&sent_, &ready_}) {
    for (const Outgoing& message : *queue) {
      if (!message.stored) return message.oldest;
    }
  }
  return waiting_.empty() ? std::nullopt : oldest_of(waiting_.front().chunk);
}

std::size_t LaneQueue::records() const {
  std::size_t records = waiting_records_;
  for (const auto* queue : {&sent_, &ready_}) {
    for (const Outgoing& message : *queue) records += message.records;
  }
  return records;
}

std::optional<outbox::ChunkId> LaneQueue::settle() {
  std::optional<outbox::ChunkId> ack;
  while (!sent_.empty() && sent_.front().stored) {
    // An acknowledgement is for one stream: what comes of another is told by the next.
    if (ack && sent_.front().ack && sent_.front().ack->stream_id != ack->stream_id) break;
    if (sent_.front().ack) ack = sent_.front().ack;
    sent_.pop_front();
    ++first_sent_;
  }
  return ack;
}

bool LaneQueue::split(const Outgoing& refused) {
  const Place end{refused.stream_id, refused.lane, refused.boot, refused.last_n};
  if (refused.records > 1) {
    if (split_.size() >= kPlacesMax) split_.erase(split_.begin());
    // What was split before and is refused again lies at the front, so that the smaller number holds for the rest too.
    split_[end] = refused.records / 2;
    return true;
  }
  if (left_out_.size() >= kPlacesMax) left_out_.pop_front();
  left_out_.push_back(end);
  return false;
}

void LaneQueue::rewind() {
  first_sent_ += sent_.size();
  sent_.clear();
  ready_.clear();
  waiting_.clear();
  waiting_records_ = 0;
  waiting_bytes_ = 0;
}

}  // namespace odograph::uplink
