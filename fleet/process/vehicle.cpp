#include "fleet/process/vehicle.h"

#include "fleet/alerts/values.h"
#include "proto/public/vehicle_state.pb.h"

namespace odograph::process {
namespace {

using rules::SpeedLimitMemory;
using State = odograph::SpeedLimitState;

std::int64_t to_ms(rules::EventTime time) { return time.time_since_epoch().count(); }
rules::EventTime from_ms(std::int64_t ms) { return rules::EventTime(base::Millis(ms)); }
base::UtcTime utc_from_ms(std::int64_t ms) { return base::UtcTime(base::Millis(ms)); }

void save(const rules::Stretch& stretch, State::Stretch& saved) {
  saved.set_first_ms(to_ms(stretch.first));
  saved.set_observed_ms(stretch.observed.count());
}

rules::Stretch load(const State::Stretch& saved) {
  return {from_ms(saved.first_ms()), base::Millis(saved.observed_ms())};
}

void save(const SpeedLimitMemory& memory, State& state) {
  state.set_scope(static_cast<State::Scope>(memory.scope));
  state.set_zone_id(memory.zone_id);
  state.set_has_newest(memory.newest.has_value());
  if (memory.newest) {
    state.set_newest_ms(to_ms(*memory.newest));
    state.set_newest_lat_e7(memory.sound_position.lat_e7);
    state.set_newest_lon_e7(memory.sound_position.lon_e7);
    state.set_newest_cmps(memory.sound_cmps);
    state.set_refusals(memory.refusals);
  }
  if (!memory.episode) return;
  const rules::Episode& episode = *memory.episode;
  State::Episode& saved = *state.mutable_episode();
  save(episode.above, *saved.mutable_above());
  saved.set_active(episode.active);
  saved.set_peak_ms(to_ms(episode.peak_time));
  saved.set_peak_cmps(episode.peak_cmps);
  saved.set_peak_lat_e7(episode.peak_position.lat_e7);
  saved.set_peak_lon_e7(episode.peak_position.lon_e7);
  saved.set_last_told_ms(to_ms(episode.last_told));
  saved.set_told_peak_cmps(episode.told_peak_cmps);
  if (episode.below) save(*episode.below, *saved.mutable_below());
}

SpeedLimitMemory load(const State& state) {
  SpeedLimitMemory memory;
  memory.scope = static_cast<SpeedLimitMemory::Scope>(state.scope());
  memory.zone_id = state.zone_id();
  if (state.has_newest()) memory.newest = from_ms(state.newest_ms());
  memory.sound_position = {state.newest_lat_e7(), state.newest_lon_e7()};
  memory.sound_cmps = state.newest_cmps();
  memory.refusals = state.refusals();
  if (!state.has_episode()) return memory;
  const State::Episode& saved = state.episode();
  rules::Episode& episode = memory.episode.emplace();
  episode.above = load(saved.above());
  episode.active = saved.active();
  episode.peak_time = from_ms(saved.peak_ms());
  episode.peak_cmps = saved.peak_cmps();
  episode.peak_position = {saved.peak_lat_e7(), saved.peak_lon_e7()};
  episode.last_told = from_ms(saved.last_told_ms());
  episode.told_peak_cmps = saved.told_peak_cmps();
  if (saved.has_below()) episode.below = load(saved.below());
  return memory;
}

void save(const Live& live, odograph::LiveState& saved) {
  if (live.time) saved.set_time_ms(live.time->time_since_epoch().count());
  saved.set_has_believed(live.believed.has_value());
  if (live.believed) saved.set_believed_ms(live.believed->time_since_epoch().count());
  if (!live.position) return;
  *saved.mutable_position() = alerts::to_position(*live.position);
  saved.set_position_ms(live.position_time.time_since_epoch().count());
  saved.set_speed_cmps(live.speed_cmps);
  saved.set_course_cdeg(live.course_cdeg);
  saved.set_flags(live.flags);
}

Live load(const odograph::LiveState& saved) {
  Live live;
  live.time = utc_from_ms(saved.time_ms());
  if (saved.has_believed()) live.believed = utc_from_ms(saved.believed_ms());
  if (!saved.has_position()) return live;
  live.position = alerts::from_position(saved.position());
  live.position_time = utc_from_ms(saved.position_ms());
  live.speed_cmps = saved.speed_cmps();
  live.course_cdeg = saved.course_cdeg();
  live.flags = saved.flags();
  return live;
}

/// Where a module's bytes are; nullptr for a field that is none of theirs.
std::string* module_bytes(odograph::VehicleState& state, std::uint32_t field) {
  switch (field) {
    case odograph::VehicleState::kArrivalsFieldNumber: return state.mutable_arrivals();
    case odograph::VehicleState::kRulesFieldNumber: return state.mutable_rules();
    default: return nullptr;
  }
}

}  // namespace

bool is_believed(const model::Record& record) {
  return record.utc && record.time_quality >= model::TimeQuality::kNtp &&
         (record.flags & model::flag::kTimeUncertain) == 0;
}

bool is_far_ahead(const model::Record& record, const kafka::Message& message) {
  if (!record.utc || !message.is_append_time || (record.flags & model::flag::kReplayed) != 0) return false;
  return *record.utc > base::UtcTime(base::Millis(message.timestamp_ms)) + kAheadMax;
}

bool Live::move(const model::Record& record) {
  if (is_believed(record) && (!believed || *record.utc > *believed)) believed = record.utc;
  if (!record.utc || (time && *record.utc <= *time)) return false;
  time = record.utc;
  if (record.position && (record.flags & model::flag::kUnusable) == 0) {
    position = record.position;
    position_time = *record.utc;
    speed_cmps = record.speed_cmps.value_or(0);
    course_cdeg = record.course_cdeg.value_or(0);
    flags = record.flags;
  }
  return true;
}

std::string to_bytes(const Vehicle& vehicle) {
  odograph::VehicleState state;
  state.set_version(kStateVersion);
  state.set_vehicle_id(std::string(vehicle.id));
  state.set_source_offset(vehicle.source_offset);
  if (vehicle.live.time) save(vehicle.live, *state.mutable_live());
  for (const Stream& stream : vehicle.streams) {
    odograph::StreamState& saved = *state.add_streams();
    saved.set_stream_id(stream.id);
    stream.dedupe.save(saved);
    stream.gaps.save(*saved.mutable_gaps());
  }
  state.set_forgot_streams(vehicle.forgot_streams);
  state.set_rule_set(vehicle.rule_set);
  if (vehicle.overspeed) save(vehicle.overspeed->memory(), *state.mutable_speed_limit());
  vehicle.alerts.save(state);
  for (const Plugged& plugged : vehicle.modules) {
    if (std::string* bytes = module_bytes(state, plugged.state_field)) plugged.module->save(*bytes);
  }
  return state.SerializeAsString();
}

base::Status from_bytes(std::string_view bytes, const Judge& judge, Vehicle& vehicle) {
  odograph::VehicleState state;
  if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return base::drop_error("state of " + std::string(vehicle.id) + ": no message of its kind");
  }
  if (state.version() > kStateVersion) {
    return base::stop_error("state of " + std::string(vehicle.id) + ": version " + std::to_string(state.version()) +
                            ", written by a newer odograph-fleet; this one knows " + std::to_string(kStateVersion));
  }
  if (state.has_live()) vehicle.live = load(state.live());
  for (const odograph::StreamState& saved : state.streams()) {
    if (vehicle.streams.size() == kStreamsMax) break;
    Stream& stream = vehicle.streams.emplace_back(saved.stream_id(), Beginning::kNotSeen);
    stream.dedupe.load(saved);
    stream.gaps.load(saved.gaps());
  }
  vehicle.forgot_streams = state.forgot_streams();
  vehicle.source_offset = state.source_offset();
  vehicle.alerts.load(state);
  vehicle.rule_set = state.rule_set();
  if (state.rule_set() != 0) vehicle.overspeed = judge.rule;
  // Of an episode under other rules nothing holds any more; the next record tells so.
  if (state.rule_set() == judge.rule_set && !vehicle.overspeed->recall(load(state.speed_limit()))) {
    vehicle.overspeed = judge.rule;
  }
  for (const Plugged& plugged : vehicle.modules) {
    const std::string* kept = module_bytes(state, plugged.state_field);
    if (kept == nullptr || kept->empty()) continue;
    if (auto status = plugged.module->load(*kept); !status) {
      return base::Error{status.error().action, "state of " + std::string(vehicle.id) + ": " + status.error().what};
    }
  }
  return {};
}

}  // namespace odograph::process
