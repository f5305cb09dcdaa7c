#include "fleet/watch/trial_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "lib/base/time.h"

namespace odograph::watch {
namespace {

constexpr std::size_t kNameCharsMax = 40;

std::int64_t ms_of(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000 + time.nanos() / 1'000'000;
}

bool is_open(const odograph::Alert& alert) { return alert.state() != odograph::Alert::CLEARED; }

/// From its start to its end, or as far as it was told.
std::int64_t seconds_of(const odograph::Alert& alert) {
  return (ms_of(is_open(alert) ? alert.time() : alert.end_time()) - ms_of(alert.start_time())) / 1'000;
}

std::string duration(std::int64_t seconds) {
  return fmt::format("{}:{:02}:{:02}", seconds / 3'600, seconds / 60 % 60, seconds % 60);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string amount(double value, const std::string& unit) {
  const std::string number = fmt::format("{:.6g}", value);
  return unit.empty() ? number : number + ' ' + unit;
}

/// What there is to say of how bad it was; geofences have no numbers.
bool has_numbers(const odograph::Alert& alert) { return alert.limit() != 0 || alert.peak() != 0; }

std::string line_of(const odograph::Alert& alert) {
  const std::string start = base::to_rfc3339(base::UtcTime(base::Millis(ms_of(alert.start_time()))));
  std::string line = fmt::format("{}  {}  {}", start, alert.vehicle_id(), alert.rule());
  if (!alert.scope().empty()) line += ' ' + alert.scope();
  if (!alert.cause().empty()) line += ", " + alert.cause();
  line += ": " + lower(odograph::Severity_Name(alert.severity())) + " for " + duration(seconds_of(alert));
  if (has_numbers(alert)) {
    line += ", peak " + amount(alert.peak(), alert.unit()) + ", limit " + amount(alert.limit(), alert.unit());
  }
  line += ", " + (is_open(alert) ? "still open" : lower(odograph::Alert::Reason_Name(alert.reason())));
  if (alert.flapping()) line += ", flapping";
  return line;
}

}  // namespace

void TrialReport::take(const odograph::Alert& alert) {
  if (const auto known = places_.find(alert.alert_id()); known != places_.end()) {
    alerts_[known->second] = alert;
    return;
  }
  if (alerts_.size() >= kAlertsMax) {
    if (alert.state() == odograph::Alert::RAISED) ++left_out_;
    return;
  }
  places_[alert.alert_id()] = alerts_.size();
  alerts_.push_back(alert);
}

std::map<std::pair<std::string, std::string>, TrialReport::Sum> TrialReport::sums() const {
  std::map<std::pair<std::string, std::string>, Sum> sums;
  for (const odograph::Alert& alert : alerts_) {
    Sum& sum = sums[{alert.rule(), alert.vehicle_id()}];
    const bool below = alert.peak() < alert.limit();
    const bool is_worse = below ? alert.peak() < sum.worst : alert.peak() > sum.worst;
    if (sum.raised == 0 || is_worse) sum.worst = alert.peak();
    ++sum.raised;
    if (is_open(alert)) ++sum.open;
    sum.longest_s = std::max(sum.longest_s, seconds_of(alert));
    sum.total_s += seconds_of(alert);
    if (has_numbers(alert)) sum.unit = alert.unit();
  }
  return sums;
}

void TrialReport::print(std::ostream& out) const {
  if (alerts_.empty()) {
    out << "Nothing would have been raised.\n";
    return;
  }
  std::size_t vehicle_width = 7;
  const auto found = sums();
  for (const auto& [key, sum] : found) vehicle_width = std::clamp(key.second.size(), vehicle_width, kNameCharsMax);
  out << fmt::format("{:<14}{:<{}}{:>8}{:>6}{:>12}{:>12}  {}\n", "rule", "vehicle", vehicle_width, "raised", "open",
                     "longest", "total", "worst");
  for (const auto& [key, sum] : found) {
    out << fmt::format("{:<14}{:<{}}{:>8}{:>6}{:>12}{:>12}  {}\n", key.first, key.second, vehicle_width, sum.raised,
                       sum.open, duration(sum.longest_s), duration(sum.total_s),
                       sum.worst == 0 ? "-" : amount(sum.worst, sum.unit));
  }
  out << '\n';
  const std::size_t lines = std::min(alerts_.size(), kLinesMax);
  for (std::size_t i = 0; i < lines; ++i) out << line_of(alerts_[i]) << '\n';
  if (alerts() > lines) out << "and " << alerts() - lines << " more: --json has them all\n";
}

}  // namespace odograph::watch
