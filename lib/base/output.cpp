#include "lib/base/output.h"

#include <poll.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace odograph::base {
namespace {

/// True if `out` is a pipe or socket whose reader has gone.
bool is_unread(std::FILE* out) {
  pollfd asked{::fileno(out), POLLOUT, 0};
  return ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLERR) != 0;
}

}  // namespace

Status output_failed(int error) {
  if (error == EPIPE) return {};
  const std::string why = error == 0 ? "failed" : std::generic_category().message(error);
  return stop_error("write to standard output: " + why + "; what was written is incomplete");
}

Status finish_output(std::FILE* out) {
  errno = 0;
  if (std::fflush(out) != 0) return output_failed(errno);
  // An earlier write failed, and nobody has kept its errno.
  if (std::ferror(out) != 0 && !is_unread(out)) return output_failed(0);
  return {};
}

}  // namespace odograph::base
