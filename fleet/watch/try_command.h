#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

#include "fleet/watch/trial.h"
#include "lib/base/result.h"

namespace odograph::watch {

enum class TrialFormat {
  kTable,
  kJson,  ///< Every message that would have been sent, a line each.
};

/// Hands over lines of `odograph-fleet decode --topic raw-data-topic`, one by one, with their place for complaints.
/// What is not to be read, `take` says.
using TakeLine = std::function<base::Status(const std::string& line)>;

/// Where the records come from.
struct TrialSource {
  std::function<base::Status(const TakeLine& take)> read;
  std::optional<base::UtcTime> since{};  ///< Records from before that are left out.
};

/// A file of such lines, plain or gzip. A line that is none of them ends it with its number (`kStop`).
TrialSource recorded_file(const std::filesystem::path& file);

/// Where it goes: what would have been raised to `out`, what was read to `log`.
struct TrialOutput {
  TrialFormat format = TrialFormat::kTable;
  std::ostream& out;
  std::ostream& log;
};

/// Runs `rules` over the source and prints what would have been raised.
base::Status try_rules(TrialRules rules, TrialTrips trips, const TrialSource& source, const TrialOutput& output);

}  // namespace odograph::watch
