#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace odograph::kafka {

/// How far apart the tries of a fleet are.
struct ReconnectLimits {
  /// The first window after a link that went silent; the next ones are twice as long each, up to `spread`.
  std::chrono::milliseconds first{2000};
  /// The window in which each vehicle of a fleet has a moment of its own, and the longest wait between two tries.
  std::chrono::milliseconds spread{180'000};
  /// The window of the one try after the last connection of several ended, in which the vehicle has its moment too.
  std::chrono::milliseconds after_end{5000};
};

/// What a failed try to connect, or a connection that ended early, tells of whose trouble it is.
enum class Failure {
  kSilent,    ///< Nothing came back, or there is no way there: mostly the vehicle's own link, and nobody else's.
  kAnswered,  ///< Refused, or ended at once: the link works. All of the fleet see the same at the same time.
};

/// A vehicle's place among all: a share of 2^32, always the same for the same vehicle, and evenly spread over many.
std::uint32_t place_of(std::string_view vehicle_id);

/// When one vehicle tries again to reach brokers that are away, so that the tries of a fleet that lost them in the same
/// moment are evenly spread over time, and no broker that comes back gets them at once: MSK takes 100 new connections
/// with IAM a second.
///
/// Time since the first failure is cut into windows; in each the vehicle has one moment, at its place in it. A broker
/// that refuses has refused all: the windows have their full length from the start. A link that is silent is mostly
/// this vehicle's alone, a tunnel: they begin short, and grow, so that no wait is longer than the outage was so far. So
/// they do before a connection ever served: vehicles start when they like, and somebody may be setting this one up.
class ReconnectSchedule {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  ReconnectSchedule(ReconnectLimits limits, std::uint32_t place) : limits_(limits), place_(place) {}

  /// A try has failed: when the next one is due, after `now`. `random`: 64 random bits, for the jitter within the
  /// vehicle's slot, a sixteenth of the window.
  TimePoint after_failure(Failure failure, TimePoint now, std::uint64_t random);
  /// The other side has ended a connection that served, a session perhaps: when to try again, no earlier than `now`.
  TimePoint after_end(TimePoint now, std::uint64_t random) const;
  /// A connection served: the next failure is the first one again.
  void succeeded() {
    window_ = {};
    has_served_ = true;
  }
  /// Whether such a failure gives windows that still grow their full length.
  bool is_worse(Failure failure) const {
    return failure == Failure::kAnswered && has_served_ && window_ < limits_.spread;
  }

 private:
  void begin(std::chrono::milliseconds window, TimePoint now);
  void next_window();

  const ReconnectLimits limits_;
  const std::uint32_t place_;
  bool has_served_ = false;
  std::chrono::milliseconds window_{0};  ///< 0: no failure since a connection served.
  TimePoint begins_;                     ///< The window.
};

}  // namespace odograph::kafka
