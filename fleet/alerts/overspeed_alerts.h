#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/record.h"
#include "proto/public/alert.pb.h"

namespace odograph {
class VehicleState;
}

namespace odograph::alerts {

/// Where a record comes from.
struct Origin {
  std::string vehicle_id;
  std::uint64_t stream_id = 0;
  std::uint32_t boot = 0;
  std::uint32_t boot_nonce = 0;  ///< Tells boots of the same number apart; 0 if it is not known.
};

/// The life of one vehicle's overspeed alerts: raised, updated, cleared, one id an episode, revisions 1, 2, 3...
///
/// Knows nothing of who evaluated the rule: the same events told with the same records give the same bytes. A vehicle
/// has at most one such alert at a time; when the next begins without an end of the one before (its agent was
/// restarted), that one is cleared as superseded. An update or end whose beginning was never seen (the processor
/// was restarted) counts revisions from 2.
class OverspeedAlerts {
 public:
  /// What `event`, told with `record`, makes of them: nothing (another kind of event, a repeat, an event of an episode
  /// that is over), one revision, or a superseded alert's last and the new one's first.
  ///
  /// A record without UTC gives an alert without times, whose id stands on the boot's own time line.
  std::vector<odograph::Alert> on_event(const Origin& origin, const model::Record& record,
                                        const model::RuleEvent& event);

  /// The last word on the alert that is open, if one is: `record` is the first that was judged by other rules.
  std::vector<odograph::Alert> on_other_rules(const model::Record& record);

  /// Into and out of what vehicle-state-topic keeps.
  void save(odograph::VehicleState& state) const;
  void load(const odograph::VehicleState& state);

 private:
  bool is_over(const odograph::Alert& alert) const;

  std::optional<odograph::Alert> open_;  ///< Its newest revision.
  std::string closed_id_;                ///< Of the alert that was open before.
};

}  // namespace odograph::alerts
