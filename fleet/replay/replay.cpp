#include "fleet/replay/replay.h"

#include <algorithm>

namespace odograph::replay {
namespace {

constexpr base::Millis kBeat{30'000};

}  // namespace

Replay::Replay(const std::vector<eta::Trip>& trips, eta::Learned learned, Tell tell)
    : knowledge_{std::move(learned), {}}, tell_(std::move(tell)) {
  for (const eta::Trip& trip : trips) {
    Vehicle*& vehicle = by_id_[trip.vehicle_id];
    if (vehicle == nullptr) vehicle = vehicles_.emplace_back(std::make_unique<Vehicle>()).get();
    vehicle->trips.push_back(&trip);
  }
  for (const auto& vehicle : vehicles_)
    std::stable_sort(vehicle->trips.begin(), vehicle->trips.end(),
                     [](const auto* a, const auto* b) { return a->start_time < b->start_time; });
}

void Replay::assign(Vehicle& vehicle, const eta::Position& position) {
  const base::UtcTime now = position.time;
  const bool under_way = vehicle.progress && !vehicle.progress->finished();
  if (under_way && eta::is_given_up(vehicle.progress->trip(), now)) vehicle.progress.reset();
  while (vehicle.next < vehicle.trips.size()) {
    const eta::Trip& trip = *vehicle.trips[vehicle.next];
    if (!eta::begins(trip, vehicle.progress.get(), vehicle.hold, position)) return;
    vehicle.hold = eta::Hold::begin(trip, vehicle.progress.get(), now);
    vehicle.progress.reset();
    ++vehicle.next;
    if (eta::is_given_up(trip, now)) continue;
    auto progress = eta::Progress::create(trip);
    if (!progress) continue;  // Trips are read with their routes checked.
    vehicle.progress = std::make_unique<eta::Progress>(*std::move(progress));
    vehicle.news = false;
    // A vehicle that is first heard of late begins with the beat that is due now.
    const auto gone = std::max(base::Millis{0}, now - trip.start_time);
    vehicle.beat = trip.start_time + (gone + kBeat - base::Millis{1}) / kBeat * kBeat;
    earliest_beat_ = std::min(earliest_beat_, vehicle.beat);
  }
}

void Replay::tell_beats_before(base::UtcTime now) {
  if (now <= earliest_beat_) return;
  earliest_beat_ = base::UtcTime::max();
  for (const auto& vehicle : vehicles_) {
    if (!vehicle->progress || vehicle->progress->finished()) continue;
    if (vehicle->beat < now) {
      if (vehicle->news) tell(*vehicle);
      vehicle->beat += ((now - vehicle->beat + kBeat - base::Millis{1}) / kBeat) * kBeat;
    }
    earliest_beat_ = std::min(earliest_beat_, vehicle->beat);
  }
}

void Replay::observe(const trips::VehiclePosition& told) {
  ++counts_.positions;
  tell_beats_before(told.position.time);
  const auto found = by_id_.find(told.vehicle_id);
  if (found != by_id_.end()) assign(*found->second, told.position);
  if (found == by_id_.end() || !found->second->progress) {
    ++counts_.unplanned;
    return;
  }
  Vehicle& vehicle = *found->second;
  const std::uint64_t late_before = vehicle.progress->late();
  const auto events = vehicle.progress->observe(told.position, knowledge_);
  if (vehicle.progress->late() > late_before) {
    ++counts_.late;
    return;
  }
  if (vehicle.progress->as_of() == told.position.time) vehicle.hold.observe(*vehicle.progress, events);
  vehicle.news = true;
  for (const eta::StopEvent& event : events) {
    if (event.kind == eta::StopEvent::Kind::kArrival) ++counts_.arrivals;
    if (event.kind == eta::StopEvent::Kind::kPassed) ++counts_.passed;
  }
  if (!events.empty()) tell(vehicle);
}

void Replay::tell(Vehicle& vehicle) {
  vehicle.news = false;
  for (const eta::Estimate& estimate : vehicle.progress->estimate(knowledge_)) {
    ++counts_.predictions;
    tell_({vehicle.progress->trip(), *vehicle.progress->as_of(), estimate});
  }
}

void Replay::finish() { tell_beats_before(base::UtcTime::max()); }

}  // namespace odograph::replay
