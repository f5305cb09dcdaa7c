#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lib/kafka/reconnect_schedule.h"

namespace odograph::kafka {

/// Lets the tries to connect of one vehicle through, each at its time. librdkafka asks before it looks a name up and
/// before it connects; it has one connection to a broker at a time. Outlives handles: a new one is no reason to hurry.
///
/// Tries go in rounds: in each every broker may be tried once, and the next one begins when the schedule says. While
/// the link is silent one broker a round is enough: there is no way to the others either.
///
/// A connection that served for a while and ends is no failure, MSK ends each with its session: while there is another
/// one, or if this vehicle's own link went silent, it is made anew at once. Where the other side ended the last one,
/// all of the fleet may have lost theirs: one broker is tried, at the vehicle's moment within seconds.
///
/// Any thread.
class ConnectGate {
 public:
  using TimePoint = ReconnectSchedule::TimePoint;

  /// A connection that lasted so long has served, if `spread` is not shorter still.
  static constexpr std::chrono::seconds kServes{60};

  /// `random`: 64 random bits.
  ConnectGate(ReconnectLimits limits, std::string_view vehicle_id, std::function<std::uint64_t()> random);

  /// Whether `enter` would let that broker through. `broker`: "host:port".
  bool is_open(const std::string& broker, TimePoint now) const;
  /// True: the try begins now, `leave` tells how it ended.
  bool enter(const std::string& broker, TimePoint now);
  /// The try has become a connection.
  void connected(const std::string& broker);
  /// The connection, or the try to make it, ended at `now` after it `lasted` so long. `failure`: what it is if it was
  /// too short to have served.
  void leave(const std::string& broker, std::chrono::milliseconds lasted, Failure failure, TimePoint now);
  /// This client itself gave a connection up, for a reason of its own: the next one is no try again.
  void release(const std::string& broker);

  /// When the next round begins; nothing while no try has failed.
  std::optional<TimePoint> next_round() const;

 private:
  const std::chrono::milliseconds serves_;
  const std::function<std::uint64_t()> random_;
  mutable std::mutex mutex_;
  ReconnectSchedule schedule_;
  bool may_enter(const std::string& broker, TimePoint now) const;

  /// Of the one try after the last connection ended.
  enum class Probe { kNone, kWaits, kUnderWay };
  bool is_one_enough() const { return is_silent_ || (probe_ != Probe::kNone && connected_.empty()); }

  std::set<std::string> tried_;      ///< In this round. As many as the cluster has brokers.
  std::set<std::string> trying_;     ///< Entered, and neither connected nor left.
  std::set<std::string> connected_;  ///< And not left.
  bool is_silent_ = false;           ///< The last try failed so, and there is no connection.
  Probe probe_ = Probe::kNone;
  std::optional<TimePoint> round_at_;  ///< The next round.
};

}  // namespace odograph::kafka
