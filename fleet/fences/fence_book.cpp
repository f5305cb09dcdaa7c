#include "fleet/fences/fence_book.h"

#include <algorithm>

#include "fleet/fences/fence_row.h"

namespace odograph::fences {
namespace {

using Area = std::shared_ptr<const rules::FenceArea>;

rules::EventTime event_time(base::UtcTime utc) { return rules::EventTime(utc.time_since_epoch()); }

/// Calls `visit` with each place where a rule names an area.
template <class Spec, class Visit>
void for_each_area(Spec& spec, Visit visit) {
  if (auto* geofence = std::get_if<rules::GeofenceConfig>(&spec.config)) visit(geofence->area);
  for (auto* areas : {&spec.only_in, &spec.except_in}) {
    for (auto& area : *areas) visit(area);
  }
}

}  // namespace

FenceBook::FenceBook(rules::RuleBookConfig base) {
  for (rules::RuleSpec& spec : base.rules) {
    base_.rules.push_back(std::make_shared<const rules::RuleSpec>(std::move(spec)));
  }
  base_.groups = std::move(base.groups);
}

base::Status FenceBook::put(std::string_view key, std::optional<std::string_view> value) {
  const auto known = fences_.find(key);
  const std::string name = std::string("fence ") + std::string(key) + " of geofences-topic";
  if (!value) {
    if (known == fences_.end()) return {};
    fences_.erase(known);
    changed();
    return {};
  }
  auto row = from_message(std::string(key), *value);
  if (!row || (known == fences_.end() && fences_.size() >= kFencesMax)) {
    if (known != fences_.end()) {
      fences_.erase(known);
      changed();
    }
    return base::drop_error(
        name + " is left out: " + (row ? "there are " + std::to_string(kFencesMax) + " already" : row.error().what));
  }
  std::vector<Entry> before = known == fences_.end() ? std::vector<Entry>{} : std::move(known->second);
  std::vector<Entry> after;
  for (FenceVersion& version : row->versions) {
    // What stays as it was stays the same rule, so that vehicles need not change to it.
    const auto same =
        std::find_if(before.begin(), before.end(), [&](const Entry& each) { return each.version == version; });
    after.push_back(same == before.end() ? entry_of(std::move(version)) : std::move(*same));
  }
  fences_.insert_or_assign(std::move(row->id), std::move(after));
  changed();
  return {};
}

FenceBook::Entry FenceBook::entry_of(FenceVersion version) {
  Entry entry{.version = std::move(version), .area = nullptr, .rule = nullptr};
  if (!entry.version.area) return entry;
  entry.area = std::make_shared<const rules::FenceArea>(*entry.version.area);
  if (!entry.version.alert) return entry;
  const FenceAlert& alert = *entry.version.alert;
  rules::RuleSpec spec{.kind = rules::RuleKind::kGeofence,
                       .life = alert.life,
                       .config = rules::GeofenceConfig{.area = entry.area,
                                                       .when = alert.when,
                                                       .hysteresis_m = alert.hysteresis_m,
                                                       .crossing = alert.crossing,
                                                       .severity = alert.severity},
                       .vehicles = alert.vehicles,
                       .groups = alert.groups};
  entry.rule = std::make_shared<const rules::RuleSpec>(std::move(spec));
  return entry;
}

void FenceBook::changed() {
  first_ += borders_.size() + 1;
  borders_.clear();
  books_.clear();
  for (const auto& [id, entries] : fences_) {
    for (const Entry& entry : entries) borders_.push_back(event_time(entry.version.valid_from));
  }
  std::sort(borders_.begin(), borders_.end());
  borders_.erase(std::unique(borders_.begin(), borders_.end()), borders_.end());
}

std::size_t FenceBook::epoch(rules::EventTime time) const {
  // Most records are of the present.
  if (borders_.empty() || time >= borders_.back()) return borders_.size();
  return static_cast<std::size_t>(std::upper_bound(borders_.begin(), borders_.end(), time) - borders_.begin());
}

FenceBook::Token FenceBook::token(rules::EventTime time) const { return first_ + epoch(time); }

FenceBook::InForce FenceBook::in_force(std::size_t epoch) const {
  InForce found;
  if (epoch == 0) return found;
  for (const auto& [id, entries] : fences_) {
    const auto next = std::find_if(entries.begin(), entries.end(), [&](const Entry& each) {
      return event_time(each.version.valid_from) > borders_[epoch - 1];
    });
    if (next != entries.begin() && std::prev(next)->area) found[id] = &*std::prev(next);
  }
  return found;
}

rules::RuleBook FenceBook::make_book(std::size_t epoch) const {
  const InForce fences = in_force(epoch);
  const auto of_topic = [&](const Area& area) -> const Entry* {
    const auto found = area ? fences.find(area->fence().id) : fences.end();
    return found == fences.end() ? nullptr : found->second;
  };
  rules::SharedRules shared{.rules = {}, .groups = base_.groups};
  for (const auto& spec : base_.rules) {
    const auto* geofence = std::get_if<rules::GeofenceConfig>(&spec->config);
    const Entry* own = geofence == nullptr ? nullptr : of_topic(geofence->area);
    if (own != nullptr && own->rule) continue;
    bool moved = false;
    for_each_area(*spec, [&](const Area& area) { moved = moved || of_topic(area) != nullptr; });
    if (!moved) {
      shared.rules.push_back(spec);
      continue;
    }
    rules::RuleSpec other = *spec;
    for_each_area(other, [&](Area& area) {
      if (const Entry* entry = of_topic(area)) area = entry->area;
    });
    shared.rules.push_back(std::make_shared<const rules::RuleSpec>(std::move(other)));
  }
  for (const auto& [id, entry] : fences) {
    if (entry->rule) shared.rules.push_back(entry->rule);
  }
  return rules::RuleBook(shared);
}

std::shared_ptr<const rules::RuleSet> FenceBook::of(std::string_view vehicle_id, rules::EventTime time) {
  const std::size_t wanted = epoch(time);
  const auto known = std::find_if(books_.begin(), books_.end(), [&](const auto& each) { return each.first == wanted; });
  if (known != books_.end()) {
    std::rotate(known, known + 1, books_.end());
  } else {
    if (books_.size() >= kBooksMax) books_.erase(books_.begin());
    books_.emplace_back(wanted, make_book(wanted));
  }
  return books_.back().second.of(vehicle_id);
}

}  // namespace odograph::fences
