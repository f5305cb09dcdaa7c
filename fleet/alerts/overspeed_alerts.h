#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/model/record.h"
#include "proto/public/alert.pb.h"

namespace odograph {
class OverspeedPast;
class VehicleState;
}  // namespace odograph

namespace odograph::alerts {

/// Where a record comes from.
struct Origin {
  std::string vehicle_id;
  std::uint64_t stream_id = 0;
  std::uint32_t boot = 0;
  std::uint32_t boot_nonce = 0;  ///< Tells boots of the same number apart; 0 if it is not known.
};

/// Keeps a speed that comes and goes from being one alert after the other; as rules::LifeConfig does for the other
/// rules.
struct OverspeedGuard {
  base::Millis reopen{0};         ///< Exceeded again so soon after it was cleared: the same alert; 0: never.
  std::uint32_t flap_cycles = 3;  ///< So many ends in `flap_window`: the next alert is held; 0: no guard.
  base::Millis flap_window{600'000};
  base::Millis flap_stable{600'000};  ///< A held alert is cleared after so long without a relapse.
};

/// The life of one vehicle's overspeed alerts: raised, updated, cleared, one id an episode, revisions 1, 2, 3...
///
/// - Raised after `flap_cycles` recoveries of the same scope in `flap_window`, an alert is flapping: its end is held
///   back for `flap_stable` of event time, counted from the first record below, and told with that very time. A start
///   before then is the same alert; of it, only what is worse than all before is told.
/// - Raised within `reopen` of a recovery that was not held back, it is the alert before: updated, under its id and
/// next
///   revision.
/// Records without UTC are not guarded.
///
/// Knows nothing of who evaluated the rule: the same events told with the same records give the same bytes. A vehicle
/// has at most one such alert at a time; when the next begins without an end of the one before (its agent was
/// restarted), that one is cleared as superseded. An update or end whose beginning was never seen (the processor
/// was restarted) counts revisions from 2.
class OverspeedAlerts {
 public:
  OverspeedAlerts();
  OverspeedAlerts(OverspeedAlerts&&) noexcept;
  OverspeedAlerts& operator=(OverspeedAlerts&&) noexcept;
  ~OverspeedAlerts();

  /// What `event`, told with `record`, makes of them: nothing (another kind of event, a repeat, an event of an episode
  /// that is over), one revision, or a superseded or held alert's last and the new one's first.
  ///
  /// A record without UTC gives an alert without times, whose id stands on the boot's own time line.
  std::vector<odograph::Alert> on_event(const OverspeedGuard& guard, const Origin& origin, const model::Record& record,
                                        const model::RuleEvent& event);

  /// Event time has come this far by the records of the bulk lane: the end that was held back, if it is due.
  std::vector<odograph::Alert> on_time(base::UtcTime now);

  /// The last word on the alert that is open, if one is: `record` is the first that was judged by other rules.
  std::vector<odograph::Alert> on_other_rules(const model::Record& record);

  /// Into and out of what vehicle-state-topic keeps.
  void save(odograph::VehicleState& state) const;
  void load(const odograph::VehicleState& state);

 private:
  using Told = std::vector<odograph::Alert>;

  bool is_over(const odograph::Alert& alert) const;
  bool is_held() const;
  const std::string& episode_id() const;
  odograph::OverspeedPast& past();
  void begin(const OverspeedGuard& guard, odograph::Alert alert, Told& told);
  void relapse(odograph::Alert alert, Told& told);
  void go_on(odograph::Alert alert, Told& told);
  void end(const OverspeedGuard& guard, odograph::Alert alert, Told& told);
  void close(const odograph::Alert& cleared);
  void release(base::UtcTime time, Told& told);

  /// Most vehicles have neither what is open nor a past, and there are many.
  std::unique_ptr<odograph::Alert> open_;  ///< Its newest revision.
  std::string closed_id_;                  ///< Of the episode that ended last.
  std::unique_ptr<odograph::OverspeedPast> past_;
};

}  // namespace odograph::alerts
