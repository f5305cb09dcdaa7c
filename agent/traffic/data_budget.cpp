#include "agent/traffic/data_budget.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace odograph::traffic {
namespace {

using base::Millis;
using std::chrono::year_month;

double ms(Millis duration) { return static_cast<double>(duration.count()); }

year_month month_of(base::UtcTime utc) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(utc)};
  return day.year() / day.month();
}

base::UtcTime end_of(year_month month) {
  return base::UtcTime{std::chrono::sys_days{(month + std::chrono::months{1}) / 1}};
}

/// How much time has gone by. The wall clock alone knows of the time that the vehicle stood switched off; it may be
/// wrong, and so it is believed for a while only, and never below what the boot's own time line tells.
Millis elapsed_since(const DataAccount& account, Millis awake, std::optional<base::UtcTime> utc) {
  if (!account.utc || !utc) return awake;
  return std::clamp(*utc - *account.utc, awake, std::max(awake, kDataGapMax));
}

void advance(DataAccount& account, Millis elapsed, std::uint64_t bytes) {
  account.recent_bytes *= std::exp(-ms(elapsed) / ms(kDataAverage));
  account.recent_bytes += static_cast<double>(bytes);
  account.recent_age += elapsed;
  if (account.utc) *account.utc += elapsed;
}

void turn_to(DataAccount& account, year_month month) {
  if (!account.month || *account.month == month) {
    account.month = month;
  } else if (month > *account.month) {
    account.before = account.month;
    account.before_bytes = account.bytes;
    account.month = month;
    account.bytes = 0;
  } else {
    // The clock was wrong before. What was counted meanwhile is of this month, as far as anybody knows.
    if (account.before == month) {
      account.bytes += account.before_bytes;
      account.before.reset();
      account.before_bytes = 0;
    }
    account.month = month;
  }
}

double bytes_per_ms(const DataAccount& account) {
  const double age_ms = ms(std::max(account.recent_age, kDataAverageMin));
  // As long as it covers less than it averages over, what it holds is all there was.
  const double covered_ms = ms(kDataAverage) * (1 - std::exp(-age_ms / ms(kDataAverage)));
  return account.recent_bytes / covered_ms;
}

}  // namespace

DataAccount counted(DataAccount account, Millis awake, std::optional<base::UtcTime> utc, std::uint64_t bytes) {
  advance(account, elapsed_since(account, awake, utc), bytes);
  account.undated_bytes += bytes;
  if (!utc) return account;
  turn_to(account, month_of(*utc));
  account.bytes += account.undated_bytes;
  account.undated_bytes = 0;
  // Set rather than advanced: a clock that has jumped is followed once and not again with each note.
  account.utc = utc;
  return account;
}

double forecast_bytes(const DataAccount& account) {
  const Millis whole = std::chrono::days{30};
  const Millis left = account.month && account.utc ? end_of(*account.month) - *account.utc : whole;
  return static_cast<double>(account.used()) + bytes_per_ms(account) * std::max(0.0, ms(left));
}

std::size_t plan_data_step(std::size_t step, double share) {
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < std::size(kDataSteps); ++i) {
    const double from = kDataSteps[i].from - (i <= step ? kDataStepHysteresis : 0);
    if (share >= from) wanted = i;
  }
  return wanted;
}

void DataBudget::load(const DataAccount& account) {
  const DataAccount own = account_;
  account_ = account;
  account_.undated_bytes += own.used();
  account_.recent_bytes += own.recent_bytes;
  // With the calendar of the account that is older; the next note brings it up to date.
  if (!account_.utc) account_.recent_age += own.recent_age;
}

void DataBudget::note(base::BootTime now, std::optional<base::UtcTime> utc, const base::TcpBytes& total) {
  const Millis awake = noted_ ? std::max(Millis{0}, now - *noted_) : Millis{0};
  const std::uint64_t bytes = total.total() - std::min(total.total(), total_.total());
  account_ = counted(account_, awake, utc, bytes);
  noted_ = now;
  total_ = total;
  unsaved_bytes_ += bytes;
  if (limit_bytes_ > 0) step_ = plan_data_step(step_, forecast_bytes(account_) / limit_bytes_);
}

std::uint64_t DataBudget::save_after() const {
  return std::clamp(total_.total() / 4, kDataSaveBytesMin, kDataSaveBytesMax);
}

std::string DataBudget::saved(std::uint64_t margin_bytes) {
  unsaved_bytes_ = 0;
  return to_line(account_, margin_bytes);
}

DataForecast DataBudget::forecast() const {
  DataForecast told;
  told.counted = total_;
  told.month_bytes = account_.used();
  told.forecast_bytes = traffic::forecast_bytes(account_);
  told.limit_bytes = limit_bytes_;
  told.month_is_known = account_.month.has_value();
  told.step = step_;
  return told;
}

}  // namespace odograph::traffic
