#include "agent/uplink/feeder.h"

namespace odograph::uplink {

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
