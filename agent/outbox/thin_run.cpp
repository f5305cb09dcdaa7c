#include "agent/outbox/thin_run.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lib/model/geo.h"

namespace odograph::outbox {
namespace {

using model::Position;
using model::Record;

constexpr double kWholeTurnE7 = 3.6e9;
constexpr std::uint32_t kTellingReasons = model::reason::kFirst | model::reason::kEvent | model::reason::kFixChange;
/// States may take this share of a run before they are no states.
constexpr std::size_t kStateShare = 8;

double turned_short(double lon_e7) { return std::remainder(lon_e7, kWholeTurnE7); }

/// One position and its time; `place` in the run.
struct Point {
  std::size_t place = 0;
  std::int64_t ms = 0;
  Position position;
};

double fraction_of(const Point& a, const Point& b, const Point& between) {
  if (b.ms <= a.ms) return 0;
  return std::clamp(static_cast<double>(between.ms - a.ms) / static_cast<double>(b.ms - a.ms), 0.0, 1.0);
}

double error_m(const Point& a, const Point& b, const Point& between) {
  return model::distance_m(position_between(a.position, b.position, fraction_of(a, b, between)), between.position);
}

std::vector<Point> points_of(std::span<const Record> records) {
  const bool all_utc =
      std::all_of(records.begin(), records.end(), [](const Record& r) { return !r.position || r.utc.has_value(); });
  std::vector<Point> points;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    if (!record.position || (!all_utc && !record.boot_time)) continue;
    const std::int64_t ms =
        all_utc ? record.utc->time_since_epoch().count() : record.boot_time->time_since_epoch().count();
    points.push_back({i, ms, *record.position});
  }
  return points;
}

bool tells_by_itself(const Record& record) {
  return record.event || record.boot || record.loss || (record.reason & kTellingReasons) != 0 ||
         (record.position && !record.utc && !record.boot_time);
}

/// Both sides of every change between fix and no fix, among the records in which a receiver told an epoch.
void pin_fix_changes(std::span<const Record> records, std::vector<bool>& keep) {
  std::optional<std::size_t> before;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i].mode && !records[i].position) continue;
    if (before && records[*before].position.has_value() != records[i].position.has_value()) {
      keep[*before] = keep[i] = true;
    }
    before = i;
  }
}

void pin_state_changes(std::span<const Record> records, std::vector<bool>& keep) {
  std::unordered_map<std::string_view, std::int64_t> values;
  std::vector<std::size_t> changes;
  for (std::size_t i = 0; i < records.size(); ++i) {
    bool changed = false;
    for (const model::Signal& signal : records[i].signals) {
      if (signal.def->decimals != 0 || !signal.def->unit.empty()) continue;
      const auto [known, is_new] = values.try_emplace(signal.def->name, signal.mantissa);
      changed = changed || (!is_new && known->second != signal.mantissa);
      known->second = signal.mantissa;
    }
    if (changed) changes.push_back(i);
  }
  // What changes all the time is a measured value or a counter, and no state.
  if (changes.size() * kStateShare > records.size()) return;
  for (const std::size_t i : changes) keep[i] = true;
}

/// Between two kept points: the point of those in between that is farthest off, and by how much.
struct Stretch {
  std::size_t first = 0;  ///< Index into the points, as all three.
  std::size_t last = 0;
  std::size_t worst = 0;
  double error = 0;
  bool is_long() const { return last - first > kThinHoleMax + 1; }
  /// True if `other` is to be divided rather than this.
  bool operator<(const Stretch& other) const {
    return std::pair(is_long(), error) < std::pair(other.is_long(), other.error);
  }
};

Stretch measure(const std::vector<Point>& points, std::size_t first, std::size_t last) {
  Stretch stretch{first, last, first + (last - first) / 2, 0};
  for (std::size_t i = first + 1; i < last; ++i) {
    const double error = error_m(points[first], points[last], points[i]);
    if (error <= stretch.error) continue;
    stretch.error = error;
    stretch.worst = i;
  }
  return stretch;
}

/// Keeps points until there are enough, and says how far off the others are then.
double keep_shape(const std::vector<Point>& points, std::vector<bool>& keep) {
  if (points.empty()) return 0;
  keep[points.front().place] = keep[points.back().place] = true;
  std::priority_queue<Stretch> stretches;
  std::size_t kept = 1;
  std::size_t before = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (!keep[points[i].place]) continue;
    ++kept;
    if (i - before > 1) stretches.push(measure(points, before, i));
    before = i;
  }
  for (; kept * kThinKeepsOneOf < points.size() && !stretches.empty(); ++kept) {
    const Stretch stretch = stretches.top();
    stretches.pop();
    keep[points[stretch.worst].place] = true;
    if (stretch.worst - stretch.first > 1) stretches.push(measure(points, stretch.first, stretch.worst));
    if (stretch.last - stretch.worst > 1) stretches.push(measure(points, stretch.worst, stretch.last));
  }
  double error = 0;
  for (; !stretches.empty(); stretches.pop()) error = std::max(error, stretches.top().error);
  return error;
}

}  // namespace

Position position_between(const Position& a, const Position& b, double fraction) {
  const double lat = a.lat_e7 + fraction * (static_cast<double>(b.lat_e7) - a.lat_e7);
  const double lon = a.lon_e7 + fraction * turned_short(static_cast<double>(b.lon_e7) - a.lon_e7);
  return {static_cast<std::int32_t>(std::lround(lat)), static_cast<std::int32_t>(std::lround(turned_short(lon)))};
}

ThinnedRun thin_run(std::span<const Record> records) {
  std::vector<bool> keep(records.size());
  if (!keep.empty()) keep.front() = keep.back() = true;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (tells_by_itself(records[i])) keep[i] = true;
  }
  pin_fix_changes(records, keep);
  pin_state_changes(records, keep);
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].position || keep[i]) continue;
    keep[i] = ++skipped % kThinKeepsOneOf == 0;
  }
  ThinnedRun thinned;
  // Measured with whole units of 1e-7 degrees (11 mm): a trifle on top makes it a bound.
  const double error = keep_shape(points_of(records), keep);
  thinned.error_m = error > 0 ? static_cast<std::int32_t>(std::min<double>(std::ceil(error + 0.02), kThinErrorMax)) : 0;
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (keep[i]) thinned.kept.push_back(i);
  }
  return thinned;
}

}  // namespace odograph::outbox
