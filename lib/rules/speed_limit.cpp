#include "lib/rules/speed_limit.h"

#include <algorithm>
#include <utility>

#include "lib/rules/gate.h"

namespace odograph::rules {
namespace {

/// North-south and east-west bounds; most zones are far away, and this tells so in four comparisons.
struct Box {
  model::Position low;
  model::Position high;

  explicit Box(const std::vector<model::Position>& outline) : low(outline.front()), high(outline.front()) {
    for (const model::Position& corner : outline) {
      low = {std::min(low.lat_e7, corner.lat_e7), std::min(low.lon_e7, corner.lon_e7)};
      high = {std::max(high.lat_e7, corner.lat_e7), std::max(high.lon_e7, corner.lon_e7)};
    }
  }

  bool contains(const model::Position& position) const {
    return low.lat_e7 <= position.lat_e7 && position.lat_e7 <= high.lat_e7 && low.lon_e7 <= position.lon_e7 &&
           position.lon_e7 <= high.lon_e7;
  }
};

model::Severity severity_of(std::int32_t peak_cmps, std::int32_t limit_cmps) {
  const std::int64_t percent = std::int64_t{peak_cmps} * 100;
  if (percent >= std::int64_t{limit_cmps} * 140) return model::Severity::kCritical;
  if (percent >= std::int64_t{limit_cmps} * 120) return model::Severity::kMajor;
  return model::Severity::kWarning;
}

}  // namespace

struct SpeedLimit::Rules {
  SpeedLimitConfig config;
  std::vector<Box> boxes;  ///< Of the zones, in their order.
};

SpeedLimit::SpeedLimit(SpeedLimitConfig config) {
  ODOGRAPH_ASSERT(validate(config).has_value());
  // In the order of precedence, so that the first zone that holds a position is the scope.
  std::sort(config.zones.begin(), config.zones.end(), [](const Zone& a, const Zone& b) {
    return a.limit_cmps != b.limit_cmps ? a.limit_cmps < b.limit_cmps : a.id < b.id;
  });
  auto rules = std::make_shared<Rules>();
  for (const Zone& zone : config.zones) rules->boxes.emplace_back(zone.outline);
  rules->config = std::move(config);
  rules_ = std::move(rules);
}

std::vector<model::RuleEvent> SpeedLimit::on_record(EventTime time, const model::Record& record) {
  std::vector<model::RuleEvent> events;
  if (!record.position || !record.speed_cmps) return events;
  if (newest_ && time <= *newest_) return events;
  if (rules_->config.accuracy_gate && !is_let_through(time, record)) return events;

  if (const std::ptrdiff_t scope = scope_at(*record.position); scope != scope_) {
    if (episode_ && episode_->active) {
      events.push_back(tell(model::EventPhase::kEnd, time, record));
      events.back().end_reason = model::EndReason::kLeftScope;
    }
    episode_.reset();
    scope_ = scope;
  }
  if (scope_ != kNowhere) {
    if (auto event = in_scope(time, record)) events.push_back(std::move(*event));
  }
  newest_ = time;
  sound_position_ = *record.position;
  sound_cmps_ = *record.speed_cmps;
  return events;
}

bool SpeedLimit::is_let_through(EventTime time, const model::Record& record) {
  if (!is_usable(record)) return false;
  if (newest_ && refusals_ < kGateRefusalsMax &&
      !is_plausible({sound_position_, sound_cmps_}, time - *newest_, record)) {
    ++refusals_;
    return false;
  }
  refusals_ = 0;
  return true;
}

std::ptrdiff_t SpeedLimit::scope_at(const model::Position& position) const {
  const std::vector<Zone>& zones = rules_->config.zones;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (rules_->boxes[i].contains(position) && contains(zones[i], position)) return static_cast<std::ptrdiff_t>(i);
  }
  return rules_->config.limit_cmps ? kVehicle : kNowhere;
}

std::int32_t SpeedLimit::limit_cmps() const {
  return scope_ == kVehicle ? *rules_->config.limit_cmps
                            : rules_->config.zones[static_cast<std::size_t>(scope_)].limit_cmps;
}

std::optional<model::RuleEvent> SpeedLimit::in_scope(EventTime time, const model::Record& record) {
  const std::int32_t speed_cmps = *record.speed_cmps;
  const bool above = speed_cmps > limit_cmps();
  if (!above && !(episode_ && episode_->active)) {
    episode_.reset();
    return std::nullopt;
  }
  if (!episode_) {
    episode_.emplace();
    episode_->above.first = time;
  } else if (!episode_->active) {
    extend(episode_->above, time);
  }
  if (speed_cmps > episode_->peak_cmps) {
    episode_->peak_cmps = speed_cmps;
    episode_->peak_time = time;
    episode_->peak_position = *record.position;
  }
  if (episode_->active) return while_active(time, record);
  if (episode_->above.observed < rules_->config.min_duration) return std::nullopt;
  episode_->active = true;
  return tell(model::EventPhase::kStart, time, record);
}

std::optional<model::RuleEvent> SpeedLimit::while_active(EventTime time, const model::Record& record) {
  if (*record.speed_cmps >= limit_cmps() - rules_->config.hysteresis_cmps) {
    episode_->below.reset();
  } else if (!episode_->below) {
    episode_->below = Stretch{time};
  } else {
    extend(*episode_->below, time);
  }
  if (episode_->below && episode_->below->observed >= rules_->config.clear_duration) {
    model::RuleEvent end = tell(model::EventPhase::kEnd, time, record);
    end.end_reason = model::EndReason::kRecovered;
    end.end_ago = time - episode_->below->first;
    episode_.reset();
    return end;
  }
  const bool due = time - episode_->last_told >= rules_->config.update_interval;
  if (episode_->peak_cmps > episode_->told_peak_cmps && due) return tell(model::EventPhase::kUpdate, time, record);
  return std::nullopt;
}

void SpeedLimit::extend(Stretch& stretch, EventTime time) const {
  const base::Millis since = time - *newest_;
  if (since <= rules_->config.gap) stretch.observed += since;
}

model::RuleEvent SpeedLimit::tell(model::EventPhase phase, EventTime time, const model::Record& record) {
  episode_->last_told = time;
  episode_->told_peak_cmps = episode_->peak_cmps;
  model::RuleEvent event;
  event.kind = model::EventKind::kOverspeed;
  event.phase = phase;
  event.severity = severity_of(episode_->peak_cmps, limit_cmps());
  if (scope_ != kVehicle) event.scope = rules_->config.zones[static_cast<std::size_t>(scope_)].id;
  event.start_ago = time - episode_->above.first;
  event.peak_ago = time - episode_->peak_time;
  event.value_cmps = *record.speed_cmps;
  event.limit_cmps = limit_cmps();
  event.peak_cmps = episode_->peak_cmps;
  event.peak_position = episode_->peak_position;
  event.position = record.position;
  return event;
}

SpeedLimitMemory SpeedLimit::memory() const {
  SpeedLimitMemory memory{.scope = SpeedLimitMemory::Scope::kNowhere,
                          .zone_id = {},
                          .newest = newest_,
                          .episode = episode_,
                          .sound_position = sound_position_,
                          .sound_cmps = sound_cmps_,
                          .refusals = refusals_};
  if (scope_ == kVehicle) memory.scope = SpeedLimitMemory::Scope::kVehicle;
  if (scope_ >= 0) {
    memory.scope = SpeedLimitMemory::Scope::kZone;
    memory.zone_id = rules_->config.zones[static_cast<std::size_t>(scope_)].id;
  }
  return memory;
}

base::Status SpeedLimit::recall(const SpeedLimitMemory& memory) {
  std::ptrdiff_t scope = kNowhere;
  if (memory.scope == SpeedLimitMemory::Scope::kVehicle) {
    if (!rules_->config.limit_cmps) return base::drop_error("speed limit: the vehicle has none any more");
    scope = kVehicle;
  } else if (memory.scope == SpeedLimitMemory::Scope::kZone) {
    const auto& zones = rules_->config.zones;
    const auto found =
        std::find_if(zones.begin(), zones.end(), [&](const Zone& zone) { return zone.id == memory.zone_id; });
    if (found == zones.end()) return base::drop_error("speed limit: there is no zone " + memory.zone_id + " any more");
    scope = found - zones.begin();
  }
  scope_ = scope;
  newest_ = memory.newest;
  sound_position_ = memory.sound_position;
  sound_cmps_ = memory.sound_cmps;
  refusals_ = memory.refusals;
  // An episode is always one of a scope.
  episode_ = scope == kNowhere ? std::nullopt : memory.episode;
  return {};
}

}  // namespace odograph::rules
