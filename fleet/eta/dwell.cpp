#include "fleet/eta/dwell.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fleet/eta/fields.h"

namespace odograph::eta {
namespace {

constexpr std::string_view kAll = "dwells";
constexpr std::string_view kStop = "dwell";
constexpr double kPriorCount = 4;
constexpr double kPriorSpread = 0.6;
constexpr double kStopPriorCount = 4;
constexpr double kAllCountMax = 3000;
constexpr double kStopCountMax = 60;
constexpr double kPlannedMinS = 5;
constexpr double kObservedMinS = 2;
constexpr double kObservedMaxS = 4 * 3600;
constexpr double kLogMax = 12;

double planned_s(const PlannedStop& stop) { return std::max(stop.planned_dwell_s, kPlannedMinS); }

/// The share of a standard normal below `z`.
double normal_below(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

/// The reverse, by bisection: exact to 1e-9 and the same everywhere.
double normal_at(double share) {
  double low = -8;
  double high = 8;
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (normal_below(middle) < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double Dwell::middle(const PlannedStop& stop) const {
  const double all = all_.sum / (all_.count + kPriorCount);
  const Known* known = find(stop.stop_id);
  const Known of_stop = known == nullptr ? Known{} : *known;
  return (of_stop.sum + kStopPriorCount * all) / (of_stop.count + kStopPriorCount);
}

double Dwell::spread() const {
  const double mean = all_.count > 0 ? all_.sum / all_.count : 0;
  const double around = std::max(0.0, all_.squares - all_.count * mean * mean);
  return std::sqrt((around + kPriorCount * kPriorSpread * kPriorSpread) / (all_.count + kPriorCount));
}

const Dwell::Known* Dwell::find(const std::string& stop_id) const {
  const auto found = stops_.find(stop_id);
  return found == stops_.end() ? nullptr : &found->second;
}

void Dwell::restore(const std::string& stop_id, const Known& known) {
  // A stop that came when no more could be known: it must not take the place of one that is.
  if (known.count <= 0) return;
  if (stops_.size() < kStopsKnownMax || stops_.contains(stop_id)) stops_[stop_id] = known;
}

double Dwell::expected_s(const PlannedStop& stop) const { return planned_s(stop) * std::exp(middle(stop)); }

double Dwell::remaining_s(const PlannedStop& stop, double stood_s) const {
  const double center = std::log(expected_s(stop));
  const double sigma = std::max(spread(), 0.05);
  const double past = normal_below((std::log(std::max(stood_s, kObservedMinS)) - center) / sigma);
  if (past > 0.999) return stood_s / 4;
  return std::max(0.0, std::exp(center + sigma * normal_at((1 + past) / 2)) - stood_s);
}

void Dwell::learn(const PlannedStop& stop, double observed_s) {
  const double log = std::log(std::clamp(observed_s, kObservedMinS, kObservedMaxS) / planned_s(stop));
  const auto add = [log](Known& known, double count_max) {
    known.count += 1;
    known.sum += log;
    known.squares += log * log;
    if (known.count <= count_max) return;
    const double kept = count_max / known.count;
    known = {count_max, known.sum * kept, known.squares * kept};
  };
  add(all_, kAllCountMax);
  if (stops_.size() < kStopsKnownMax || stops_.contains(stop.stop_id)) add(stops_[stop.stop_id], kStopCountMax);
}

bool Dwell::owns(std::string_view line) {
  const std::string_view word = next_word(line);
  return word == kAll || word == kStop;
}

void Dwell::write(std::string& out) const {
  const auto append = [&out](const Known& known) {
    append_amount(out, known.count);
    // Sums of logarithms have a sign; both signs of it are amounts.
    append_amount(out, std::max(known.sum, 0.0));
    append_amount(out, std::max(-known.sum, 0.0));
    append_amount(out, known.squares);
  };
  out += kAll;
  append(all_);
  out += '\n';
  std::vector<std::string> names;
  names.reserve(stops_.size());
  for (const auto& [name, known] : stops_) names.push_back(name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    out += kStop;
    append(stops_.at(name));
    // The name comes last, because it may hold blanks.
    out += ' ' + name + '\n';
  }
}

base::Status Dwell::read_line(std::string_view line) {
  const bool of_stop = next_word(line) == kStop;
  const auto count = to_amount(next_word(line));
  const auto above = to_amount(next_word(line));
  const auto below = to_amount(next_word(line));
  const auto squares = to_amount(next_word(line));
  if (!count || !above || !below || !squares || *count > kAllCountMax || *above > kLogMax * *count ||
      *below > kLogMax * *count || *squares > kLogMax * kLogMax * *count)
    return base::drop_error("field dwell is missing or out of range");
  if (of_stop == line.empty()) return base::drop_error("field stop_id is missing or one too many");
  if (of_stop && stops_.size() >= kStopsKnownMax)
    return base::drop_error("more than " + std::to_string(kStopsKnownMax) + " stops");
  (of_stop ? stops_[std::string(line)] : all_) = {*count, *above - *below, *squares};
  return {};
}

}  // namespace odograph::eta
