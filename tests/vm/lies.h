#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tests/powercut/dice.h"
#include "tests/vm/reuse.h"
#include "tests/vm/story.h"
#include "tests/vm/write_log.h"

namespace odograph::vm {

/// A disk that drops every write of the log's entries `from` .. `to` - 1 and says that it was done, is honest again,
/// and loses its power after the first `at` entries. Those who write see their own writes all the time, because Linux
/// has them cached.
struct Lie {
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t at = 0;
};

/// One that fits the log, which is not empty; it may last until the power goes.
Lie choose_lie(const WriteLog& log, powercut::Dice& dice);
/// For each process but the first: nothing that it wrote is kept, and the power goes at its end.
std::vector<Lie> lies_that_undo_a_boot(const WriteLog& log, const Story& story);

/// What a lie did to what was reported durable and not yet acknowledged; the first that applies, from the last.
enum class Harm {
  kNone,
  kTail,      ///< A boot ends earlier than was reported, and where is told by the boot record after it.
  kGap,       ///< Numbers are missing below the end that was told: the fleet sees a gap that nothing explains.
  kReused,    ///< A whole boot is gone, and its number is given again within the same stream.
  kDamaged,   ///< The file works, and SQLite's integrity_check finds it damaged.
  kReplaced,  ///< The file was put aside: a new stream begins.
  kNoDisk,    ///< The file system cannot be mounted even after e2fsck.
};
inline constexpr std::size_t kHarms = 7;
const char* to_string(Harm harm);

struct Judged {
  Harm harm = Harm::kNone;
  std::string wrong;  ///< Empty if the outbox works and all that it hands out is as it was pushed.
  Reuse reuse = {};   ///< With kReused.
};

/// What was recorded, and an empty directory to mount at.
struct Recorded {
  const WriteLog& log;
  const Disk& start;  ///< Before the log.
  const Story& story;
  std::filesystem::path here;
};

/// e2fsck mends the file system first, as at boot, whatever it takes.
base::Result<Judged> judge_lie(const Recorded& recorded, const Lie& lie);

}  // namespace odograph::vm
