#include <algorithm>

#include "fleet/process/dedupe.h"
#include "fleet/process/gaps.h"
#include "proto/public/vehicle_state.pb.h"

// How what is known of a stream gets into vehicle-state-topic and back. What is read was written by us, but from a
// topic that others can write to: the bounds hold for it too.

namespace odograph::process {
namespace {

using Range = odograph::GapState::Range;
using Ranges = google::protobuf::RepeatedPtrField<Range>;

void save_ranges(const std::vector<Gap>& gaps, Ranges& ranges) {
  for (const Gap& gap : gaps) {
    Range& range = *ranges.Add();
    range.set_lane(static_cast<std::uint32_t>(gap.lane));
    range.set_boot(gap.boot);
    range.set_first_n(gap.first_n);
    range.set_last_n(gap.last_n);
  }
}

bool is_stored_lane(std::uint32_t lane) { return lane >= 1 && lane <= model::kStoredLanes.size(); }

std::vector<Gap> load_ranges(const Ranges& ranges) {
  std::vector<Gap> gaps;
  for (const Range& range : ranges) {
    if (gaps.size() == GapTracker::kEntriesMax) break;
    // The tail of a lane that never began is empty: 1 to 0.
    if (!is_stored_lane(range.lane()) || range.first_n() > std::uint64_t{range.last_n()} + 1) continue;
    gaps.push_back({static_cast<model::Lane>(range.lane()), range.boot(), range.first_n(), range.last_n()});
  }
  return gaps;
}

template <class Messages>
std::size_t lanes_in(const Messages& messages) {
  return std::min(static_cast<std::size_t>(messages.size()), model::kStoredLanes.size());
}

}  // namespace

void Dedupe::save(odograph::StreamState& state) const {
  for (const LaneMarks& marks : lanes_) {
    odograph::LaneMarks& saved = *state.add_lanes();
    saved.set_forgotten(marks.forgotten);
    for (const Boot& boot : marks.boots) {
      odograph::LaneMarks::Boot& each = *saved.add_boots();
      each.set_number(boot.name.number);
      each.set_nonce(boot.name.nonce);
      each.set_n(boot.n);
      each.set_is_taken_back(boot.is_taken_back);
    }
  }
}

void Dedupe::load(const odograph::StreamState& state) {
  for (std::size_t lane = 0; lane < lanes_in(state.lanes()); ++lane) {
    const odograph::LaneMarks& saved = state.lanes(static_cast<int>(lane));
    LaneMarks& marks = lanes_[lane];
    marks = {};
    marks.forgotten = saved.forgotten();
    for (const odograph::LaneMarks::Boot& each : saved.boots()) {
      if (marks.boots.size() == kBootsMax) break;
      marks.boots.push_back({{each.number(), each.nonce()}, each.n(), each.is_taken_back()});
    }
  }
}

void GapTracker::save(odograph::GapState& state) const {
  state.set_seen_from_start(beginning_ == Beginning::kSeen);
  for (std::size_t lane = 0; lane < places_.size(); ++lane) {
    odograph::GapState::Place& place = *state.add_places();
    place.set_first_boot(first_boots_[lane]);
    place.set_is_known(places_[lane].has_value());
    if (!places_[lane]) continue;
    place.set_boot(places_[lane]->boot);
    place.set_n(places_[lane]->n);
  }
  for (const auto& [boot, ends] : ends_) {
    odograph::GapState::BootEnd& end = *state.add_ends();
    end.set_boot(boot);
    end.set_alert(ends.alert);
    end.set_event(ends.event);
    end.set_bulk(ends.bulk);
  }
  state.set_newest_ended_boot(newest_ended_boot_);
  save_ranges(tails_, *state.mutable_tails());
  save_ranges(open_, *state.mutable_open());
  save_ranges(explanations_, *state.mutable_explanations());
  state.set_explained(counts_.explained);
  state.set_unexplained(counts_.unexplained);
  state.set_forgotten(forgotten_);
}

void GapTracker::load(const odograph::GapState& state) {
  beginning_ = state.seen_from_start() ? Beginning::kSeen : Beginning::kNotSeen;
  for (std::size_t lane = 0; lane < lanes_in(state.places()); ++lane) {
    const odograph::GapState::Place& place = state.places(static_cast<int>(lane));
    first_boots_[lane] = place.first_boot();
    places_[lane] = place.is_known() ? std::optional<Place>({place.boot(), place.n()}) : std::nullopt;
  }
  ends_.clear();
  for (const odograph::GapState::BootEnd& end : state.ends()) {
    if (ends_.size() == kEntriesMax) break;
    ends_[end.boot()] = {end.alert(), end.event(), end.bulk()};
  }
  newest_ended_boot_ = state.newest_ended_boot();
  tails_ = load_ranges(state.tails());
  open_ = load_ranges(state.open());
  explanations_ = load_ranges(state.explanations());
  counts_ = {state.explained(), state.unexplained()};
  forgotten_ = state.forgotten();
}

}  // namespace odograph::process
