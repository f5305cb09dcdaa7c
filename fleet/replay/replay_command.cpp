#include "fleet/replay/replay_command.h"

#include <fstream>
#include <ostream>
#include <sstream>

#include "fleet/decode/json.h"
#include "fleet/replay/replay.h"
#include "fleet/trips/line_file.h"

namespace odograph::replay {
namespace {

constexpr std::uintmax_t kProfileBytesMax = 2ULL << 30;

/// Hands every position to `take`. All lines are looked at before it is said what is wrong with some of them.
template <class Take>
base::Status read_positions(const std::filesystem::path& path, Take take) {
  auto file = trips::LineFile::open(path);
  if (!file) return file.error();
  trips::Complaints complaints;
  base::UtcTime newest = base::UtcTime::min();
  std::string line;
  while (!complaints.enough()) {
    const auto more = file->next(line);
    if (!more) return more.error();
    if (!*more) break;
    if (line.empty()) continue;
    const auto told = trips::parse_position(line);
    if (!told) {
      complaints.add(file->name(), file->number(), told.error().what);
    } else if (told->position.time < newest) {
      complaints.add(file->name(), file->number(), "time: before that of a line above; positions are in time order");
    } else {
      newest = told->position.time;
      take(*told);
    }
  }
  if (!complaints.empty()) return complaints.error();
  return {};
}

base::Result<eta::Learned> read_profile(const std::filesystem::path& path) {
  if (path.empty()) return eta::Learned{};
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed || size > kProfileBytesMax)
    return base::stop_error("read " + path.string() + ": " + (failed ? failed.message() : "larger than 2 GiB"));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return base::stop_error("read " + path.string() + ": cannot be read");
  auto learned = eta::from_text(text.view());
  if (!learned) return base::Error{learned.error().action, path.string() + ": " + learned.error().what};
  return learned;
}

base::Status write_profile(const std::filesystem::path& path, const eta::Learned& learned) {
  std::filesystem::path part = path;
  part += ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file << eta::to_text(learned);
  file.close();
  std::error_code failed;
  if (file) std::filesystem::rename(part, path, failed);
  if (!file || failed) return base::stop_error("write " + path.string() + ": cannot be written");
  return {};
}

void print(std::ostream& out, const Prediction& one) {
  decode::JsonObject line;
  line.text("trip_id", one.trip.trip_id)
      .text("vehicle_id", one.trip.vehicle_id)
      .text("stop_id", one.trip.stops[one.estimate.stop].stop_id)
      .number("sequence", std::uint64_t{one.trip.stops[one.estimate.stop].sequence})
      .text("made_at", base::to_rfc3339(one.made_at))
      .text("p10", base::to_rfc3339(one.estimate.p10))
      .text("p50", base::to_rfc3339(one.estimate.p50))
      .text("p90", base::to_rfc3339(one.estimate.p90));
  out << line.str() << '\n';
}

}  // namespace

base::Status run(const ReplayCommand& command, std::ostream& out, std::ostream& log) {
  std::error_code failed;
  const auto kind = std::filesystem::status(command.positions, failed).type();
  if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found)
    return base::stop_error("open " + command.positions.string() +
                            ": not a file; positions are read twice, first to be checked: write them to a file");
  const auto trips = trips::read_trips(command.trips);
  if (!trips) return trips.error();
  auto learned = read_profile(command.profile);
  if (!learned) return learned.error();
  if (auto status = read_positions(command.positions, [](const auto&) {}); !status) return status;
  Replay replay(trips->trips, *std::move(learned), [&out](const Prediction& one) { print(out, one); });
  if (auto status = read_positions(command.positions, [&](const auto& told) { replay.observe(told); }); !status)
    return status;
  replay.finish();
  if (!out.flush()) return base::stop_error("write the predictions: cannot be written");
  const Replay::Counts& counts = replay.counts();
  log << counts.positions << " positions (" << counts.late << " late, " << counts.unplanned << " without a trip), "
      << counts.arrivals << " arrivals, " << counts.passed << " stops passed, " << counts.predictions
      << " predictions\n";
  return command.learn.empty() ? base::Status{} : write_profile(command.learn, replay.learned());
}

}  // namespace odograph::replay
