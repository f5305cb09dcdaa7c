#include "lib/rules/rule_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace odograph::rules {
namespace {

enum Rank { kNobody = 0, kAll = 1, kGroup = 2, kVehicle = 3 };
using Subject = std::pair<RuleKind, std::string>;

using Groups = std::map<std::string, std::vector<std::string>>;

SharedRules shared(RuleBookConfig config) {
  SharedRules shared{.rules = {}, .groups = std::move(config.groups)};
  for (RuleSpec& spec : config.rules) shared.rules.push_back(std::make_shared<const RuleSpec>(std::move(spec)));
  return shared;
}

std::set<std::string, std::less<>> members(const Groups& groups, const RuleSpec& spec) {
  std::set<std::string, std::less<>> vehicles;
  for (const std::string& name : spec.groups) {
    const auto group = groups.find(name);
    if (group != groups.end()) vehicles.insert(group->second.begin(), group->second.end());
  }
  return vehicles;
}

}  // namespace

std::string subject(const RuleSpec& spec) {
  if (const auto* range = std::get_if<RangeConfig>(&spec.config)) return range->signal;
  if (const auto* sensor = std::get_if<SensorConfig>(&spec.config)) return sensor->signal;
  if (const auto* fuel = std::get_if<FuelConfig>(&spec.config)) return fuel->signal;
  if (const auto* fence = std::get_if<GeofenceConfig>(&spec.config)) return fence->area->fence().id;
  return {};
}

std::optional<Clash> find_clash(const RuleBookConfig& config) {
  std::map<std::tuple<RuleKind, std::string, Rank, std::string>, std::size_t> taken;
  for (std::size_t i = 0; i < config.rules.size(); ++i) {
    const RuleSpec& spec = config.rules[i];
    std::set<std::pair<Rank, std::string>> whom;
    for (const std::string& vehicle : spec.vehicles) whom.insert({kVehicle, vehicle});
    for (const std::string& vehicle : members(config.groups, spec)) whom.insert({kGroup, vehicle});
    if (spec.vehicles.empty() && spec.groups.empty()) whom.insert({kAll, ""});
    for (const auto& [rank, vehicle] : whom) {
      const auto [at, is_new] = taken.try_emplace({spec.kind, subject(spec), rank, vehicle}, i);
      if (!is_new) return Clash{at->second, i, vehicle};
    }
  }
  return std::nullopt;
}

RuleBook::RuleBook(RuleBookConfig config) : RuleBook(shared(std::move(config))) {}

RuleBook::RuleBook(const SharedRules& shared) {
  std::map<Subject, std::size_t> slots;
  for (const auto& spec : shared.rules) slots.try_emplace({spec->kind, subject(*spec)});
  for (auto& [subject, slot] : slots) slot = slots_++;
  for (const auto& spec : shared.rules) {
    Entry entry;
    entry.spec = spec;
    entry.slot = slots.at({spec->kind, subject(*spec)});
    entry.named.insert(spec->vehicles.begin(), spec->vehicles.end());
    entry.grouped = members(shared.groups, *spec);
    rules_.push_back(std::move(entry));
  }
}

std::shared_ptr<const RuleSet> RuleBook::of(std::string_view vehicle_id) {
  std::vector<std::pair<Rank, std::size_t>> best(slots_, {kNobody, 0});
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Entry& entry = rules_[i];
    const bool for_all = entry.spec->vehicles.empty() && entry.spec->groups.empty();
    const Rank rank = entry.named.contains(vehicle_id)     ? kVehicle
                      : entry.grouped.contains(vehicle_id) ? kGroup
                      : for_all                            ? kAll
                                                           : kNobody;
    auto& chosen = best[entry.slot];
    if (rank > chosen.first) chosen = {rank, i};
  }
  std::vector<std::size_t> chosen;
  for (const auto& [rank, index] : best) {
    if (rank != kNobody && rules_[index].spec->enabled) chosen.push_back(index);
  }
  std::shared_ptr<const RuleSet>& set = sets_[chosen];
  if (!set) {
    RuleSet specs;
    for (const std::size_t i : chosen) specs.push_back(rules_[i].spec);
    set = std::make_shared<const RuleSet>(std::move(specs));
  }
  return set;
}

}  // namespace odograph::rules
