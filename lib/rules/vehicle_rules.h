#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/rules/gate.h"
#include "lib/rules/rule.h"
#include "lib/rules/rule_book.h"

namespace odograph::rules {

/// All rules of one vehicle but overspeed, on the vehicle or in the fleet. Pure: the same calls give the same words,
/// also with `save` and `load` between any two of them. One thread.
///
/// Records come in order. One whose time lies before that of the newest is late: it is counted, says nothing and leaves
/// no other trace, so a straggler neither raises nor clears. Records of equal time all count.
class VehicleRules {
 public:
  using Told = std::vector<LifeEvent>;

  explicit VehicleRules(std::shared_ptr<const RuleSet> set);

  void on_record(EventTime time, const model::Record& record, Told& told);
  void on_trip(const TripWord& word, Told& told);
  /// Something was heard that is not for the rules: a preview. It keeps the vehicle from being offline.
  void on_heard(EventTime time);

  /// When `on_wall_clock` wants to be called: only where the clock on the wall and event time are one line, and all
  /// that the vehicle sent has been seen.
  std::optional<EventTime> wall_deadline() const;
  void on_wall_clock(EventTime now, Told& told);

  /// When `on_stream_time` wants to be called, by the newest time that any vehicle told.
  std::optional<EventTime> stream_deadline() const;
  void on_stream_time(EventTime now, Told& told);

  /// From here on by these rules: what one of them watches that was watched before, in whatever words, goes on; alerts
  /// of what is watched no more are cleared as superseded with the next call.
  void change(std::shared_ptr<const RuleSet> set);

  /// The time of the newest record.
  std::optional<EventTime> newest() const { return newest_; }

  /// Records that came too late to count.
  std::uint64_t late() const { return late_; }

  /// Appends the state; equal states give equal bytes.
  void save(std::string& bytes) const;
  /// Once, before any other call. Alerts of rules that are no longer there are cleared as superseded with the next
  /// call. `kDrop` if the bytes are damaged (the state is then as new), `kStop` if a newer version wrote them.
  base::Status load(std::string_view bytes);
  /// The same by the rules that `choose` names once it is known how new the state is.
  using Choose = std::function<std::shared_ptr<const RuleSet>(std::optional<EventTime> newest)>;
  base::Status load(std::string_view bytes, const Choose& choose);

 private:
  struct Watched {
    std::shared_ptr<const RuleSpec> spec;
    std::unique_ptr<Rule> rule;
  };
  /// The saved state of a rule that the vehicle has no more.
  struct Orphan {
    RuleKind kind = RuleKind::kTemperature;
    std::string subject;
    std::string state;

    template <class Self, class Archive>
    static void fields(Self& self, Archive& archive) {
      field(archive, self.kind);
      field(archive, self.subject);
      field(archive, self.state);
    }
  };
  static Watched watch(std::shared_ptr<const RuleSpec> spec);
  static Orphan state_of(const Watched& watched);
  static bool has_alerts(const Orphan& orphan);
  bool holds_here(const RuleSpec& spec) const;
  bool read(StateReader& reader, const Choose& choose);
  bool adopt(std::vector<Orphan> states);
  void end_orphans(Told& told);

  std::shared_ptr<const RuleSet> set_;
  std::vector<Watched> rules_;
  std::vector<Orphan> orphans_;
  Gate gate_;
  std::optional<EventTime> newest_;
  std::optional<model::Position> position_;  ///< The last sound one.
  std::uint64_t late_ = 0;
};

}  // namespace odograph::rules
