#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <utility>
#include <variant>

#include "agent/outbox/failure.h"

namespace odograph::outbox {

/// The data directory, which may go and come while the outbox runs. One thread.
class DataDirectory {
 public:
  explicit DataDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  enum class Made { kWasThere, kForTheFirstTime, kAgain };
  /// Makes its last folder where that is missing, as anybody's umask wants it; one that was there when `remember` was
  /// called gets the mode and, as far as that is allowed, the owner that it had. What lies above has to be there: where
  /// that is missing, something is not mounted that should be (kMissing).
  std::variant<Made, Failure> make() const;
  /// As it is now is how `make` makes it again.
  void remember();

 private:
  const std::filesystem::path path_;
  std::optional<struct stat> known_;
};

}  // namespace odograph::outbox
