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

void FlashBudget::load(const FlashAccount& account, std::uint64_t charged_bytes) {
  account_ = advanced(account, Millis{0}, charged_bytes);
  noted_.reset();
  unsaved_bytes_ = charged_bytes;
}

void FlashBudget::note(base::BootTime now, std::optional<base::UtcTime> utc, std::uint64_t written) {
  const Millis awake = noted_ ? std::max(Millis{0}, now - *noted_) : Millis{0};
  const std::uint64_t bytes = written - std::min(written, written_);
  account_ = advanced(account_, elapsed_since(account_, awake, utc), bytes);
  // Set rather than advanced: a clock that has jumped is followed once and not again with each note.
  if (utc) account_.utc = utc;
  noted_ = now;
  written_ = written;
  unsaved_bytes_ += bytes;
  if (limit_gb_per_year_ > 0) step_ = plan_flash_step(step_, forecast_gb_per_year(account_) / limit_gb_per_year_);
}

Millis FlashBudget::bulk_interval() const {
  return std::max(bulk_interval_, std::min(bulk_interval_ * kFlashSteps[step_].commit_factor, kBulkIntervalMax));
}

FlashForecast FlashBudget::forecast() const {
  return {forecast_gb_per_year(account_), limit_gb_per_year_, step_, bulk_interval(),
          kFlashSteps[step_].sampling_factor};
}

}  // namespace odograph::outbox
