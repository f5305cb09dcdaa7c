#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/outbox/outbox.h"
#include "agent/uplink/backlog_pace.h"
#include "agent/uplink/lane_queue.h"
#include "agent/uplink/live_lane.h"
#include "agent/uplink/options.h"
#include "agent/uplink/stats.h"
#include "agent/uplink/trouble.h"
#include "agent/uplink/window.h"
#include "lib/kafka/producer.h"

namespace odograph::uplink {

// A tag is the lane's index and the message's number within the lane.
inline constexpr unsigned kLaneShift = 60;
inline constexpr std::size_t kLiveIndex = kQueues;
constexpr std::uint64_t tag_of(std::size_t lane, std::uint64_t number) {
  return std::uint64_t{lane} << kLaneShift | number;
}
constexpr std::size_t lane_of(std::uint64_t tag) { return static_cast<std::size_t>(tag >> kLaneShift); }
constexpr std::uint64_t number_of(std::uint64_t tag) { return tag & ((std::uint64_t{1} << kLaneShift) - 1); }

/// Everything that the uplink decides, step by step and without waiting; the thread around it only waits and calls.
///
/// After any failure nothing more is fed until every outstanding message is reported (or the handle is destroyed), then
/// all lanes are rewound: what is sent again never mixes with what is outstanding.
class Feeder {
 public:
  /// What it is made with; all of it must outlive the feeder.
  struct Parts {
    outbox::Outbox& outbox;
    const LatestState& latest;
    ProducerFactory make_producer;
    Random random;
    Log log;
  };
  /// `producer`: the first handle, nothing outstanding.
  Feeder(const Options& options, Parts parts, std::unique_ptr<kafka::Producer> producer, TimePoint now);

  /// Takes reports, acknowledges, feeds: whatever can be done now.
  void step(TimePoint now);
  /// From now on bulk waits for company this long at the least, whatever the options say.
  void wait_for_company(base::Millis at_least);
  /// When `step` wants to be called at the latest; nothing if only descriptors matter.
  std::optional<TimePoint> deadline() const;
  /// Whether to wait for the outbox's chunks of that lane too.
  bool wants_chunks(model::Lane lane) const;
  bool wants_salvaged() const;
  /// Whether to wait for a new state too.
  bool wants_state(TimePoint now) const;
  /// The descriptor of the present handle, -1 while there is none.
  int producer_fd() const { return producer_ ? producer_->event_fd() : -1; }

  /// The clean stop: waits `flush_max` at most for what is outstanding, acknowledges, destroys the handle.
  void finish(TimePoint now);

  Stats stats() const;

 private:
  enum class Mode { kFeeding, kDraining, kHeld };
  /// What a try to feed came to: something is on its way or holds up the lanes behind, or the next lane may try.
  enum class Fed { kFlight, kNothing };

  void open(TimePoint now);
  void collect(TimePoint now);
  void take_report(const kafka::Delivery& delivery, TimePoint now);
  void take_live_report(const kafka::Delivery& delivery, TimePoint now);
  void take_poison(LaneQueue& lane, Stats::PerLane& counts, LaneQueue::Outgoing& message, const std::string& why);
  void note_link(TimePoint now);
  void tell_link(const kafka::LinkState& link, TimePoint now);
  void note_files(const kafka::LinkState& link);
  void note(Trouble trouble, const std::string& why);
  void acknowledge();
  void drain(TimePoint now);
  void close(TimePoint now);
  void rewind_all();
  std::optional<outbox::Chunk> next_chunk(std::size_t lane);
  void feed(TimePoint now);
  Fed feed_lane(std::size_t lane, TimePoint now);
  bool feed_one(std::size_t lane, TimePoint now);
  Fed send_preview(TimePoint now);
  void note_caught_up();
  LiveLane::Surroundings around() const;
  void look_at_ring(TimePoint now);
  std::optional<TimePoint> look_due() const;
  bool send_ready(std::size_t lane, TimePoint now);
  void take_chunks(std::size_t lane, TimePoint now);

  Options options_;
  const base::Millis bulk_after_;  ///< As configured.
  Parts parts_;
  std::unique_ptr<kafka::Producer> producer_;  ///< None while held for a new one.
  Mode mode_ = Mode::kFeeding;
  Window window_;
  BacklogPace pace_;
  std::array<LaneQueue, kQueues> lanes_;  ///< Alert, event, bulk, then what is salvaged.
  LiveLane live_;
  std::optional<base::UtcTime> in_ring_since_;  ///< Of bulk, which is not handed out before its commit, at the
  std::optional<TimePoint> looked_at_ring_;     ///< last look.
  std::vector<kafka::Delivery> deliveries_;
  bool queue_full_ = false;  ///< librdkafka took no more; the next report makes room.

  Trouble trouble_ = Trouble::kNone;
  std::string why_;  ///< Of trouble_.
  bool handle_spent_ = false;
  unsigned failures_ = 0;  ///< In a row, without a stored message between.
  TimePoint last_progress_;
  TimePoint drain_until_;
  TimePoint held_until_;
  Stats stats_;
  std::uint64_t disconnects_before_ = 0;  ///< Of handles that are gone.
  std::string told_unreachable_;          ///< The newest line about it since the link was last well.
  TimePoint told_unreachable_at_;
  std::string told_files_;  ///< The newest line about the certificate files.
};

}  // namespace odograph::uplink
