#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "tests/vm/story.h"
#include "tests/vm/write_log.h"

namespace odograph::vm {

/// Which states of a log to look at, and what must be there.
struct Choice {
  enum class Told {
    kBefore,  ///< What was reported before the power went.
    kAfter,   ///< And the next thing that was reported, a commit too early: a control.
  };
  std::filesystem::path disk;  ///< As it was before the log.
  std::uint64_t every = 1;     ///< Look after every so many flushes,
  std::uint64_t random = 200;  ///< and at so many random places of the log.
  std::uint64_t seed = 1;
  std::optional<Moment> only;  ///< This one instead of all.
  Told told = Told::kBefore;
  std::filesystem::path keep;  ///< Where to leave the disk of the last state; empty for nowhere.
};

struct Tally {
  std::uint64_t states = 0;
  std::uint64_t torn = 0;  ///< Of these, within a flush.
  std::uint64_t broken = 0;
  std::uint64_t records = 0;  ///< Read in all.
  Moment first;               ///< The first broken one;
  std::string why;            ///< and what did not fit.
};

/// Mounts and judges each. `kStop` if something other than the outbox failed.
base::Result<Tally> replay(const Choice& choice, const Story& story, const WriteLog& log);

/// "1573", or "1573.901190" with dice.
std::string to_string(const Moment& moment);
std::optional<Moment> read_moment(std::string_view text);

}  // namespace odograph::vm
