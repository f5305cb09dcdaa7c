#include "lib/rules/rule.h"

#include <algorithm>

namespace odograph::rules {

void Rule::look(std::string_view scope, const Look& look, Told& told) {
  if (!dates_back()) {
    std::erase_if(lives_, [&](const ScopedLife& each) { return each.life.spent(*life_, look.time); });
  }
  Life* life = find(scope);
  if (life == nullptr) {
    if (look.standing != Standing::kBeyond) return;
    std::erase_if(lives_, [](const ScopedLife& each) { return each.life.blank(); });
    if (lives_.size() >= kScopesMax) return;
    // In the order of their names, so that what was saved and loaded goes on in the same order.
    const auto place = std::find_if(lives_.begin(), lives_.end(), [&](const auto& each) { return each.scope > scope; });
    life = &lives_.insert(place, ScopedLife{std::string(scope), {}})->life;
  }
  const std::size_t from = told.size();
  life->on(*life_, look, told);
  name(scope, from, told);
}

Life* Rule::find(std::string_view scope) {
  const auto found = std::find_if(lives_.begin(), lives_.end(), [&](const auto& each) { return each.scope == scope; });
  return found == lives_.end() ? nullptr : &found->life;
}

const Life* Rule::find(std::string_view scope) const {
  const auto found = std::find_if(lives_.begin(), lives_.end(), [&](const auto& each) { return each.scope == scope; });
  return found == lives_.end() ? nullptr : &found->life;
}

void Rule::end(std::string_view scope, EventTime time, Ending ending, Told& told) {
  Life* life = find(scope);
  if (life == nullptr) return;
  const std::size_t from = told.size();
  life->end(time, ending, told);
  name(scope, from, told);
}

void Rule::end_all(EventTime time, Ending ending, Told& told) {
  for (ScopedLife& each : lives_) {
    const std::size_t from = told.size();
    each.life.end(time, ending, told);
    name(each.scope, from, told);
  }
}

void Rule::end_but(const std::vector<std::string>& scopes, EventTime time, Ending ending, Told& told) {
  for (ScopedLife& each : lives_) {
    if (std::find(scopes.begin(), scopes.end(), each.scope) != scopes.end()) continue;
    const std::size_t from = told.size();
    each.life.end(time, ending, told);
    name(each.scope, from, told);
  }
}

void Rule::expire(EventTime now, Told& told) {
  if (life_->expiry == base::Millis(0)) return;
  for (ScopedLife& each : lives_) {
    if (!each.life.since()) continue;
    const EventTime last = *each.life.newest() + life_->expiry;
    if (now < last) continue;
    const std::size_t from = told.size();
    // The moment itself, not that at which somebody looked.
    each.life.end(last, Ending::kExpired, told);
    name(each.scope, from, told);
  }
}

std::optional<EventTime> Rule::expires() const {
  std::optional<EventTime> first;
  if (life_->expiry == base::Millis(0)) return first;
  for (const ScopedLife& each : lives_) {
    if (!each.life.since()) continue;
    const EventTime last = *each.life.newest() + life_->expiry;
    if (!first || last < *first) first = last;
  }
  return first;
}

void Rule::name(std::string_view scope, std::size_t from, Told& told) const {
  for (; from < told.size(); ++from) {
    LifeEvent& event = told[from];
    event.rule = kind_;
    event.scope = scope;
    event.unit = unit_.name;
    event.decimals = unit_.decimals;
  }
}

void Rule::save(StateWriter& writer) const {
  std::vector<ScopedLife> lives;
  std::copy_if(lives_.begin(), lives_.end(), std::back_inserter(lives),
               [](const ScopedLife& each) { return !each.life.blank(); });
  field(writer, unit_);
  field(writer, lives);
  save_own(writer);
}

void Rule::load(StateReader& reader) {
  field(reader, unit_);
  field(reader, lives_);
  load_own(reader);
}

}  // namespace odograph::rules
