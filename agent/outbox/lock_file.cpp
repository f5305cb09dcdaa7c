#include "agent/outbox/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kQuarantinePrefix = "quarantine-";

/// The numbers of the quarantines in `directory`, ascending.
std::vector<int> quarantines(const fs::path& directory) {
  std::vector<int> numbers;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kQuarantinePrefix)) continue;
    const char* last = name.data() + name.size();
    int number = 0;
    const auto read = std::from_chars(name.data() + kQuarantinePrefix.size(), last, number);
    if (read.ec == std::errc() && read.ptr == last) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

fs::path quarantine_path(const fs::path& directory, int number) {
  return directory / (std::string(kQuarantinePrefix) + std::to_string(number));
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
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return directory_failure(directory, errno);
  return Failure{Trouble::kInUse, "data directory " + directory.string() + ": in use by another odograph-agent"};
}

std::variant<fs::path, Failure> quarantine(const fs::path& directory) {
  const auto numbers = quarantines(directory);
  fs::path to = quarantine_path(directory, numbers.empty() ? 1 : numbers.back() + 1);
  const auto failed = [&](const std::error_code& error) {
    return Failure{Trouble::kIo, "quarantine " + to.string() + ": " + error.message()};
  };
  std::error_code error;
  if (!fs::create_directory(to, error)) return failed(error);
  // The WAL first: a cut between the two leaves the database without it, which is broken anyway and comes here again,
  // while a WAL alone would be taken for that of the new database.
  for (const char* name : {"outbox.db-wal", "outbox.db"}) {
    if (!fs::exists(directory / name, error)) continue;
    fs::rename(directory / name, to / name, error);
    if (error) return failed(error);
  }
  for (std::size_t i = 0; i + kQuarantinesKept <= numbers.size(); ++i) {
    fs::remove_all(quarantine_path(directory, numbers[i]), error);
  }
  return to;
}

}  // namespace odograph::outbox
