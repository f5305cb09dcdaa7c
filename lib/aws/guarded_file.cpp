#include "lib/aws/guarded_file.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "lib/base/unique_fd.h"

namespace odograph::aws {

namespace {

std::string octal(unsigned mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

/// Of what was looked at with stat or fstat.
base::Status check_looked_at(const std::string& path, const struct stat& about, FileGuard guard) {
  if (!S_ISREG(about.st_mode)) return base::stop_error(path + " is not a file");
  if (guard == FileGuard::kNone) return {};
  return check_guard(path, about.st_mode, about.st_uid, ::geteuid());
}

}  // namespace

base::Status check_guard(const std::string& path, unsigned mode, unsigned owner_uid, unsigned process_uid) {
  if (owner_uid != process_uid && owner_uid != 0) {
    return base::stop_error(path + " belongs to user " + std::to_string(owner_uid) + ", not to " +
                            (process_uid == 0 ? "" : "user " + std::to_string(process_uid) + " or ") +
                            "root: change its owner (chown)");
  }
  if ((mode & 0037U) == 0) return {};
  // A file of root is mostly one that a service under its own user reads by its group.
  const char* mends = owner_uid == 0 ? "640 " : "600 ";
  return base::stop_error(path + " is open to other users, mode " + octal(mode) + ": chmod " + mends + path);
}

base::Status check_key_file(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return base::stop_error(path + ": " + std::strerror(errno));
  return check_looked_at(path, about, FileGuard::kOwnerOnly);
}

std::optional<std::string> key_file_of(const std::string& key) {
  const std::size_t colon = key.find(':');
  if (colon == std::string::npos || key.find('/') < colon) return key;
  if (colon != 4 || ::strncasecmp(key.c_str(), "file", 4) != 0) return std::nullopt;
  const std::string rest = key.substr(colon + 1);
  if (!rest.starts_with("//")) return rest;
  // Past the host, up to the first slash of the path.
  const std::size_t path = rest.find('/', 2);
  return path == std::string::npos ? std::string{} : rest.substr(path);
}

base::Result<SecretString> read_guarded_file(const std::string& path, std::size_t bytes_max, FileGuard guard) {
  // Non-blocking, so that a FIFO in its place does not hold us up.
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return base::stop_error("cannot open " + path + ": " + std::strerror(errno));
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return base::retry_error("cannot look at " + path + ": " + std::strerror(errno));
  if (const auto sound = check_looked_at(path, about, guard); !sound) return sound.error();
  // One byte more than allowed tells a file that is too large; its size is no word to rely on while it is written.
  SecretString text(bytes_max + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(fd.get(), text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::retry_error("cannot read " + path + ": " + std::strerror(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > bytes_max) return base::stop_error(path + " is larger than " + std::to_string(bytes_max) + " bytes");
  text.resize(filled);
  return text;
}

}  // namespace odograph::aws
