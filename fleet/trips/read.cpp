#include "fleet/trips/read.h"

#include <unordered_map>

#include "fleet/trips/line_file.h"

namespace odograph::trips {

void Complaints::add(const std::string& file, std::size_t line, const std::string& what) {
  ++count_;
  if (count_ > kToldErrorsMax) return;
  if (!text_.empty()) text_ += '\n';
  text_ += file + ':' + std::to_string(line) + ": " + what;
}

base::Error Complaints::error() const {
  if (!enough()) return base::drop_error(text_);
  return base::drop_error(text_ + "\nno more is told after " + std::to_string(kToldErrorsMax) + " bad lines");
}

base::Result<std::vector<eta::Trip>> read_trips(const std::filesystem::path& path) {
  auto file = LineFile::open(path);
  if (!file) return file.error();
  std::vector<eta::Trip> trips;
  std::unordered_map<std::string, std::size_t> known;
  Complaints complaints;
  std::string line;
  while (!complaints.enough()) {
    const auto more = file->next(line);
    if (!more) return more.error();
    if (!*more) break;
    if (line.empty()) continue;
    auto trip = parse_trip(line);
    if (!trip) {
      complaints.add(file->name(), file->number(), trip.error().what);
      continue;
    }
    const auto [place, fresh] = known.try_emplace(trip->trip_id, trips.size());
    if (fresh && trips.size() >= kTripsMax) {
      return base::stop_error(file->name() + ": more than " + std::to_string(kTripsMax) + " trips");
    } else if (fresh) {
      trips.push_back(*std::move(trip));
    } else if (trips[place->second].revision == trip->revision) {
      complaints.add(file->name(), file->number(), "revision: the same as before for trip " + trip->trip_id);
    } else if (trips[place->second].revision < trip->revision) {
      trips[place->second] = *std::move(trip);
    }
  }
  if (!complaints.empty()) return complaints.error();
  return trips;
}

}  // namespace odograph::trips
