#include "agent/uplink/window.h"

#include <algorithm>
#include <cmath>

#include "lib/base/assert.h"

namespace odograph::uplink {

namespace {

constexpr double kHalfLifeS = 5.0;

}  // namespace

void Window::sent(std::size_t bytes, TimePoint now) {
  if (outstanding_ == 0) busy_since_ = now;
  outstanding_ += bytes;
}

void Window::stored(std::size_t bytes, TimePoint now) {
  failed(bytes);
  const double busy_s = std::max(0.0, std::chrono::duration<double>(now - busy_since_).count());
  const double kept = std::exp2(-busy_s / kHalfLifeS);
  recent_bytes_ = recent_bytes_ * kept + static_cast<double>(bytes);
  recent_s_ = recent_s_ * kept + busy_s;
  busy_since_ = now;
}

void Window::failed(std::size_t bytes) {
  ODOGRAPH_ASSERT(bytes <= outstanding_);
  outstanding_ -= bytes;
}

double Window::bytes_per_s() const { return recent_s_ > 0 ? recent_bytes_ / recent_s_ : 0; }

std::size_t Window::limit() const {
  if (recent_s_ <= 0) return std::min(kFirstBytes, bytes_max_);
  const double bytes = bytes_per_s() * std::chrono::duration<double>(time_).count();
  return bytes < static_cast<double>(bytes_max_) ? static_cast<std::size_t>(bytes) : bytes_max_;
}

}  // namespace odograph::uplink
