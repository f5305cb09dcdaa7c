#include "lib/base/wake_fd.h"

#include <sys/eventfd.h>

#include <cstdint>

#include "lib/base/assert.h"

namespace odograph::base {

WakeFd::WakeFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { ODOGRAPH_ASSERT(fd_); }

void WakeFd::wake() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the other side has been woken already.
  [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
}

void WakeFd::clear() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_.get(), &count, sizeof count);
}

}  // namespace odograph::base
