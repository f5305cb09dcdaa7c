#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace odograph::service {

/// Keeps one place in the code from filling the log: a line that comes again within `interval` is counted instead of
/// shown, and the count is told with the next line that is. Pure; remembers one line. Not thread-safe.
class RepeatFilter {
 public:
  explicit RepeatFilter(base::Millis interval) : interval_(interval) {}

  /// What to log now: nothing, the line, or the count of those left out and then the line.
  std::vector<std::string> on_line(base::BootTime now, const std::string& line);

  /// What is still to be told (the trouble is over, or the program ends): nothing or one line.
  std::vector<std::string> finish();

 private:
  const base::Millis interval_;
  std::string last_;
  base::BootTime shown_at_;
  std::uint64_t left_out_ = 0;
};

}  // namespace odograph::service
