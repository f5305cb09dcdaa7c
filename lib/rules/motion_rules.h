#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/rules/rule.h"
#include "lib/rules/rule_config.h"

namespace odograph::rules {

/// Beyond while the vehicle is inside (or outside) of a fence; outside means by more than the hysteresis. A way between
/// two fixes that leads through a fence to be kept out of is raised and cleared at once. Scope: the fence.
class GeofenceRule final : public Rule {
 public:
  explicit GeofenceRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  struct State {
    std::optional<EventTime> time;
    model::Position position;
    bool was_outside = false;

    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      field(archive, self.time);
      field(archive, self.position);
      field(archive, self.was_outside);
    }
  };
  void save_own(StateWriter& writer) const override { field(writer, state_); }
  void load_own(StateReader& reader) override { field(reader, state_); }

  const GeofenceConfig& config_;
  State state_;
};

/// Beyond while the vehicle accelerates, brakes or corners harder than the limits, by its own sensor's word or by two
/// fixes close together. Scopes: "acceleration", "braking", "cornering".
class HarshRule final : public Rule {
 public:
  explicit HarshRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  /// By what the vehicle changed its speed, cm/s2; absent where nothing can be said.
  struct Motion {
    std::optional<std::int64_t> forward;
    std::optional<std::int64_t> sideways;
  };
  struct State {
    std::optional<EventTime> time;
    std::int32_t speed_cmps = 0;
    std::optional<std::int32_t> course_cdeg;
    std::vector<EventTime> raised;  ///< The last ones, at most `major_count`.

    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      field(archive, self.time);
      field(archive, self.speed_cmps);
      field(archive, self.course_cdeg);
      field(archive, self.raised);
    }
  };
  void save_own(StateWriter& writer) const override { field(writer, state_); }
  void load_own(StateReader& reader) override { field(reader, state_); }
  Motion motion(const Seen& seen) const;
  /// One of the three scopes, and how hard it was.
  struct Manoeuvre {
    const char* scope;
    std::int64_t value;  ///< cm/s2.
    std::int64_t limit;
  };
  void judge(const Manoeuvre& what, const Seen& seen, Told& told);

  const HarshConfig& config_;
  State state_;
};

/// Beyond while the engine runs and the vehicle is at rest. Scope: "".
class IdlingRule final : public Rule {
 public:
  explicit IdlingRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  void save_own(StateWriter& writer) const override {
    field(writer, engine_told_);
    field(writer, engine_on_);
  }
  void load_own(StateReader& reader) override {
    field(reader, engine_told_);
    field(reader, engine_on_);
  }

  const IdlingConfig& config_;
  std::optional<EventTime> engine_told_;
  bool engine_on_ = false;
};

/// Beyond once nothing was heard for so long by the clock on the wall; the next record clears it. One silence is told
/// once: where its alert expires, nothing follows until something new was heard. Scope: "".
class OfflineRule final : public Rule {
 public:
  explicit OfflineRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;
  void on_heard(EventTime time) override;
  std::optional<EventTime> deadline() const override;
  void on_deadline(EventTime now, Told& told) override;

 private:
  void save_own(StateWriter& writer) const override {
    field(writer, heard_);
    field(writer, moving_);
  }
  void load_own(StateReader& reader) override {
    field(reader, heard_);
    field(reader, moving_);
  }
  base::Millis patience() const;

  const OfflineConfig& config_;
  std::optional<EventTime> heard_;
  bool moving_ = false;
};

/// Beyond while the receiver has no fix, though it had a good one before and has its supply. Scope: "".
class PositionRule final : public Rule {
 public:
  explicit PositionRule(const RuleSpec& spec);
  void on_record(const Seen& seen, Told& told) override;

 private:
  void save_own(StateWriter& writer) const override {
    field(writer, sky_was_good_);
    field(writer, supply_good_);
  }
  void load_own(StateReader& reader) override {
    field(reader, sky_was_good_);
    field(reader, supply_good_);
  }

  const PositionConfig& config_;
  bool sky_was_good_ = false;
  bool supply_good_ = true;
};

}  // namespace odograph::rules
