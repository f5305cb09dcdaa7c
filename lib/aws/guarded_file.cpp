#include "lib/aws/guarded_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/unique_fd.h"

namespace odograph::aws {

base::Status check_guard(const std::string& path, unsigned mode, unsigned owner_uid, unsigned process_uid) {
  if (owner_uid != process_uid && owner_uid != 0 && process_uid != 0) {
    return base::stop_error(path + " belongs to user " + std::to_string(owner_uid) + ", not to user " +
                            std::to_string(process_uid) + " or root: change its owner (chown)");
  }
  // A file of root may be lent to one group: how a service under its own user gets its key.
  const bool is_lent = owner_uid == 0;
  if ((mode & (is_lent ? 0037U : 0077U)) == 0) return {};
  return base::stop_error(path + " is open to other users: chmod " + (is_lent ? "640 " : "600 ") + path);
}

base::Result<SecretString> read_guarded_file(const std::string& path, std::size_t bytes_max, FileGuard guard) {
  // Non-blocking, so that a FIFO in its place does not hold us up.
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return base::stop_error("cannot open " + path + ": " + std::strerror(errno));
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return base::retry_error("cannot look at " + path + ": " + std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return base::stop_error(path + " is not a file");
  if (guard == FileGuard::kOwnerOnly) {
    const auto guarded = check_guard(path, about.st_mode & 07777U, about.st_uid, ::geteuid());
    if (!guarded) return guarded.error();
  }
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
