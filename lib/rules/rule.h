#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/record.h"
#include "lib/rules/gate.h"
#include "lib/rules/life.h"
#include "lib/rules/state_bytes.h"

namespace odograph::rules {

/// What a trip has come to, as whoever follows it tells: all that delays and leaving the route are judged by.
struct TripWord {
  enum class Kind : std::uint8_t { kEstimate, kArrived, kPassed, kOffRoute, kOnRoute, kRevised, kEnded };
  Kind kind = Kind::kEstimate;
  std::string trip_id;
  std::string stop_id;           ///< kEstimate, kArrived, kPassed.
  EventTime at;                  ///< Of the newest position used, or when it happened.
  std::optional<EventTime> due;  ///< End of the stop's window, else the planned arrival.
  EventTime p10;                 ///< kEstimate: the arrival.
  EventTime p50;
  EventTime p90;
  std::vector<std::string> stops_left{};  ///< kRevised: the ids of all that are not reached.
};

/// The open or pending alerts of one rule by their scope.
struct ScopedLife {
  std::string scope;
  Life life;

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.scope);
    field(archive, self.life);
  }
};

/// What the numbers of a rule's alerts are.
struct Unit {
  std::string name;
  int decimals = 0;

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    field(archive, self.name);
    field(archive, self.decimals);
  }
};

/// One rule of one vehicle: from what is seen to words about alerts. Pure, event time. Calls come in order of time; who
/// calls keeps older records away.
class Rule {
 public:
  using Told = std::vector<LifeEvent>;
  /// Scopes of one rule at a time; of more, none is watched.
  static constexpr std::size_t kScopesMax = 256;

  Rule(RuleKind kind, const LifeConfig& life, Unit unit) : kind_(kind), life_(&life), unit_(std::move(unit)) {}
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;
  virtual ~Rule() = default;

  virtual void on_record(const Seen&, Told&) {}
  virtual void on_trip(const TripWord&, Told&) {}
  /// Something of the vehicle was heard of that is no record for rules: a preview.
  virtual void on_heard(EventTime) {}
  /// When the clock on the wall has something to say though nothing comes; then `on_deadline`, at it or later.
  virtual std::optional<EventTime> deadline() const { return std::nullopt; }
  virtual void on_deadline(EventTime, Told&) {}

  /// Ends all its alerts.
  void end_all(EventTime time, Ending ending, Told& told);
  /// Ends those that nothing was said about for longer than the configuration's `expiry`.
  void expire(EventTime now, Told& told);
  /// The next moment after which `expire` has something to do.
  std::optional<EventTime> expires() const;

  void save(StateWriter& writer) const;
  void load(StateReader& reader);

 protected:
  void look(std::string_view scope, const Look& look, Told& told);
  /// Null if nothing was ever said about it.
  Life* find(std::string_view scope);
  const Life* find(std::string_view scope) const;
  void end(std::string_view scope, EventTime time, Ending ending, Told& told);
  /// Ends those of all other scopes.
  void end_but(const std::vector<std::string>& scopes, EventTime time, Ending ending, Told& told);
  const LifeConfig& life_config() const { return *life_; }
  void set_unit(const std::string& name) { unit_.name = name; }

 private:
  virtual void save_own(StateWriter&) const {}
  virtual void load_own(StateReader&) {}
  void name(std::string_view scope, std::size_t from, Told& told) const;
  /// Whether its looks say since when it has been so (`Look::since`): then the last alert is never forgotten.
  bool dates_back() const { return kind_ == RuleKind::kSensorFault || kind_ == RuleKind::kOffline; }

  RuleKind kind_;
  const LifeConfig* life_;  ///< The owner of the configuration outlives it.
  Unit unit_;
  std::vector<ScopedLife> lives_;  ///< By the names of their scopes.
};

}  // namespace odograph::rules
