#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"

namespace odograph::outbox {

/// What was written is averaged over about this long: the working days and the weekend of a vehicle;
inline constexpr base::Millis kFlashAverage = std::chrono::days{7};
/// and over this at the least, so that a first hour is not taken for a day.
inline constexpr base::Millis kFlashAverageMin = std::chrono::days{1};
/// The account is saved, with a commit that comes anyway, once this much was written since.
inline constexpr std::uint64_t kFlashSaveBytes = 256 << 10;
/// A wall clock that jumps forward further than this is believed for no more than this.
inline constexpr base::Millis kFlashGapMax = std::chrono::days{30};

/// Bytes written to the files, older ones counting less and less; outlives the process.
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

/// What is done to write less. Bulk is committed less often, so that a power cut can lose more of it; as many bytes go
/// with a commit of one record as with one of a hundred. Only then is there less to commit.
struct FlashStep {
  double from = 0;          ///< Share of the limit that the forecast has come to, 0..
  int commit_factor = 1;    ///< Bulk's commit interval times this, kBulkIntervalMax at most.
  int sampling_factor = 1;  ///< Fixes are kept this many times less often, by time and by distance.
};

/// In ascending order; the first is what was configured. The steps begin below the limit, since an average follows
/// slowly.
inline constexpr FlashStep kFlashSteps[] = {{0, 1, 1},     {0.70, 4, 1},  {0.80, 16, 1},
                                            {0.88, 60, 1}, {0.94, 60, 2}, {0.98, 60, 4}};
/// A step ends once the forecast is this much of the limit below its beginning.
inline constexpr double kFlashStepHysteresis = 0.05;
/// Bulk is committed after this at the latest, or after what was configured if that is longer.
inline constexpr base::Millis kBulkIntervalMax = std::chrono::minutes{10};

/// Which of kFlashSteps is to be taken when the forecast is `share` of the limit and `step` is what is taken now.
std::size_t plan_flash_step(std::size_t step, double share);

/// As `status` tells it.
struct FlashForecast {
  double gb_per_year = 0;
  double limit_gb_per_year = 0;  ///< 0: none.
  std::size_t step = 0;          ///< Of kFlashSteps.
  base::Millis bulk_interval{0};
  int sampling_factor = 1;
};

/// Keeps the account and the step. Storage thread only.
class FlashBudget {
 public:
  /// `bulk_interval`: as configured.
  FlashBudget(double limit_gb_per_year, base::Millis bulk_interval)
      : limit_gb_per_year_(limit_gb_per_year), bulk_interval_(bulk_interval) {}

  /// Takes up the account of the boot before. One that did not end cleanly may have written half of kFlashSaveBytes
  /// more than it saved: that is charged.
  void load(const FlashAccount& account, std::uint64_t charged_bytes);
  /// `written`: bytes that this process wrote so far. `utc`: where the calendar is known.
  void note(base::BootTime now, std::optional<base::UtcTime> utc, std::uint64_t written);

  bool wants_saving() const { return unsaved_bytes_ >= kFlashSaveBytes; }
  const FlashAccount& account() const { return account_; }
  void saved() { unsaved_bytes_ = 0; }

  base::Millis bulk_interval() const;
  FlashForecast forecast() const;

 private:
  double limit_gb_per_year_;
  base::Millis bulk_interval_;
  FlashAccount account_;
  std::size_t step_ = 0;
  std::optional<base::BootTime> noted_;
  std::uint64_t written_ = 0;
  std::uint64_t unsaved_bytes_ = 0;
};

}  // namespace odograph::outbox
