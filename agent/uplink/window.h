#pragma once

#include <cstddef>

#include "agent/uplink/options.h"
#include "lib/model/record.h"

namespace odograph::uplink {

/// How much may be outstanding: bounded in bytes and in seconds of measured throughput. Bulk may use half of it, events
/// and previews three quarters, so that an alert, which waits for what is outstanding, has the rest of those seconds
/// for its own way. One message is always allowed.
class Window {
 public:
  /// While the throughput is unknown this much is allowed: bulk's half of it takes a second at 32 kbit/s.
  static constexpr std::size_t kFirstBytes = 8 << 10;
  /// However slow the link, this much is allowed: bulk's half of it takes a second at 8 kbit/s.
  static constexpr std::size_t kBytesMin = 2 << 10;
  /// No message of bulk needs to be smaller than this.
  static constexpr std::size_t kMessageBytesMin = 1 << 10;

  Window(std::size_t bytes_max, base::Millis time) : bytes_max_(bytes_max), time_(time) {}

  /// Whether a message of `lane` may go now.
  bool admits(std::size_t bytes, model::Lane lane) const;
  /// How large a message of bulk may be: half of bulk's share, so that one is on its way while the next one waits.
  std::size_t message_bytes() const;
  void sent(std::size_t bytes, TimePoint now);
  /// `bytes` were reported stored.
  void stored(std::size_t bytes, TimePoint now);
  /// `bytes` were given back; that says nothing of the throughput.
  void failed(std::size_t bytes);
  /// The link is another one: what was measured no longer holds.
  void forget(TimePoint now);

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
