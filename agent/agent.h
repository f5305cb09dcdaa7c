#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/collect/pipeline.h"
#include "agent/outbox/outbox.h"
#include "agent/settings.h"
#include "agent/status.h"
#include "agent/traffic/data_keeper.h"
#include "agent/uplink/uplink.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/service/log.h"
#include "lib/service/repeat_filter.h"

namespace odograph::agent {

/// So long is storage waited for at the end while each of its calls comes back.
inline constexpr base::Millis kStorageEndMax{30'000};

/// What `run` and `replay` share: the pipeline, the outbox behind it and the uplink behind that. Loop thread only.
class Agent {
 public:
  /// `clock` drives the pipeline (a recording's, in a replay) and must outlive the agent.
  static base::Result<std::unique_ptr<Agent>> start(const Settings& settings, const base::Clock& clock,
                                                    outbox::Outbox::OnTrouble on_trouble, service::Log& log);
  /// Stops, if `stop` has not: waits for the medium as long as it takes.
  ~Agent();
  /// Stops the uplink, then stores what is left and closes the outbox. Bounded: false if the medium hangs, or takes
  /// more than kStorageEndMax. What may be lost with that is logged; the process then has to end without destroying
  /// this.
  [[nodiscard]] bool stop();

  /// Takes a reading through the pipeline. What the outbox has no room for waits in `pending` (a replay then pauses),
  /// or is counted as lost (live).
  void take(const model::Reading& reading);
  /// Once a second on a vehicle.
  void tick();

  /// For live sources that can wait: true while the outbox takes whatever one more reading makes.
  bool has_room() const;

  /// For a replay: true once nothing is pending. Live records are pushed at once.
  bool drain();
  /// Records whose mark is not above these were made durable by an earlier run, and are left out.
  void skip_through(const outbox::SourceMarks& marks);
  bool is_behind(const model::Reading& reading) const;

  void reconfigure(const Settings& settings);
  outbox::Outbox& outbox() { return *outbox_; }
  Snapshot snapshot() const;
  std::uint64_t skipped_bulk() const { return skipped_bulk_; }
  std::uint64_t skipped() const { return skipped_; }  ///< Of all lanes.
  std::uint64_t pushed() const { return pushed_; }    ///< To the outbox, of all lanes; what waits for room is not.

 private:
  Agent(const Settings& settings, const base::Clock& clock, service::Log& log);
  void stop_uplink();
  void push(collect::Made made);
  void set_anchor(const std::optional<track::Anchor>& anchor);
  void keep_budgets();
  void tell_steps(const outbox::FlashForecast& flash, const traffic::DataForecast& data);
  std::optional<base::UtcTime> utc_now() const;

  const base::Clock& clock_;
  service::Log& log_;
  std::string vehicle_id_;
  base::RealClock real_clock_;
  base::BootTime began_;
  collect::Pipeline pipeline_;
  std::unique_ptr<traffic::DataKeeper> data_;  ///< Outlives the uplink, whose last bytes count too.
  std::unique_ptr<outbox::Outbox> outbox_;
  std::optional<FlashWear> flash_wear_;                ///< As of the start.
  std::optional<std::filesystem::path> block_device_;  ///< That the outbox is on, where the kernel tells of it.
  std::unique_ptr<uplink::Uplink> uplink_;
  std::vector<collect::Made> made_;     ///< Of one reading; kept for its memory.
  bool waits_for_room_ = false;         ///< In a replay.
  std::vector<collect::Made> pending_;  ///< At most what one reading made.
  std::optional<outbox::SourceMarks> done_;
  std::uint64_t skipped_bulk_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t pushed_ = 0;
  std::optional<track::Anchor> anchor_;
  std::optional<IdentityConfig> identity_;
  std::shared_ptr<const kafka::TokenPusher> tokens_;  ///< None where nobody wants one.
  std::shared_ptr<SigningClock> signing_clock_;       ///< None in a replay, whose receiver tells of another day.
  sample::Config sampling_;                           ///< As configured;
  int sampling_factor_ = 1;                           ///< it goes by this much less often.
  std::size_t flash_step_ = 0;
  bool flash_exceeds_told_ = false;
  std::size_t data_step_ = 0;
  service::RepeatFilter ring_full_{std::chrono::minutes{1}};
};

}  // namespace odograph::agent
