#pragma once

#include <cstddef>

#include "agent/uplink/options.h"

namespace odograph::uplink {

/// How much may be outstanding: bounded in bytes and in seconds of measured throughput, so that an alert never waits
/// behind more than those seconds. One message is always allowed.
class Window {
 public:
  /// Before the first report the throughput is unknown, and this much is allowed.
  static constexpr std::size_t kFirstBytes = 64 << 10;

  Window(std::size_t bytes_max, base::Millis time) : bytes_max_(bytes_max), time_(time) {}

  bool admits(std::size_t bytes) const { return outstanding_ == 0 || outstanding_ + bytes <= limit(); }
  void sent(std::size_t bytes, TimePoint now);
  /// `bytes` were reported stored.
  void stored(std::size_t bytes, TimePoint now);
  /// `bytes` were given back; that says nothing of the throughput.
  void failed(std::size_t bytes);

  std::size_t outstanding() const { return outstanding_; }
  /// 0 while unknown.
  double bytes_per_s() const;
  std::size_t limit() const;

 private:
  std::size_t bytes_max_;
  base::Millis time_;
  std::size_t outstanding_ = 0;
  TimePoint busy_since_;     ///< Last report, or when the first message went out.
  double recent_bytes_ = 0;  ///< Both fade with kHalfLife of busy time, so that idle hours do not count.
  double recent_s_ = 0;
};

}  // namespace odograph::uplink
