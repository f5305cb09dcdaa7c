#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/status.h"
#include "drivers/api/decoder.h"

namespace odograph::agent {

/// Why a recording gave no reading, for the person who named the wrong file: what was read of it and why none of it
/// counts. `name`: as the person calls it; `driver`: who read it.
std::string nothing_found(const std::string& name, const drivers::DecoderCounters& counters, std::string_view driver);

/// "3 sentences for instants that had been told already were left out", for a receiver whose UTC stepped back; empty
/// where none were.
std::string left_out(const drivers::DecoderCounters& counters);

/// What a replay has done, all over the same records: those that this process made, of the recording and its own.
struct ReplayCounts {
  std::uint64_t made = 0;
  std::uint64_t own = 0;      ///< Of these: the agent's own, as the one that tells of its start.
  std::uint64_t durable = 0;  ///< Of these.
  std::uint64_t skipped = 0;  ///< Of the recording, made durable by an earlier replay.
  std::uint64_t waiting = 0;  ///< For the broker, in the directory, whoever made them.
};
ReplayCounts replay_counts(const Snapshot& snapshot, std::uint64_t of_recording, std::uint64_t skipped);

/// "34 records made (1 of them the agent's own), 34 durable; 34 wait for the broker".
std::string to_words(const ReplayCounts& counts);

/// "34 records wait for the broker".
std::string records_wait(std::uint64_t waiting);

/// Why only the broker is waited for, in the words of the link: "broker unreachable: 127.0.0.1:9092: Connection
/// refused"; "being sent" while nothing is wrong.
std::string waiting_reason(const Snapshot& snapshot);

/// When to tell that only the broker is waited for: after a second of it where the link has trouble, after ten where
/// records go out; then every minute.
class WaitTelling {
 public:
  /// Asked while it lasts; true when it is to be told.
  bool is_due(base::BootTime now, Sending sending);
  bool is_first() const { return told_ == 1; }

 private:
  std::optional<base::BootTime> since_;
  base::BootTime last_{};
  std::uint64_t told_ = 0;
};

}  // namespace odograph::agent
