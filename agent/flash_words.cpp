#include "agent/flash_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace odograph::agent {

std::string flash_gb(double gb) {
  // 0.95 is what rounds to 1.0 with one digit behind the point.
  return gb == 0 || gb >= 0.95 ? fmt::format("{:.1f}", gb) : fmt::format("{:.2g}", gb);
}

std::optional<std::string> flash_doubt(const outbox::Options& options) {
  const double limit = options.flash_gb_per_year;
  const base::Millis bulk = options.commit_after[2];
  const double floor = outbox::flash_floor_gb_per_year(bulk, options.file_system_bytes);
  if (limit <= 0 || limit >= floor || options.hold) return std::nullopt;
  const auto rarest = std::chrono::duration_cast<std::chrono::minutes>(std::max(bulk, outbox::kBulkIntervalMax));
  return fmt::format(
      "storage.flash_gb_per_year is {}, and will be exceeded by an agent that runs more than {:.2g} h a day: commits "
      "every {} min, which are the rarest, take {} GB/year if it runs all day; storage.hold spares most of them",
      flash_gb(limit), limit / floor * 24, rarest.count(), flash_gb(floor));
}

std::optional<std::string> hold_doubt(const outbox::Options& options, base::Millis send_interval) {
  const base::Millis bulk = options.commit_after[2];
  if (!options.hold || bulk > send_interval) return std::nullopt;
  return fmt::format(
      "storage.hold saves next to nothing: storage.commit_bulk, {} ms, is no longer than kafka.send_interval, {} ms, "
      "so "
      "that positions are stored before an acknowledgement can come; let it be some times as long",
      bulk.count(), send_interval.count());
}

}  // namespace odograph::agent
