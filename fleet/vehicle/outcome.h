#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/time.h"

namespace odograph::vehicle {

/// One message to be written, in the transaction of the input that it comes of.
///
/// Whatever is written again after a crash must be the same bytes: identities are made of the input (vehicle, sequence,
/// start of an episode, stop), never of a clock, a counter of this process or a random number.
struct Output {
  std::string topic;
  std::string key;
  std::optional<std::string> value{};  ///< Absent: a tombstone.
  std::vector<std::pair<std::string, std::string>> headers{};
  std::optional<std::int32_t> partition{};  ///< Absent: by the key.
};

/// What a vehicle's trip has come to, told by the module that knows to those behind it; not written by itself.
struct TripNews {
  enum class Kind { kEstimate, kArrived, kDeparted, kPassed, kOffRoute, kOnRoute, kRevised, kEnded };
  Kind kind = Kind::kEstimate;
  std::string trip_id;
  std::string stop_id;                     ///< Empty where the news is of the trip as a whole.
  base::UtcTime at{};                      ///< Event time: of the newest position used, or when it happened.
  std::optional<base::UtcTime> planned{};  ///< Planned arrival.
  std::optional<base::UtcTime> latest{};   ///< End of the stop's window, if it has one.
  std::optional<base::UtcTime> p10{};      ///< kEstimate: the arrival.
  std::optional<base::UtcTime> p50{};
  std::optional<base::UtcTime> p90{};
  std::vector<std::string> stops_left{};  ///< kRevised: the ids of all that are not reached.
};

/// What one input comes to.
struct Outcome {
  std::vector<Output> outputs;      ///< In the order in which they must be written.
  std::vector<TripNews> trip_news;  ///< Of this call only.
  std::vector<std::string> notes;   ///< Lines for the log: dead letters, unexplained gaps; at most kNotesMax.
};
inline constexpr std::size_t kNotesMax = 10;

/// Adds a line, unless there are kNotesMax.
inline void note(Outcome& outcome, std::string line) {
  if (outcome.notes.size() < kNotesMax) outcome.notes.push_back(std::move(line));
}

}  // namespace odograph::vehicle
