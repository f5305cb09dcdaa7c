#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/dispatch/put_plan.h"
#include "fleet/fences/geojson.h"
#include "lib/base/result.h"

namespace odograph::dispatch {

/// What geofences-topic says now.
struct FencesInForce {
  std::map<std::string, fences::FenceRow> rows;   ///< By id.
  std::map<std::string, std::string> unreadable;  ///< Ids whose message is none of ours, and why.
};

/// From when on changes hold.
struct FenceTimes {
  base::UtcTime now{};
  std::optional<base::UtcTime> valid_from;  ///< Absent: as soon as all processors can know, `soonest`.
  /// What begins earlier comes while records of its time may have been judged already.
  enum class Past { kRefused, kAccepted } past = Past::kRefused;
};

/// kAhead from `now`, in whole seconds.
base::UtcTime soonest(base::UtcTime now);

/// What is to be done, and what it comes to.
struct FencePlan {
  std::vector<Write> writes;
  std::size_t fresh = 0;           ///< Fences that were not there.
  std::size_t changed = 0;         ///< From a time on.
  std::size_t ended = 0;           ///< Likewise.
  std::size_t unchanged = 0;       ///< Say what is said already.
  std::size_t past = 0;            ///< Of these, those that begin earlier than `soonest`.
  std::vector<std::string> notes;  ///< What else follows from it: a line each.
};

/// Brings these into force beside what is.
///
/// `kDrop` with a line for each one that cannot be: it begins too early, ends what is not there, its fence has too many
/// versions that are not over, there are too many fences, or what is in force of it cannot be read.
base::Result<FencePlan> plan_fences(const FencesInForce& in_force, const std::vector<fences::FencePut>& fences,
                                    const FenceTimes& times);

/// Ends fences: from then on there is none of that id, whatever was planned for later; one that cannot be read is taken
/// away. `kDrop` with a line for each one that is not there.
base::Result<FencePlan> plan_removal(const FencesInForce& in_force, const std::vector<std::string>& ids,
                                     const FenceTimes& times);

}  // namespace odograph::dispatch
