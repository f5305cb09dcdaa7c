#include "agent/uplink/window.h"

#include <algorithm>
#include <cmath>

#include "lib/base/assert.h"

namespace odograph::uplink {

namespace {

constexpr double kHalfLifeS = 5.0;
/// A longer silence is a link that stood still, not a slow one.
constexpr double kSilenceS = 5.0;

std::size_t quarters(model::Lane lane) {
  switch (lane) {
    case model::Lane::kAlert: return 4;
    case model::Lane::kEvent:
    case model::Lane::kLive: return 3;
    case model::Lane::kBulk: break;
  }
  return 2;
}

}  // namespace

bool Window::admits(std::size_t bytes, model::Lane lane) const {
  return outstanding_ == 0 || outstanding_ + bytes <= limit() / 4 * quarters(lane);
}

std::size_t Window::message_bytes() const { return std::max(kMessageBytesMin, limit() / 4); }

void Window::sent(std::size_t bytes, TimePoint now) {
  if (outstanding_ == 0) busy_since_ = now;
  outstanding_ += bytes;
}

void Window::stored(std::size_t bytes, TimePoint now) {
  failed(bytes);
  const double busy_s = std::clamp(std::chrono::duration<double>(now - busy_since_).count(), 0.0, kSilenceS);
  const double kept = std::exp2(-busy_s / kHalfLifeS);
  recent_bytes_ = recent_bytes_ * kept + static_cast<double>(bytes);
  recent_s_ = recent_s_ * kept + busy_s;
  busy_since_ = now;
}

void Window::failed(std::size_t bytes) {
  ODOGRAPH_ASSERT(bytes <= outstanding_);
  outstanding_ -= bytes;
}

void Window::forget(TimePoint now) {
  busy_since_ = now;
  recent_bytes_ = recent_s_ = 0;
}

double Window::bytes_per_s() const { return recent_s_ > 0 ? recent_bytes_ / recent_s_ : 0; }

std::size_t Window::limit() const {
  if (recent_s_ <= 0) return std::min(kFirstBytes, bytes_max_);
  const double bytes = bytes_per_s() * std::chrono::duration<double>(time_).count();
  if (bytes >= static_cast<double>(bytes_max_)) return bytes_max_;
  return std::min(std::max(kBytesMin, static_cast<std::size_t>(bytes)), bytes_max_);
}

}  // namespace odograph::uplink
