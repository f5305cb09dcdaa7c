#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fences/fence_book.h"
#include "fleet/vehicle/module.h"
#include "fleet/watch/timed_rules.h"
#include "lib/rules/rule_book.h"
#include "lib/rules/vehicle_rules.h"

namespace odograph::watch {

/// All alert rules of one vehicle but overspeed, inside of the processor: from its records and its trip's news to
/// messages on alerts-topic.
///
/// Rules are judged by the records of the bulk lane, in their order; records of the other lanes and previews only
/// keep the vehicle from being offline. A record without UTC says nothing. Delays are judged by `trip_news`.
class RulesModule final : public vehicle::Module {
 public:
  /// `book` outlives it.
  RulesModule(std::string_view vehicle_id, fences::FenceBook& book) : rules_(vehicle_id, book) {}

  void on_history(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) override;
  void on_live(const vehicle::Context& context, const model::Record& record, vehicle::Outcome& outcome) override;
  void on_time(const vehicle::Wake& now, vehicle::Outcome& outcome) override;
  void on_table(const vehicle::TableRow& row, vehicle::Outcome& outcome) override;
  std::optional<vehicle::Wake> wake() const override;
  void save(std::string& bytes) const override;
  base::Status load(std::string_view bytes) override { return rules_.load(bytes); }

 private:
  void on_news(vehicle::Outcome& outcome);
  void tell(const std::vector<rules::LifeEvent>& told, vehicle::Outcome& outcome) const;

  TimedRules rules_;
};

/// Makes them; holds the rules that were written down, and the fences of geofences-topic.
class RulesFactory final : public vehicle::Factory {
 public:
  /// `config` without a clash (`rules::find_clash`).
  explicit RulesFactory(rules::RuleBookConfig config) : book_(std::move(config)) {}
  RulesFactory(const RulesFactory&) = delete;
  RulesFactory& operator=(const RulesFactory&) = delete;

  std::uint32_t state_field() const override { return 21; }
  std::unique_ptr<vehicle::Module> make(std::string_view vehicle_id) override;
  /// A row that cannot be read is told with the next commit.
  void on_shared_row(const vehicle::TableRow& row) override;
  void before_commit(vehicle::Outcome& outcome) override;

 private:
  fences::FenceBook book_;
  std::vector<std::string> notes_;  ///< At most kNotesMax.
};

}  // namespace odograph::watch
