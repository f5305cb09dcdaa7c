#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "agent/outbox/row.h"
#include "lib/base/time.h"

namespace odograph::outbox {

/// More alert commits than this in a second are grouped: each costs the flash about 8 KiB whatever it holds.
inline constexpr std::size_t kAlertCommitsPerSecond = 5;
/// Acknowledgements wait for a commit to go with: as long as bulk records do, this at the least, and no longer than
/// this where more chunks than kAcksChunksMax wait. A commit of their own costs the flash what one of records does;
/// what they delete too late is sent again after a crash.
inline constexpr base::Millis kAcksWait{1000};
inline constexpr std::uint64_t kAcksChunksMax = 16;

enum class Urgency {
  kNormal,
  kFlush,  ///< Somebody waits for everything pushed so far.
};

/// All times are the storage thread's.
struct CommitInputs {
  struct Lane {
    std::size_t bytes = 0;
    std::optional<base::BootTime> oldest;  ///< Nothing if none waits.
  };
  base::BootTime now;
  std::array<Lane, kLanes> lanes;
  std::array<base::Millis, kLanes> commit_after{};
  std::size_t commit_bytes = 0;
  std::optional<base::BootTime> acks_since;   ///< The oldest acknowledgement that is not deleted yet.
  std::uint64_t acked_chunks = 0;             ///< How many wait for it, at the least; all of an earlier boot are many.
  std::optional<base::BootTime> notes_since;  ///< The oldest loss or anchor that is not written yet.
  /// The latest alert commits, oldest first.
  std::array<std::optional<base::BootTime>, kAlertCommitsPerSecond> alert_commits;
  Urgency urgency = Urgency::kNormal;
};

struct CommitPlan {
  bool commit = false;
  std::array<bool, kLanes> lanes{};  ///< Which go into it.
  /// When to plan again if nothing happens before; nothing if there is nothing to wait for.
  std::optional<base::BootTime> wake;
};

/// Which lanes are due. A commit takes the due lanes only, but acknowledgements, losses and anchors always go along.
CommitPlan plan_commit(const CommitInputs& inputs);

}  // namespace odograph::outbox
