#include "agent/collect/pipeline.h"

#include <utility>

namespace odograph::collect {
namespace {

std::optional<rules::SpeedLimit> make_rule(const std::optional<rules::SpeedLimitConfig>& config) {
  if (!config) return std::nullopt;
  return rules::SpeedLimit(*config);
}

std::uint64_t rule_set_of(const std::optional<rules::SpeedLimitConfig>& config) {
  return config ? rules::rule_set_hash(*config) : 0;
}

/// The moment of a fix and how far it may be believed, without the fix itself.
model::Record event_record(const model::Record& fix, model::RuleEvent event) {
  model::Record record;
  record.boot_time = fix.boot_time;
  record.utc = fix.utc;
  record.time_quality = fix.time_quality;
  record.flags = fix.flags;
  record.reason = model::reason::kEvent;
  record.event = std::move(event);
  return record;
}

}  // namespace

Pipeline::Pipeline(const PipelineConfig& config)
    : track_(config.track),
      sample_(config.sample),
      speed_limit_(make_rule(config.speed_limit)),
      rule_set_(rule_set_of(config.speed_limit)) {}

std::optional<track::Anchor> Pipeline::on_reading(const model::Reading& reading, std::optional<base::SystemUtc> system,
                                                  std::vector<Made>& made) {
  if (const auto* signal = std::get_if<model::Signal>(&reading.what)) {
    track_.on_signal(*signal);
    return std::nullopt;
  }
  auto tracked = track_.on_fix(reading.received, std::get<model::Fix>(reading.what), system);
  if (tracked.anchor && tracked.anchor->quality == model::TimeQuality::kGnss && !event_offset_) {
    event_offset_ = tracked.anchor->offset;
  }
  last_fix_ = tracked.record;
  // The fix at which a rule spoke is kept, whatever the sampler's limits; the sampler sees that by the event.
  tracked.record.event = judge(tracked.record, reading.offset, made);
  auto decision = sample::decide(sample_, sampled_, tracked.record);
  sampled_ = decision.next;
  tracked.record.event.reset();
  if (decision.reason != 0) {
    tracked.record.reason = decision.reason;
    track_.attach_signals(tracked.record);
    put(model::Lane::kBulk, std::move(tracked.record), reading.offset, made);
  }
  return tracked.anchor;
}

std::optional<track::Anchor> Pipeline::on_tick(base::BootTime now, std::optional<base::SystemUtc> system,
                                               std::vector<Made>& made) {
  // Where a receiver speaks, signals ride on its fixes.
  constexpr base::Millis kReceiverSilent = std::chrono::seconds{5};
  if (!last_fix_ || !last_fix_->boot_time || now - *last_fix_->boot_time > kReceiverSilent) {
    if (auto record = track_.flush_signals(now)) {
      record->reason = model::reason::kTime;
      put(model::Lane::kBulk, std::move(*record), 0, made);
    }
  }
  return track_.on_system_clock(now, system);
}

void Pipeline::reconfigure(const sample::Config& sample, const std::optional<rules::SpeedLimitConfig>& speed_limit) {
  sample_ = sample;
  speed_limit_ = make_rule(speed_limit);
  rule_set_ = rule_set_of(speed_limit);
}

std::optional<model::RuleEvent> Pipeline::judge(const model::Record& record, std::uint64_t offset,
                                                std::vector<Made>& made) {
  if (!speed_limit_ || !record.boot_time) return std::nullopt;
  // The fleet takes an event's times from the UTC of its record, so they must be differences of such UTCs: bytes arrive
  // some ms early or late, and an end must lead back to the very start that was raised.
  const bool own_utc = record.utc && event_offset_;
  const rules::EventTime time{own_utc ? record.utc->time_since_epoch() - *event_offset_
                                      : record.boot_time->time_since_epoch()};
  auto events = speed_limit_->on_record(time, record);
  std::optional<model::RuleEvent> first;
  if (!events.empty()) first = events.front();
  for (auto& event : events) {
    const auto lane = event.severity >= model::Severity::kWarning ? model::Lane::kAlert : model::Lane::kEvent;
    put(lane, event_record(record, std::move(event)), offset, made);
  }
  return first;
}

void Pipeline::put(model::Lane lane, model::Record record, std::uint64_t offset, std::vector<Made>& made) {
  if (offset != offset_) {
    offset_ = offset;
    index_ = {};
  }
  auto& index = index_[static_cast<std::size_t>(lane) - 1];
  made.push_back({lane, std::move(record), {offset, index++}, rule_set_});
}

}  // namespace odograph::collect
