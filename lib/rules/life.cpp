#include "lib/rules/life.h"

#include <algorithm>
#include <utility>

namespace odograph::rules {
namespace {

base::Millis counted(const LifeConfig& config, base::Millis since) {
  return since <= config.gap ? since : base::Millis(0);
}

}  // namespace

void Life::on(const LifeConfig& config, const Look& look, std::vector<LifeEvent>& told) {
  if (newest_ && look.time < *newest_) return;
  const base::Millis since = newest_ ? look.time - *newest_ : base::Millis(0);
  newest_ = look.time;
  const bool is_beyond = look.standing == Standing::kBeyond;
  if (!active_ && !is_beyond) {
    episode_.reset();
    beyond_.reset();
    return;
  }
  if (!episode_) {
    EventTime first = std::min(look.since.value_or(look.time), look.time);
    // It would be taken for the alert before: that one's start is its name.
    if (closed_ && first <= closed_->start) first = look.time;
    episode_.emplace().start = first;
    beyond_ = Held{first, look.time - first};
  } else if (!active_) {
    beyond_->observed += counted(config, since);
    ++beyond_->count;
  }
  if (is_beyond) absorb(look);
  episode_->value = look.value;
  if (active_) return while_active(config, look, since, told);
  const bool often = config.min_count > 0 && beyond_->count >= config.min_count;
  if (often || beyond_->observed >= look.required.value_or(config.min_duration)) raise(config, look, told);
}

void Life::absorb(const Look& look) {
  Episode& episode = *episode_;
  if (look.excess > episode.excess) {
    episode.excess = look.excess;
    episode.peak = look.value;
    episode.peak_time = look.time;
    episode.peak_position = look.position;
    episode.cause = look.cause;
    episode.limit = look.limit;  // With the cause: once it is within, a rule of two limits names the nearer one.
  }
  episode.severity = std::max(episode.severity, look.severity);
}

void Life::raise(const LifeConfig& config, const Look& look, std::vector<LifeEvent>& told) {
  active_ = true;
  beyond_.reset();
  within_.reset();
  std::erase_if(ends_, [&](EventTime end) { return look.time - end > config.flap_window; });
  const bool flapping = config.flap_cycles > 0 && ends_.size() >= config.flap_cycles;
  Phase phase = Phase::kRaised;
  if (reopens(config)) {
    // The same alert goes on: what was its worst stays so.
    phase = Phase::kUpdated;
    const Episode now = *std::exchange(episode_, std::exchange(closed_, std::nullopt));
    if (now.excess > episode_->excess) {
      episode_->excess = now.excess;
      episode_->peak = now.peak;
      episode_->peak_time = now.peak_time;
      episode_->peak_position = now.peak_position;
    }
    episode_->cause = now.cause;
    episode_->severity = std::max(episode_->severity, now.severity);
    episode_->value = now.value;
    episode_->limit = now.limit;
  }
  closed_.reset();
  episode_->flapping = flapping;
  told.push_back(tell(phase, look.time, look.position));
}

bool Life::reopens(const LifeConfig& config) const {
  if (!closed_) return false;
  if (episode_->start <= closed_->start) return true;  // Of equal time: there is no other name for it.
  return config.reopen > base::Millis(0) && closed_at_ != kNever && episode_->start - closed_at_ <= config.reopen;
}

void Life::while_active(const LifeConfig& config, const Look& look, base::Millis since, std::vector<LifeEvent>& told) {
  if (look.standing != Standing::kWithin) {
    within_.reset();
  } else if (!within_) {
    within_ = Held{look.time};
  } else {
    within_->observed += counted(config, since);
    ++within_->count;
  }
  if (within_) {
    const bool flapping = episode_->flapping;
    const bool often = !flapping && config.clear_count > 0 && within_->count >= config.clear_count;
    if (often || within_->observed >= (flapping ? config.flap_stable : config.clear_duration)) {
      told.push_back(tell(Phase::kCleared, look.time, look.position));
      told.back().ending = Ending::kRecovered;
      told.back().end = within_->first;
      return close(config, look.time);
    }
  }
  const Episode& episode = *episode_;
  const bool is_worse = episode.excess > episode.told_excess || episode.severity > episode.told_severity;
  if (is_worse && look.time - episode.told_at >= config.update_interval) {
    told.push_back(tell(Phase::kUpdated, look.time, look.position));
  }
}

void Life::close(const LifeConfig& config, EventTime time) {
  active_ = false;
  within_.reset();
  beyond_.reset();
  closed_ = std::exchange(episode_, std::nullopt);
  closed_at_ = time;
  if (config.flap_cycles == 0) return;
  if (ends_.size() >= config.flap_cycles) {
    // More than enough if the configuration was changed to fewer.
    ends_.erase(ends_.begin(), ends_.end() - static_cast<std::ptrdiff_t>(config.flap_cycles - 1));
  }
  ends_.push_back(time);
}

void Life::set_value(std::int64_t value) {
  if (episode_) episode_->value = value;
}

void Life::end(EventTime time, Ending ending, std::vector<LifeEvent>& told) {
  if (active_) {
    const EventTime at = std::max(time, newest_.value_or(time));
    told.push_back(tell(Phase::kCleared, at, std::nullopt));
    told.back().ending = ending;
    told.back().end = at;
  }
  if (active_) closed_ = episode_;
  closed_at_ = kNever;
  active_ = false;
  episode_.reset();
  beyond_.reset();
  within_.reset();
}

bool Life::spent(const LifeConfig& config, EventTime now) const {
  if (episode_ || (newest_ && now <= *newest_)) return false;
  if (closed_ && closed_at_ != kNever && now - closed_at_ <= config.reopen) return false;
  return std::all_of(ends_.begin(), ends_.end(), [&](EventTime end) { return now - end > config.flap_window; });
}

LifeEvent Life::tell(Phase phase, EventTime time, const std::optional<model::Position>& position) {
  Episode& episode = *episode_;
  ++episode.revision;
  episode.told_at = time;
  episode.told_excess = episode.excess;
  episode.told_severity = episode.severity;
  LifeEvent event;
  event.phase = phase;
  event.revision = episode.revision;
  event.severity = episode.severity;
  event.cause = episode.cause;
  event.flapping = episode.flapping;
  event.start = episode.start;
  event.time = time;
  event.peak_time = episode.peak_time;
  event.value = episode.value;
  event.limit = episode.limit;
  event.peak = episode.peak;
  event.position = position;
  event.peak_position = episode.peak_position;
  return event;
}

}  // namespace odograph::rules
