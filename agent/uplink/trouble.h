#pragma once

#include "agent/uplink/options.h"

namespace odograph::uplink {

/// What went wrong with what is outstanding; greater ones decide.
enum class Trouble {
  kNone,
  kRenewal,   ///< Nothing: the certificate files are others, and the next handle is made of those.
  kAgain,     ///< A message was not stored, or perhaps.
  kFatal,     ///< The handle is of no more use.
  kWatchdog,  ///< No report for too long.
  kPoison,    ///< A message was refused for itself: it is made smaller.
  kPause,     ///< The broker takes none of ours for now.
};

/// What to do once nothing is outstanding any more; all lanes are rewound in any case.
struct Recovery {
  BackoffLimits wait;
  bool new_handle = false;
};

/// `handle_spent`: the handle reported a fatal error, or was purged.
Recovery recovery_from(Trouble trouble, bool handle_spent, const Options& options);

/// For status: "paused", "sending again", ...
const char* to_string(Trouble trouble);

}  // namespace odograph::uplink
