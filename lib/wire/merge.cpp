#include "lib/wire/merge.h"

#include <iterator>

#include "lib/wire/limits.h"

namespace odograph::wire {
namespace {

/// Records of one boot that may share messages, and where the chunks end that they come from.
struct Stretch {
  std::uint32_t boot = 0;
  std::uint32_t boot_nonce = 0;
  std::vector<model::Record> records;
  std::vector<std::size_t> chunk_ends;  ///< Number of records up to and including each chunk.
};

std::vector<Stretch> join(std::vector<UnpackedChunk> chunks) {
  std::vector<Stretch> stretches;
  for (UnpackedChunk& chunk : chunks) {
    const bool joins = !stretches.empty() && stretches.back().boot == chunk.boot &&
                       stretches.back().boot_nonce == chunk.boot_nonce &&
                       (chunk.records.empty() || stretches.back().records.empty() ||
                        stretches.back().records.back().n < chunk.records.front().n);
    if (!joins) stretches.push_back({chunk.boot, chunk.boot_nonce, {}, {}});
    std::vector<model::Record>& records = stretches.back().records;
    records.insert(records.end(), std::make_move_iterator(chunk.records.begin()),
                   std::make_move_iterator(chunk.records.end()));
    stretches.back().chunk_ends.push_back(records.size());
  }
  return stretches;
}

/// How many of `records`, from the first, may go into one message before it is known how small they become.
std::size_t fitting(std::span<const model::Record> records, std::size_t records_max) {
  std::size_t bytes = 0;
  std::size_t signals = 0;
  std::size_t count = 0;
  for (const model::Record& record : records) {
    bytes += columns_bytes_max(record);
    signals += record.signals.size();
    if (count > 0 && (bytes > kColumnsBytesMax || signals > kSignalsMax)) break;
    if (++count == records_max) break;
  }
  return count;
}

class Merger {
 public:
  Merger(const BatchHeader& header, const MergeLimits& limits) : header_(header), limits_(limits) {
    ODOGRAPH_ASSERT(limits.records >= 1 && limits.records <= kRecordsMax);
  }

  void add(const Stretch& stretch) {
    header_.boot = stretch.boot;
    header_.boot_nonce = stretch.boot_nonce;
    chunks_before_ = chunks_done_;
    const std::span<const model::Record> all(stretch.records);
    std::size_t begin = 0;
    while (begin < all.size()) {
      const std::size_t count = fitting(all.subspan(begin), limits_.records);
      emit(stretch, begin, count);
      begin += count;
    }
    // Chunks without records end with whatever was made before them.
    chunks_done_ = chunks_before_ + stretch.chunk_ends.size();
    if (!messages_.empty()) messages_.back().chunks_done = chunks_done_;
  }

  std::vector<Message> take() { return std::move(messages_); }

 private:
  /// Halves what turns out too large: encoding twice is cheaper than guessing how well records compress.
  void emit(const Stretch& stretch, std::size_t begin, std::size_t count) {
    const std::span<const model::Record> records = std::span(stretch.records).subspan(begin, count);
    std::string bytes = encode(header_, records);
    if (bytes.size() > limits_.bytes && count > 1) {
      emit(stretch, begin, count / 2);
      emit(stretch, begin + count / 2, count - count / 2);
      return;
    }
    std::size_t done = 0;
    while (done < stretch.chunk_ends.size() && stretch.chunk_ends[done] <= begin + count) ++done;
    messages_.push_back(
        {stretch.boot, records.front().n, records.back().n, count, chunks_before_ + done, std::move(bytes)});
  }

  BatchHeader header_;
  MergeLimits limits_;
  std::vector<Message> messages_;
  std::size_t chunks_before_ = 0;
  std::size_t chunks_done_ = 0;
};

}  // namespace

std::vector<Message> merge(const BatchHeader& header, std::vector<UnpackedChunk> chunks, const MergeLimits& limits) {
  Merger merger(header, limits);
  for (const Stretch& stretch : join(std::move(chunks))) merger.add(stretch);
  return merger.take();
}

void apply_anchor(std::span<model::Record> records, base::Millis offset, model::TimeQuality quality) {
  if (quality == model::TimeQuality::kNone) return;
  for (model::Record& record : records) {
    if (record.utc || !record.boot_time) continue;
    std::int64_t ms = 0;
    if (__builtin_add_overflow(record.boot_time->time_since_epoch().count(), offset.count(), &ms)) continue;
    if (ms < kUtcMsMin || ms > kUtcMsMax) continue;
    record.utc = base::UtcTime(base::Millis(ms));
    record.time_quality = quality;
    record.flags |= model::flag::kBackstamped;
  }
}

}  // namespace odograph::wire
