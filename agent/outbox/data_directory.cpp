#include "agent/outbox/data_directory.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/outbox/lock_file.h"

namespace odograph::outbox {
namespace {

constexpr mode_t kAnybodys = 0777;
constexpr mode_t kModeBits = 07777;

}  // namespace

std::variant<DataDirectory::Made, Failure> DataDirectory::make() const {
  struct stat now {};
  // What is there and no directory is found out by whoever uses it. Asking before making does not write: a file system
  // that hangs lets this pass.
  if (::stat(path_.c_str(), &now) == 0) return Made::kWasThere;
  if (::mkdir(path_.c_str(), kAnybodys) != 0) {
    const int error = errno;
    if (error == EEXIST) return Made::kWasThere;
    Failure failure = directory_failure(path_, error);
    if (failure.trouble != Trouble::kMissing) {
      failure.what = "data directory " + path_.string() + ": cannot be created: " + std::strerror(error);
    }
    return failure;
  }
  // What is made durable in it is found only if its name is.
  static_cast<void>(flush_directory(path_.parent_path()));
  if (!known_) return Made::kForTheFirstTime;
  // The owner first, which takes some bits of the mode away. A directory of one's own serves all the same.
  static_cast<void>(::chown(path_.c_str(), known_->st_uid, known_->st_gid) == 0);
  static_cast<void>(::chmod(path_.c_str(), known_->st_mode & kModeBits) == 0);
  return Made::kAgain;
}

void DataDirectory::remember() {
  struct stat now {};
  if (::stat(path_.c_str(), &now) == 0 && S_ISDIR(now.st_mode)) known_ = now;
}

}  // namespace odograph::outbox
