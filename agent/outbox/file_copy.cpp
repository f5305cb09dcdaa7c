#include "agent/outbox/file_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "agent/outbox/lock_file.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = 256 << 10;

Failure failed(const fs::path& path, int error) {
  Failure failure = directory_failure(path.parent_path(), error);
  failure.what = "copy to " + path.string() + ": " + std::strerror(error);
  return failure;
}

/// An errno, or 0.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

std::optional<Failure> copy(const Database& database, Database::File file, const fs::path& to) {
  const base::UniqueFd fd(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return failed(to, errno);
  for (std::uint64_t at = 0;;) {
    auto read = database.read(file, at, kCopyBytes);
    if (auto* failure = std::get_if<Failure>(&read)) return std::move(*failure);
    const std::string& bytes = std::get<std::string>(read);
    if (bytes.empty()) break;
    if (const int error = write_all(fd.get(), bytes); error != 0) return failed(to, error);
    at += bytes.size();
  }
  if (::fsync(fd.get()) != 0) return failed(to, errno);
  return {};
}

}  // namespace

std::optional<Failure> copy_files(const Database& database, const fs::path& folder) {
  if (auto failure = copy(database, Database::File::kDatabase, folder / "outbox.db")) return failure;
  return copy(database, Database::File::kWal, folder / "outbox.db-wal");
}

}  // namespace odograph::outbox
