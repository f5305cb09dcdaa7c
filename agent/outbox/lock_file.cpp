#include "agent/outbox/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

/// Who holds the lock, as far as that one has told.
std::string holder(int fd) {
  std::array<char, 16> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  int pid = 0;
  const auto read = std::from_chars(text.data(), text.data() + std::max<ssize_t>(size, 0), pid);
  return read.ec == std::errc() && pid > 0 ? " (process " + std::to_string(pid) + ")" : std::string();
}

/// For the people who look, so what fails here is no failure.
void tell_holder(int fd) {
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Cut only behind it: a full disk may not give back the block of a file that was emptied.
  const ssize_t wrote = ::pwrite(fd, pid.data(), pid.size(), 0);
  if (wrote < 0 || ::ftruncate(fd, wrote) != 0) return;
}

}  // namespace

Failure directory_failure(const fs::path& directory, int error) {
  const std::string where = "data directory " + directory.string() + ": ";
  switch (error) {
    case ENOENT: return {Trouble::kMissing, where + "does not exist"};
    case ENOTDIR: return {Trouble::kMissing, where + "is not a directory"};
    case EROFS:
    case EACCES:
    case EPERM: return {Trouble::kReadonly, where + "cannot be written (" + std::strerror(error) + ")"};
    case ENOSPC:
    case EDQUOT: return {Trouble::kFull, where + "is full (" + std::strerror(error) + ")"};
    default: return {Trouble::kIo, where + std::strerror(error)};
  }
}

int flush_directory(const fs::path& directory) {
  const base::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  if (::fsync(fd.get()) == 0 || errno == EINVAL || errno == ENOTSUP) return 0;
  return errno;
}

void forget_cached(const fs::path& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) static_cast<void>(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED));
}

std::variant<base::UniqueFd, Failure> take_lock(const fs::path& directory) {
  const fs::path path = directory / "outbox.lock";
  base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return directory_failure(directory, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    tell_holder(fd.get());
    return fd;
  }
  if (errno != EWOULDBLOCK) return directory_failure(directory, errno);
  return Failure{Trouble::kInUse,
                 "data directory " + directory.string() + ": in use by another odograph-agent" + holder(fd.get())};
}

}  // namespace odograph::outbox
