#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace odograph::vm {

/// What the writer did and was told, one line each, appended to a file that is no part of the disk under test. After a
/// line that matters the writer puts a mark into the log of the disk's writes: what stands in the log behind the mark
/// reached the disk after the line was written.
///
///     O stream boot nonce                    the file is open
///     P lane serial taken                    a record was pushed
///     S durable*3 ring_full*3                what `Outbox::stats` says, lane by lane
///     H lane boot nonce chunk first_n count codec columns
///                                            a chunk that is about to be acknowledged, its columns in hex
///     F                                      all that was pushed was flushed
///     B / E                                  ending in order begins / has ended
///     T state trouble                        the state, when it changes
class EventLog {
 public:
  /// `disk`: the name of the log-writes device that gets the marks; empty for none.
  static base::Result<EventLog> open(const std::filesystem::path& path, std::string disk);

  base::Status note(std::string_view line);
  /// The mark's text is the number of lines so far.
  base::Status mark();

 private:
  EventLog() = default;

  base::UniqueFd file_;
  base::UniqueFd device_mapper_;
  std::string disk_;
  std::size_t lines_ = 0;
};

}  // namespace odograph::vm
