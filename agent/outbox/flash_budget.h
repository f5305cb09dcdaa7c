#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"

namespace odograph::outbox {

/// What was written is averaged over about this long: the working days and the weekend of a vehicle;
inline constexpr base::Millis kFlashAverage = std::chrono::days{7};
/// and over this at the least, so that a first hour is not taken for a day.
inline constexpr base::Millis kFlashAverageMin = std::chrono::days{1};
/// The account is saved, with a commit that comes anyway, once this much was written to the files since.
inline constexpr std::uint64_t kFlashSaveBytes = 256 << 10;
/// A wall clock that jumps forward further than this is believed for no more than this.
inline constexpr base::Millis kFlashGapMax = std::chrono::days{30};

/// Bytes written to the flash, older ones counting less and less; outlives the process.
struct FlashAccount {
  double bytes = 0;                  ///< Decays with kFlashAverage.
  base::Millis age{0};               ///< Calendar time that it covers, from its first byte on.
  std::optional<base::UtcTime> utc;  ///< When it was last brought up to date, where that is known.
  friend bool operator==(const FlashAccount&, const FlashAccount&) = default;
};

/// The account `elapsed` later, with `bytes` more.
FlashAccount advanced(FlashAccount account, base::Millis elapsed, std::uint64_t bytes);

/// What a year comes to at this rate, in GB of 10^9 bytes.
double forecast_gb_per_year(const FlashAccount& account);

/// What a commit hands to the files, about: it is nearly the same for one record as for hundreds. Measured: one of 10
/// records that are kept, docs/decisions/0019.
inline constexpr std::uint64_t kFlashCommitBytes = 9'700;
/// What the file system writes of its own for a commit that comes by itself, measured on ext4 (the same page): three
/// blocks of its journal, and two that it puts in their places later. Of commits that are close together several share
/// them: the journal is written once in kJournalInterval, what is put in its place once in kWritebackInterval.
inline constexpr std::uint64_t kFileSystemBytes = 20 << 10;
inline constexpr base::Millis kJournalInterval = std::chrono::seconds{5};     ///< ext4's `commit`.
inline constexpr base::Millis kWritebackInterval = std::chrono::seconds{30};  ///< vm.dirty_expire_centisecs
inline constexpr double kJournalShare = 0.6;                                  ///< Of kFileSystemBytes.
/// Bulk is committed after this at the latest, or after what was configured if that is longer: docs/durability.md.
inline constexpr base::Millis kBulkIntervalMax = std::chrono::minutes{10};

/// What is done to write less. Bulk is committed less often, so that a power cut can lose more of it; as many bytes go
/// with a commit of one record as with one of a hundred. Only then is there less to commit.
struct FlashStep {
  double from = 0;                ///< Share of the limit that the forecast has come to, 0..
  base::Millis bulk_interval{0};  ///< Bulk waits this long for its commit, or as configured if that is longer.
  int sampling_factor = 1;        ///< Fixes are kept this many times less often, by time and by distance.
};

/// In ascending order; the first is what was configured. The steps begin below the limit, since an average follows
/// slowly.
inline constexpr FlashStep kFlashSteps[] = {{0, base::Millis{0}, 1},
                                            {0.70, std::chrono::seconds{4}, 1},
                                            {0.78, std::chrono::seconds{16}, 1},
                                            {0.84, std::chrono::minutes{1}, 1},
                                            {0.89, std::chrono::minutes{4}, 1},
                                            {0.93, kBulkIntervalMax, 1},
                                            {0.96, kBulkIntervalMax, 2},
                                            {0.98, kBulkIntervalMax, 4}};
/// A step ends once the forecast is this much of the limit below its beginning.
inline constexpr double kFlashStepHysteresis = 0.05;

/// Which of kFlashSteps is to be taken when the forecast is `share` of the limit and `step` is what is taken now.
std::size_t plan_flash_step(std::size_t step, double share);

/// The least that commits come to with the last step where the agent runs all day, in GB of 10^9 bytes, what records
/// and events weigh not counted. `bulk_interval`: as configured. `file_system_bytes`: see FlashBudget.
double flash_floor_gb_per_year(base::Millis bulk_interval, std::uint64_t file_system_bytes);

/// As `status` tells it. Once the forecast is above the limit nothing more is done: the last step was taken before.
struct FlashForecast {
  double gb_per_year = 0;
  double limit_gb_per_year = 0;  ///< 0: none.
  std::size_t step = 0;          ///< Of kFlashSteps.
  base::Millis bulk_interval{0};
  int sampling_factor = 1;
  std::uint64_t bytes = 0;  ///< That went to the flash since the start of the process, the file system's among them.
  bool exceeds() const { return limit_gb_per_year > 0 && gb_per_year > limit_gb_per_year; }
};

/// Keeps the account and the step. Storage thread only.
class FlashBudget {
 public:
  /// `bulk_interval`: as configured. `file_system_bytes`: what is reckoned in place of kFileSystemBytes.
  FlashBudget(double limit_gb_per_year, base::Millis bulk_interval, std::uint64_t file_system_bytes)
      : limit_gb_per_year_(limit_gb_per_year), bulk_interval_(bulk_interval), file_system_bytes_(file_system_bytes) {}

  /// Takes up the account of the boot before. One that did not end cleanly wrote more than it saved: for half of
  /// kFlashSaveBytes, and as much again by the file system, kFlashSaveBytes are charged.
  void load(const FlashAccount& account, std::uint64_t charged_bytes);
  /// `written`: bytes that this process wrote to the files so far. `utc`: where the calendar is known.
  void note(base::BootTime now, std::optional<base::UtcTime> utc, std::uint64_t written);

  bool wants_saving() const { return unsaved_bytes_ >= kFlashSaveBytes; }
  const FlashAccount& account() const { return account_; }
  void saved() { unsaved_bytes_ = 0; }

  base::Millis bulk_interval() const;
  FlashForecast forecast() const;

 private:
  std::uint64_t file_system_bytes(base::BootTime now);

  double limit_gb_per_year_;
  base::Millis bulk_interval_;
  std::uint64_t file_system_bytes_;
  FlashAccount account_;
  std::size_t step_ = 0;
  std::optional<base::BootTime> noted_;
  std::optional<base::BootTime> journal_at_;  ///< When the file system was last taken to write of its own.
  std::uint64_t written_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t unsaved_bytes_ = 0;
};

}  // namespace odograph::outbox
