#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/rules/rule.h"
#include "lib/rules/rule_config.h"

namespace odograph::rules {

/// Beyond while the signal lies outside [min, max], within once it is inside by the hysteresis. Scope: the signal.
class RangeRule final : public Rule {
 public:
  /// `kind`: kTemperature or kPower. `spec` holds a RangeConfig and outlives it.
  RangeRule(RuleKind kind, const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  void save_own(StateWriter& writer) const override { field(writer, door_open_); }
  void load_own(StateReader& reader) override { field(reader, door_open_); }

  const RangeConfig& config_;
  bool door_open_ = false;
};

/// Beyond while the sensor's word is not to be believed; a silence counts only while records come. Scope: the signal.
class SensorRule final : public Rule {
 public:
  explicit SensorRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  struct State {
    std::optional<EventTime> newest;   ///< Record of whatever kind.
    std::optional<EventTime> reading;  ///< The last one.
    std::int64_t mantissa = 0;
    int decimals = 0;
    std::int64_t milli = 0;
    base::Millis silent{0};  ///< Observed since then.
    EventTime same_since;
    base::Millis same{0};

    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      field(archive, self.newest);
      field(archive, self.reading);
      field(archive, self.mantissa);
      field(archive, self.decimals);
      field(archive, self.milli);
      field(archive, self.silent);
      field(archive, self.same_since);
      field(archive, self.same);
    }
  };
  void save_own(StateWriter& writer) const override { field(writer, state_); }
  void load_own(StateReader& reader) override { field(reader, state_); }
  Look judge(EventTime time, const model::Signal& signal);

  const SensorConfig& config_;
  State state_;
};

/// Beyond while the level has fallen by `drop` within `window` at rest. Scope: the signal.
class FuelRule final : public Rule {
 public:
  explicit FuelRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  /// Of the readings in the window only those that are above all later ones matter.
  static constexpr std::size_t kReadingsMax = 32;
  struct Reading {
    EventTime time;
    std::int64_t milli = 0;

    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      field(archive, self.time);
      field(archive, self.milli);
    }
  };
  void save_own(StateWriter& writer) const override;
  void load_own(StateReader& reader) override;

  const FuelConfig& config_;
  bool at_rest_ = false;
  std::vector<Reading> readings_;
};

}  // namespace odograph::rules
