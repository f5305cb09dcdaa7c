#include "fleet/watch/timed_rules.h"

#include <algorithm>
#include <utility>

namespace odograph::watch {

TimedRules::TimedRules(std::string_view vehicle_id, fences::FenceBook& book) : vehicle_id_(vehicle_id), book_(book) {
  static_cast<void>(at());
}

rules::VehicleRules* TimedRules::at(rules::EventTime time) {
  if (!rules_ && token_ != 0 && time == rules::EventTime::min()) return nullptr;
  // A late record is not judged by what held then: it says nothing.
  if (rules_ && rules_->newest()) time = std::max(time, *rules_->newest());
  const fences::FenceBook::Token token = book_.token(time);
  if (token == token_) return rules_.get();
  token_ = token;
  auto set = book_.of(vehicle_id_, time);
  if (rules_) {
    rules_->change(std::move(set));
  } else if (!set->empty()) {
    rules_ = std::make_unique<rules::VehicleRules>(std::move(set));
  }
  return rules_.get();
}

base::Status TimedRules::load(std::string_view bytes) {
  if (!rules_) rules_ = std::make_unique<rules::VehicleRules>(std::make_shared<const rules::RuleSet>());
  return rules_->load(bytes, [this](std::optional<rules::EventTime> newest) {
    const rules::EventTime time = newest.value_or(rules::EventTime::min());
    token_ = book_.token(time);
    return book_.of(vehicle_id_, time);
  });
}

}  // namespace odograph::watch
