#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/record.h"

namespace odograph {
class GapState;
}

namespace odograph::process {

/// Numbers of one lane and boot that are missing or spoken for, both ends inclusive.
struct Gap {
  model::Lane lane = model::Lane::kBulk;
  std::uint32_t boot = 0;
  std::uint32_t first_n = 0;
  std::uint32_t last_n = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};
std::string to_string(const Gap& gap);  ///< "bulk lane, boot 3, records 17 to 20"

/// Missing records so far.
struct GapCounts {
  std::uint64_t explained = 0;    ///< Covered by loss records.
  std::uint64_t unexplained = 0;  ///< Not covered by any so far; goes down when an explanation comes late.
  friend bool operator==(const GapCounts&, const GapCounts&) = default;
};

/// What is known of a stream before its first record comes.
enum class Beginning {
  kSeen,     ///< The topic is read from its very beginning: whatever does not come is missing.
  kNotSeen,  ///< Reading starts somewhere: what lies before the first record of a lane is not judged.
};

/// Finds the records of one stream that never came, and matches them with the vehicle's own loss records.
///
/// Within a boot a lane is dense, so a hole is a gap. How far a lane went in a boot is told by a boot record of a later
/// boot; the missing tail counts once the lane itself has gone on to a later boot (each lane comes oldest first, but
/// the lanes do not wait for each other, so either word may come first). Gaps and explanations may come in any order.
class GapTracker {
 public:
  /// Most entries that are kept of each: boot ends, open tails, open gaps, explanations still of use. Beyond it the
  /// oldest goes, counted in `forgotten`; the counts of gaps are not touched by it.
  static constexpr std::size_t kEntriesMax = 1024;

  explicit GapTracker(Beginning beginning) : beginning_(beginning) {}

  /// `record` of a stored lane, new by Dedupe. Appends to `found` the gaps that it brings to light and that nothing
  /// explains so far.
  void on_record(model::Lane lane, std::uint32_t boot, const model::Record& record, std::vector<Gap>& found);

  /// The vehicle's storage took back the boots from `boot` on, and their numbers are given again (Dedupe): where those
  /// ended is not known and will not be. Each lane that got so far begins anew at 1 of `boot`; gaps that nothing
  /// explains so far stay counted.
  void on_taken_back(std::uint32_t boot);

  const GapCounts& counts() const { return counts_; }
  std::uint64_t forgotten() const { return forgotten_; }

  /// Into and out of what vehicle-state-topic keeps.
  void save(odograph::GapState& state) const;
  void load(const odograph::GapState& state);

 private:
  struct Place {
    std::uint32_t boot = 0;
    std::uint32_t n = 0;
  };

  bool has_left(model::Lane lane, std::uint32_t boot) const;
  bool is_spent(const Gap& explanation) const;
  std::optional<Place>& place(model::Lane lane);
  const std::optional<Place>& place(model::Lane lane) const;
  void leave(model::Lane lane, const Place& last, std::vector<Gap>& found);
  void move(model::Lane lane, const Place& to, std::vector<Gap>& found);
  void on_boot(const model::BootReport& report, std::vector<Gap>& found);
  void on_loss(const model::LossReport& report);
  void missing(const Gap& gap, std::vector<Gap>& found);
  void bound(std::vector<Gap>& entries);

  Beginning beginning_;
  std::array<std::optional<Place>, model::kStoredLanes.size()> places_;
  std::array<std::uint32_t, model::kStoredLanes.size()> first_boots_{};  ///< What lies before is not judged.
  std::map<std::uint32_t, model::LaneEnds> ends_;                        ///< By boot, until every lane has left it.
  std::uint32_t newest_ended_boot_ = 0;
  std::vector<Gap> tails_;         ///< Left boots whose ends nobody told yet; `last_n` is the last that came.
  std::vector<Gap> open_;          ///< Gaps that nothing explains.
  std::vector<Gap> explanations_;  ///< That may still meet a gap.
  GapCounts counts_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace odograph::process
