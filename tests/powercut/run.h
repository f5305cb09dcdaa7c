#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/powercut/records.h"

namespace odograph::powercut {

/// What is broken on purpose, to see that the harness notices.
enum class Control {
  kNone,
  kSyncOff,       ///< `synchronous=OFF`
  kSyncNormal,    ///< `synchronous=NORMAL`: stays consistent, loses what was reported durable.
  kLyingSync,     ///< The medium's flush does nothing.
  kNoPadding,     ///< `psow=1` on a medium that garbles whole sectors.
  kEarlyReport,   ///< The outbox reports as durable what is not committed yet.
  kNamesUnsafe,   ///< The outbox does not flush its directory.
  kCacheTrusted,  ///< The outbox believes what it reads after a failed flush.
  kReadsLie,      ///< A read that should fail tells zeros; in rough weather only.
};

struct Settings {
  std::uint64_t seed = 0;
  Weather weather = Weather::kFair;
  Bulk bulk = Bulk::kStored;
  std::uint64_t page_bytes = 0;
  Control control = Control::kNone;
  std::filesystem::path directory;  ///< For the lock file; everything else is in memory.
};

/// That each of these happens shows that the runs reach what they are for.
struct Seen {
  std::uint64_t cuts = 0;
  std::uint64_t cuts_in_recovery = 0;  ///< Before the backlog had been handed out again.
  std::uint64_t kills = 0;
  std::uint64_t clean_ends = 0;
  std::uint64_t full_wals = 0;  ///< Opened with something in the WAL.
  std::uint64_t sectors_lost = 0;
  std::uint64_t sectors_garbled = 0;
  std::uint64_t writes_torn = 0;
  std::uint64_t io_errors = 0;
  std::uint64_t no_space = 0;
  std::uint64_t read_errors = 0;   ///< Of `io_errors`; in kRough, as the next two.
  std::uint64_t flush_errors = 0;  ///< Of `io_errors`, a flush by itself.
  std::uint64_t clock_jumps = 0;   ///< Of a day or more, of the storage thread's clock or of an anchor.
  std::uint64_t handed_again = 0;
  std::uint64_t sent_first = 0;  ///< Bulk records that came before they were durable, with Bulk::kSent.
  std::uint64_t evicted = 0;
  std::uint64_t thinned = 0;
  std::uint64_t full_of_handed = 0;  ///< Last processes that took nothing new before what was sent arrived.
  std::uint64_t ring_losses = 0;
  std::uint64_t commits = 0;
  void add(const Seen& other);
};

struct Outcome {
  Seen seen;
  std::string wrong;  ///< Empty if every promise was kept.
};

/// One file through some processes, each of which ends by a power cut, a kill or in order; then a last one on a sound
/// medium, which must hand out all that is left. The same settings give the same run.
/// Whether some of these runs have a file so small that bulk is thinned.
constexpr bool has_crowded_runs(const Settings& settings) {
  return settings.weather == Weather::kFair && settings.bulk == Bulk::kStored && settings.page_bytes == 4096;
}
Outcome run(const Settings& settings);

}  // namespace odograph::powercut
