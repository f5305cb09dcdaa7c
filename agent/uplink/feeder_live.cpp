#include "agent/uplink/feeder.h"

#include <algorithm>

namespace odograph::uplink {

namespace {

/// How often it is looked how long bulk has waited for its commit, which no descriptor tells.
constexpr std::chrono::seconds kLookAtRingEvery{1};

}  // namespace

LiveLane::Surroundings Feeder::around() const {
  std::optional<base::UtcTime> oldest = lanes_[kBulkQueue].oldest();
  if (in_ring_since_ && (!oldest || *in_ring_since_ < *oldest)) oldest = in_ring_since_;
  return {stats_.connected, oldest, options_.send_after[kBulkQueue]};
}

void Feeder::look_at_ring(TimePoint now) {
  if (!options_.preview || !stats_.connected) return;
  if (looked_at_ring_ && now < *looked_at_ring_ + kLookAtRingEvery) return;
  looked_at_ring_ = now;
  const outbox::Stats stored = parts_.outbox.stats();
  // Before there is a boot a preview has no name to go under.
  in_ring_since_ = stored.boot > 0 ? stored.lanes[kBulkQueue].in_ring_since : std::nullopt;
}

/// Where nothing waits, nothing can be behind for as long as it takes to be.
std::optional<TimePoint> Feeder::look_due() const {
  if (!options_.preview || !stats_.connected || !looked_at_ring_) return std::nullopt;
  const base::Millis idle = std::max<base::Millis>(options_.preview->behind, kLookAtRingEvery);
  return *looked_at_ring_ + (in_ring_since_ ? kLookAtRingEvery : idle);
}

Feeder::Fed Feeder::send_preview(TimePoint now) {
  const outbox::Stats stored = parts_.outbox.stats();
  // No rule looks at a preview.
  const std::string message =
      live_.make({options_.vehicle_id, stored.stream_id, model::Lane::kLive, stored.boot, 0, stored.boot_nonce});
  if (message.empty()) return Fed::kNothing;
  const base::Status sent =
      producer_->send({options_.topic, options_.vehicle_id, message}, tag_of(kLiveIndex, live_.number()));
  if (sent) {
    last_progress_ = now;
    live_.sent(message.size(), now);
    window_.sent(message.size(), now);
    return Fed::kFlight;
  }
  if (sent.error().action != base::Action::kDrop) {
    queue_full_ = true;
    return Fed::kFlight;
  }
  live_.refused(now);
  parts_.log(Telling::kTrouble, "uplink: gave up a preview: " + sent.error().what);
  return Fed::kNothing;
}

void Feeder::take_live_report(const kafka::Delivery& delivery, TimePoint now) {
  ODOGRAPH_ASSERT(number_of(delivery.tag) + 1 == live_.number());
  queue_full_ = false;
  const bool stored = delivery.outcome == kafka::Delivery::Outcome::kStored;
  const std::size_t bytes = live_.reported(stored);
  if (stored) {
    window_.stored(bytes, now);
    last_progress_ = now;
    failures_ = 0;
    return;
  }
  window_.failed(bytes);
  switch (delivery.outcome) {
    case kafka::Delivery::Outcome::kStored: break;
    case kafka::Delivery::Outcome::kAgain: note(Trouble::kAgain, delivery.error); break;
    case kafka::Delivery::Outcome::kPause: note(Trouble::kPause, delivery.error); break;
    // Nothing to make smaller; the next preview is another message.
    case kafka::Delivery::Outcome::kPoison: stats_.last_error = delivery.error; break;
  }
}

}  // namespace odograph::uplink
