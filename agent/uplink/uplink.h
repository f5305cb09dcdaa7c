#pragma once

#include <memory>

#include "agent/outbox/outbox.h"
#include "agent/uplink/options.h"
#include "agent/uplink/stats.h"
#include "lib/base/result.h"

namespace odograph::uplink {

/// Sends what the outbox holds to the broker and acknowledges what was stored there: one thread, the only one that
/// feeds and polls the producer. It waits for chunks, reports and deadlines, and never ticks.
class Uplink {
 public:
  /// Makes the first handle and starts the thread. `kStop` if the factory refuses (settings, certificates); an absent
  /// broker is no error. `outbox` must outlive the uplink. `log` is called on the uplink's thread.
  static base::Result<std::unique_ptr<Uplink>> start(const Options& options, outbox::Outbox& outbox,
                                                     ProducerFactory make_producer, Log log);
  /// Stops cleanly: feeds no more, waits `Options::flush_max` for what is outstanding and acknowledges it.
  virtual ~Uplink() = default;

  /// The vehicle's newest state, for previews: a record as it goes to the bulk lane. Loop thread.
  virtual void note_state(const model::Record& bulk) = 0;
  /// As for Outbox::set_anchor, for previews. Loop thread.
  virtual void set_anchor(outbox::Anchor anchor) = 0;

  /// From now on positions wait for company this long at the least, whatever the options say. Alerts and events do
  /// not. Any thread.
  virtual void wait_for_company(base::Millis at_least) = 0;

  /// As of the last time that the thread woke. Any thread.
  virtual Stats stats() const = 0;
};

}  // namespace odograph::uplink
