#include "lib/service/human.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace odograph::service {
namespace {

constexpr std::size_t kBarColumnsMin = 10;
constexpr std::size_t kBarColumnsMax = 40;

std::string bar(double fraction, std::size_t columns) {
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(columns));
  return "[" + std::string(filled, '#') + std::string(columns - filled, '.') + "]";
}

}  // namespace

std::string human_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string human_duration(base::Millis duration) {
  using Unit = std::pair<std::int64_t, const char*>;
  constexpr std::array<Unit, 3> kUnits = {{{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}}};
  const std::int64_t ms = std::max<std::int64_t>(duration.count(), 0);
  for (const auto& [unit_ms, name] : kUnits) {
    if (ms >= 2 * unit_ms) return fmt::format("{} {}", ms / unit_ms, name);
  }
  return fmt::format("{} s", ms / 1000);
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  std::uint64_t scale = 1;
  while (unit + 1 < kUnits.size() && bytes / scale >= 1024) {
    scale *= 1024;
    ++unit;
  }
  const std::uint64_t whole = bytes / scale;
  if (unit == 0 || whole >= 100) return fmt::format("{} {}", whole, kUnits[unit]);
  // The remainder is below 2^60, so ten times it still fits.
  return fmt::format("{}.{} {}", whole, bytes % scale * 10 / scale, kUnits[unit]);
}

std::string progress_line(const Progress& progress, std::size_t width) {
  const double fraction = std::isnan(progress.fraction) ? 0 : std::clamp(progress.fraction, 0.0, 1.0);
  const std::string percent = fmt::format("{:3} %", static_cast<int>(fraction * 100));
  const std::string label = progress.label.empty() ? "" : fmt::format("{} ", progress.label);
  const std::string left = progress.left ? fmt::format(" {} left", human_duration(*progress.left)) : "";
  for (const std::string& time : {left, std::string()}) {
    const std::size_t taken = label.size() + percent.size() + time.size() + 3;
    if (taken + kBarColumnsMin > width) continue;
    return fmt::format("{}{} {}{}", label, percent, bar(fraction, std::min(width - taken, kBarColumnsMax)), time);
  }
  if (label.size() + percent.size() <= width) return label + percent;
  return percent.substr(0, width);
}

}  // namespace odograph::service
