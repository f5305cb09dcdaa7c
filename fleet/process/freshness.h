#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/histogram.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"

namespace odograph::process {

/// How far one partition is from its end.
struct PartitionLag {
  std::int32_t partition = 0;
  std::int64_t next = 0;     ///< Offset to be processed next.
  std::int64_t waiting = 0;  ///< Messages that are there and not processed.
  /// About how long the first of them has waited: since the last one processed was appended. Zero where none waits,
  /// nothing while it is not known.
  std::optional<base::Millis> behind{};
};

/// Seconds from when something happened until what follows from it was committed.
struct Latency {
  base::Histogram all;     ///< Since the start.
  base::Histogram recent;  ///< Of the last minute or two.
};

/// How fresh the outputs are: what waits, and how long it took. Pure: time comes with the calls.
///
/// Of each message counts the newest event that it holds, when its transaction was committed: before that nobody sees
/// what was made of it. A preview counts too; what was replayed from a recording does not.
class Freshness {
 public:
  /// Messages of one transaction whose latency is measured; of more the first so many.
  static constexpr std::size_t kPendingMax = 100'000;
  static constexpr base::Millis kRecent{60'000};

  Freshness();

  /// The work on a partition begins at this offset.
  void on_begin(std::int32_t partition, std::int64_t next) { at_[partition] = {next, std::nullopt}; }
  /// `event`: the newest in it; nothing where it tells of none.
  void on_message(const kafka::Message& message, std::optional<base::UtcTime> event);
  /// Read to the end: what lies before is not to be shown to anybody.
  void on_end(const kafka::TopicPartition& end);
  void on_commit(base::UtcTime now, base::BootTime boot_now);
  /// What was not committed comes again, and partitions begin anew.
  void on_anew();

  /// `high`: by partition, the offset after its last message; nothing where it is not known.
  using High = std::function<std::optional<std::int64_t>(std::int32_t)>;
  /// Without partitions whose end is not known.
  std::vector<PartitionLag> lags(const High& high, std::optional<base::UtcTime> now) const;

  /// From the event itself.
  Latency event() const { return event_.latency(); }
  /// From when the broker had it.
  Latency append() const { return append_.latency(); }

 private:
  struct At {
    std::int64_t next = 0;
    std::optional<base::UtcTime> appended;  ///< When the last one processed was.
  };
  struct Measured {
    Measured();
    void add(base::Millis duration);
    Latency latency() const;

    base::Histogram all;
    base::Histogram before;  ///< The last whole stretch of kRecent.
    base::Histogram now;
  };
  struct Pending {
    std::optional<base::UtcTime> event;
    std::optional<base::UtcTime> appended;
  };

  std::map<std::int32_t, At> at_;
  std::vector<Pending> pending_;  ///< Processed and not committed; at most kPendingMax.
  Measured event_;
  Measured append_;
  std::optional<base::BootTime> turned_at_;  ///< When `now` began.
};

}  // namespace odograph::process
