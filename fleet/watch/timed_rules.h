#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "fleet/fences/fence_book.h"
#include "lib/base/result.h"
#include "lib/rules/vehicle_rules.h"

namespace odograph::watch {

/// The rules of one vehicle as they change with time: which ones hold is a matter of the newest record's time alone,
/// whatever else is known by then. Until there is one that concerns the vehicle nothing is kept of it.
class TimedRules {
 public:
  /// `book` outlives it.
  TimedRules(std::string_view vehicle_id, fences::FenceBook& book);

  /// What holds for a record of that time, or without one now; null: nothing, and nothing ever did.
  rules::VehicleRules* at(rules::EventTime time = rules::EventTime::min());
  /// The same as it was asked for last.
  const rules::VehicleRules* known() const { return rules_.get(); }

  const std::string& vehicle_id() const { return vehicle_id_; }

  /// As `VehicleRules::load`. Rows of tables may come later: what is watched by them waits until then.
  base::Status load(std::string_view bytes);

 private:
  std::string vehicle_id_;
  fences::FenceBook& book_;
  fences::FenceBook::Token token_ = 0;          ///< Of what `rules_` judges by.
  std::unique_ptr<rules::VehicleRules> rules_;  ///< Null until a rule concerns the vehicle.
};

}  // namespace odograph::watch
