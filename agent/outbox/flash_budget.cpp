#include "agent/outbox/flash_budget.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace odograph::outbox {
namespace {

using base::Millis;

constexpr double kMsPerYear = 365.25 * 86'400'000;

double ms(Millis duration) { return static_cast<double>(duration.count()); }

/// How much time has gone by. The wall clock alone knows of the time that the vehicle stood switched off; it may be
/// wrong, and so it is believed for a while only, and never below what the boot's own time line tells.
Millis elapsed_since(const FlashAccount& account, Millis awake, std::optional<base::UtcTime> utc) {
  if (!account.utc || !utc) return awake;
  return std::clamp(*utc - *account.utc, awake, std::max(awake, kFlashGapMax));
}

}  // namespace

FlashAccount advanced(FlashAccount account, Millis elapsed, std::uint64_t bytes) {
  account.bytes *= std::exp(-ms(elapsed) / ms(kFlashAverage));
  account.bytes += static_cast<double>(bytes);
  account.age += elapsed;
  if (account.utc) *account.utc += elapsed;
  return account;
}

double forecast_gb_per_year(const FlashAccount& account) {
  const double age_ms = ms(std::max(account.age, kFlashAverageMin));
  // As long as it covers less than it averages over, what it holds is all there was.
  const double covered_ms = ms(kFlashAverage) * (1 - std::exp(-age_ms / ms(kFlashAverage)));
  return account.bytes / covered_ms * kMsPerYear / 1e9;
}

std::size_t plan_flash_step(std::size_t step, double share) {
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < std::size(kFlashSteps); ++i) {
    const double from = kFlashSteps[i].from - (i <= step ? kFlashStepHysteresis : 0);
    if (share >= from) wanted = i;
  }
  return wanted;
}

double flash_floor_gb_per_year(Millis bulk_interval, std::uint64_t file_system_bytes) {
  const double commits_per_year = kMsPerYear / ms(std::max(bulk_interval, kBulkIntervalMax));
  return commits_per_year * static_cast<double>(kFlashCommitBytes + file_system_bytes) / 1e9;
}

void FlashBudget::load(const FlashAccount& account, std::uint64_t charged_bytes) {
  account_ = advanced(account, Millis{0}, charged_bytes);
  noted_.reset();
  unsaved_bytes_ = charged_bytes / 2;
}

void FlashBudget::note(base::BootTime now, std::optional<base::UtcTime> utc, std::uint64_t written) {
  const Millis awake = noted_ ? std::max(Millis{0}, now - *noted_) : Millis{0};
  const std::uint64_t to_files = written - std::min(written, written_);
  const std::uint64_t bytes = to_files + (to_files > 0 ? file_system_bytes(now) : 0);
  account_ = advanced(account_, elapsed_since(account_, awake, utc), bytes);
  // Set rather than advanced: a clock that has jumped is followed once and not again with each note.
  if (utc) account_.utc = utc;
  noted_ = now;
  written_ = written;
  bytes_ += bytes;
  unsaved_bytes_ += to_files;
  if (limit_gb_per_year_ > 0) step_ = plan_flash_step(step_, forecast_gb_per_year(account_) / limit_gb_per_year_);
}

/// Of a change at `now`, as far as it does not share them with the change before.
std::uint64_t FlashBudget::file_system_bytes(base::BootTime now) {
  const Millis since = journal_at_ ? std::min(now - *journal_at_, kWritebackInterval) : kWritebackInterval;
  if (since < kJournalInterval) return 0;
  journal_at_ = now;
  const double share = kJournalShare + (1 - kJournalShare) * ms(since) / ms(kWritebackInterval);
  return static_cast<std::uint64_t>(std::llround(share * static_cast<double>(file_system_bytes_)));
}

Millis FlashBudget::bulk_interval() const { return std::max(bulk_interval_, kFlashSteps[step_].bulk_interval); }

FlashForecast FlashBudget::forecast() const {
  return {.gb_per_year = forecast_gb_per_year(account_),
          .limit_gb_per_year = limit_gb_per_year_,
          .step = step_,
          .bulk_interval = bulk_interval(),
          .sampling_factor = kFlashSteps[step_].sampling_factor,
          .bytes = bytes_};
}

}  // namespace odograph::outbox
