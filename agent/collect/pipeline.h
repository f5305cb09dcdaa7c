#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/outbox/outbox.h"
#include "agent/sample/sampler.h"
#include "agent/track/track.h"
#include "lib/base/time.h"
#include "lib/model/reading.h"
#include "lib/model/record.h"
#include "lib/rules/speed_limit.h"

namespace odograph::collect {

struct PipelineConfig {
  track::Config track;
  sample::Config sample;
  std::optional<rules::SpeedLimitConfig> speed_limit;  ///< Nothing: the fleet watches the speed.
};

/// A record for a lane, and where in its source it came from.
struct Made {
  model::Lane lane = model::Lane::kBulk;
  model::Record record;
  outbox::SourceMark mark;
  std::uint64_t rule_set = 0;  ///< As in wire::BatchHeader: of the rules that watched it.
};

/// Everything between a reading and the outbox: track, rules, sampling. Deterministic: the same readings give the same
/// records, so that a replay that is run again can leave out what an earlier run made durable. Loop thread only.
///
/// A rule's event is a record of its own, without the fix, in the alert lane from severity warning on, else in the
/// event lane; the fix at which it was decided is kept in bulk.
class Pipeline {
 public:
  explicit Pipeline(const PipelineConfig& config);

  /// Appends to `made` what comes of the reading. Returns the boot's anchor where it became known, or better known.
  std::optional<track::Anchor> on_reading(const model::Reading& reading, std::optional<base::SystemUtc> system,
                                          std::vector<Made>& made);

  /// The wall clock alone, where no receiver speaks: once a second. Signals that wait become a record.
  std::optional<track::Anchor> on_tick(base::BootTime now, std::optional<base::SystemUtc> system,
                                       std::vector<Made>& made);

  /// New rules and sampling from the next reading on; an episode that is open is forgotten with its rules.
  void reconfigure(const sample::Config& sample, const std::optional<rules::SpeedLimitConfig>& speed_limit);

  /// The same for sampling alone.
  void set_sampling(const sample::Config& sample) { sample_ = sample; }

  /// Newest epoch, kept or not; nothing before the first.
  const std::optional<model::Record>& last_fix() const { return last_fix_; }
  const track::Counters& track_counters() const { return track_.counters(); }

 private:
  void put(model::Lane lane, model::Record record, std::uint64_t offset, std::vector<Made>& made);
  /// The rule's first event at this record, for the sampler.
  std::optional<model::RuleEvent> judge(const model::Record& record, std::uint64_t offset, std::vector<Made>& made);

  track::Track track_;
  sample::Config sample_;
  sample::State sampled_;
  std::optional<rules::SpeedLimit> speed_limit_;
  std::uint64_t rule_set_ = 0;
  std::optional<model::Record> last_fix_;
  std::optional<base::Millis> event_offset_;  ///< From the boot's time line to UTC, for event time; never changes.
  std::uint64_t offset_ = 0;
  std::array<std::uint32_t, 3> index_{};  ///< Next mark index of each stored lane at `offset_`.
};

}  // namespace odograph::collect
