#pragma once

#include <optional>
#include <string>

#include "lib/rules/rule.h"
#include "lib/rules/rule_config.h"

namespace odograph::rules {

/// Beyond while the vehicle is off the line that its trip planned. Scope: "".
class RouteRule final : public Rule {
 public:
  explicit RouteRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;
  void on_trip(const TripWord& word, Told& told) override;

 private:
  void save_own(StateWriter& writer) const override { field(writer, off_); }
  void load_own(StateReader& reader) override { field(reader, off_); }

  const RouteConfig& config_;
  bool off_ = false;
};

/// Beyond while a stop's expected arrival (P50) lies later than it is due by more than `raise`, and surely enough for
/// how far ahead that is (`notice`; once it is told, P50 alone says how bad it is); within below `clear`; told with
/// whole seconds. Off the route an estimate whose band is wider than `raise` counts only if the stop is late by now.
/// Scope: the stop.
class DelayRule final : public Rule {
 public:
  explicit DelayRule(const RuleSpec& spec);
  void on_trip(const TripWord& word, Told& told) override;

 private:
  void save_own(StateWriter& writer) const override { field(writer, off_); }
  void load_own(StateReader& reader) override { field(reader, off_); }
  void judge(const TripWord& word, Told& told);

  const DelayConfig& config_;
  bool off_ = false;
};

/// Beyond while a stop may become late: P90 lies behind the moment it is due and P50 does not, or P50 does by more than
/// `late`, but not surely enough yet for a delay. Once it is a delay the warning is superseded. Scope: the stop.
class AtRiskRule final : public Rule {
 public:
  explicit AtRiskRule(const RuleSpec& spec);
  void on_trip(const TripWord& word, Told& told) override;

 private:
  const AtRiskConfig& config_;
};

}  // namespace odograph::rules
