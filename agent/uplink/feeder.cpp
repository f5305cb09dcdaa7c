#include "agent/uplink/feeder.h"

#include <algorithm>
#include <utility>

namespace odograph::uplink {

namespace {

/// While the link is down another cause is told after this long at the earliest: of several brokers each has its own.
constexpr std::chrono::minutes kTellUnreachableEvery{1};
/// Tries to connect that fail at who this vehicle is: a token may be over just now, the next one is another.
constexpr unsigned kRefusalsMax = 3;

}  // namespace

Feeder::Feeder(const Options& options, Parts parts, std::unique_ptr<kafka::Producer> producer, TimePoint now)
    : options_(options),
      bulk_after_(options.send_after[kBulkQueue]),
      parts_(std::move(parts)),
      producer_(std::move(producer)),
      window_(options.window_bytes_max, options.window_time),
      pace_(options.pace, start_slot(options.vehicle_id, options.pace.spread), now),
      lanes_{LaneQueue{model::Lane::kAlert, options_}, LaneQueue{model::Lane::kEvent, options_},
             LaneQueue{model::Lane::kBulk, options_}, LaneQueue{model::Lane::kBulk, options_}},
      live_(options.preview, parts_.latest),
      last_progress_(now) {
  stats_.connected_since = now;
  stats_.handles = 1;
}

void Feeder::wait_for_company(base::Millis at_least) {
  options_.send_after[kBulkQueue] = std::max(bulk_after_, at_least);
}

void Feeder::step(TimePoint now) {
  if (mode_ == Mode::kHeld && now >= held_until_) open(now);
  collect(now);
  acknowledge();
  if (mode_ == Mode::kFeeding) feed(now);
  if (mode_ == Mode::kFeeding && trouble_ != Trouble::kNone) {
    mode_ = Mode::kDraining;
    drain_until_ = now + options_.drain_max;
  }
  if (mode_ == Mode::kDraining) drain(now);
  acknowledge();
}

void Feeder::open(TimePoint now) {
  if (!producer_) {
    auto made = parts_.make_producer();
    if (!made) {
      stats_.last_error = made.error().what;
      parts_.log(Telling::kTrouble, "uplink: no new connection: " + made.error().what);
      held_until_ = now + backoff_after(++failures_, options_.restart, parts_.random());
      return;
    }
    producer_ = std::move(made).value();
    ++stats_.handles;
  }
  mode_ = Mode::kFeeding;
  trouble_ = Trouble::kNone;
  why_.clear();
  handle_spent_ = false;
  queue_full_ = false;
  last_progress_ = now;
}

void Feeder::collect(TimePoint now) {
  if (!producer_) return;
  deliveries_.clear();
  producer_->poll(base::Millis{0}, deliveries_);
  for (const kafka::Delivery& delivery : deliveries_) take_report(delivery, now);
  for (const std::string& line : producer_->take_log_lines()) parts_.log(Telling::kDetail, "librdkafka: " + line);
  note_link(now);
  if (window_.outstanding() > 0 && now >= last_progress_ + options_.watchdog) {
    const bool has_cause = !stats_.connected && !stats_.last_error.empty();
    note(Trouble::kWatchdog, has_cause ? std::string{stats_.last_error} : "no answer for too long");
    handle_spent_ = true;
  }
}

void Feeder::take_report(const kafka::Delivery& delivery, TimePoint now) {
  const std::size_t index = lane_of(delivery.tag);
  if (index == kLiveIndex) return take_live_report(delivery, now);
  LaneQueue& lane = lanes_.at(index);
  Stats::PerLane& counts = stats_.lanes.at(index);
  LaneQueue::Outgoing* message = lane.find(number_of(delivery.tag));
  ODOGRAPH_ASSERT(message != nullptr && !message->reported);
  message->reported = true;
  queue_full_ = false;
  if (delivery.outcome == kafka::Delivery::Outcome::kStored) {
    message->stored = true;
    window_.stored(message->size, now);
    counts.acked_records += message->records;
    counts.acked_bytes += message->size;
    last_progress_ = now;
    failures_ = 0;
    return;
  }
  window_.failed(message->size);
  switch (delivery.outcome) {
    case kafka::Delivery::Outcome::kStored: break;
    case kafka::Delivery::Outcome::kAgain: note(Trouble::kAgain, delivery.error); break;
    case kafka::Delivery::Outcome::kPause: note(Trouble::kPause, delivery.error); break;
    case kafka::Delivery::Outcome::kPoison: take_poison(lane, counts, *message, delivery.error); break;
  }
}

void Feeder::take_poison(LaneQueue& lane, Stats::PerLane& counts, LaneQueue::Outgoing& message,
                         const std::string& why) {
  if (lane.split(message)) {
    note(Trouble::kPoison, why);
    return;
  }
  // One record that is refused for itself must not hold up all that come after it.
  message.stored = true;
  message.records = 0;
  ++counts.poison_records;
  stats_.last_error = why;
  parts_.log(Telling::kTrouble, "uplink: gave up record boot " + std::to_string(message.boot) + " n " +
                                    std::to_string(message.last_n) + ", the broker will never take it: " + why);
}

void Feeder::note_link(TimePoint now) {
  const kafka::LinkState link = producer_->link();
  if (link.connected != stats_.connected) {
    stats_.connected = link.connected;
    stats_.connected_since = now;
    parts_.outbox.note_link(link.connected ? outbox::Link::kUp : outbox::Link::kDown);
    if (link.connected) parts_.log(Telling::kNews, "uplink: connected");
    pace_.link(link.connected, now);
    window_.forget(now);
  }
  tell_link(link, now);
  note_files(link);
  if (!link.last_error.empty() && !link.connected) stats_.last_error = link.last_error;
  stats_.disconnects = disconnects_before_ + link.disconnects;
  if (mode_ == Mode::kHeld) return;
  // So many refusals in a row are no accident: every further try costs the broker one of its few new connections.
  const bool is_denied = link.denied || link.refusals >= kRefusalsMax;
  if (!link.fatal && !is_denied) return;
  handle_spent_ = true;
  note(is_denied ? Trouble::kPause : Trouble::kFatal, link.last_error);
}

void Feeder::tell_link(const kafka::LinkState& link, TimePoint now) {
  if (link.connected) return told_unreachable_.clear();
  if (link.last_error.empty() || link.last_error == told_unreachable_ || link.fatal) return;
  if (!told_unreachable_.empty() && now < told_unreachable_at_ + kTellUnreachableEvery) return;
  parts_.log(Telling::kTrouble, "uplink: " + link.last_error);
  told_unreachable_ = link.last_error;
  told_unreachable_at_ = now;
}

void Feeder::note(Trouble trouble, const std::string& why) {
  if (trouble <= trouble_) return;
  trouble_ = trouble;
  why_ = why;
  stats_.last_error = why;
  parts_.log(Telling::kTrouble, "uplink: " + std::string{to_string(trouble)} + ": " + why);
}

void Feeder::acknowledge() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    while (const auto id = lanes_[i].settle()) {
      if (i == kSalvagedQueue) {
        parts_.outbox.ack_salvaged(*id);
      } else {
        parts_.outbox.ack(*id);
      }
    }
  }
}

void Feeder::drain(TimePoint now) {
  if (producer_->outstanding() > 0) {
    if (handle_spent_ || now >= drain_until_) {
      // A spent handle reports no more by itself. What does not come back now is given up with it.
      handle_spent_ = true;
      producer_->purge();
      deliveries_.clear();
      producer_->poll(base::Millis{0}, deliveries_);
      for (const kafka::Delivery& delivery : deliveries_) take_report(delivery, now);
    }
    if (producer_->outstanding() > 0 && now < drain_until_) return;
  }
  const Recovery recovery = recovery_from(trouble_, handle_spent_, options_);
  acknowledge();
  rewind_all();
  if (recovery.new_handle) close(now);
  held_until_ = now + backoff_after(++failures_, recovery.wait, parts_.random());
  mode_ = Mode::kHeld;
}

void Feeder::close(TimePoint now) {
  disconnects_before_ += producer_->link().disconnects;
  producer_.reset();
  if (stats_.connected) stats_.connected_since = now;
  stats_.connected = false;
  parts_.outbox.note_link(outbox::Link::kDown);
  pace_.link(false, now);
}

void Feeder::rewind_all() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].idle()) continue;
    std::uint64_t failed = 0;
    for (const LaneQueue::Outgoing& message : lanes_[i].sent()) {
      if (!message.reported) window_.failed(message.size);
      stats_.lanes[i].redelivered_records += message.records;
      if (!message.stored) failed += message.records;
      if (message.stored && message.records > 0) stats_.lanes[i].overtaken_records += std::exchange(failed, 0);
    }
    lanes_[i].rewind();
    if (i == kSalvagedQueue) {
      parts_.outbox.rewind_salvaged();
    } else {
      parts_.outbox.rewind(model::kStoredLanes[i]);
    }
  }
  window_.failed(live_.rewind());
}

void Feeder::feed(TimePoint now) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) take_chunks(i, now);
  look_at_ring(now);
  live_.note_undated(around(), now);
  // One flight at a time, of one lane: librdkafka has one request on its way and turns in circles while it holds more,
  // and a request is stored when all of it is there. So an alert waits for the flight that is under way and for nothing
  // else.
  if (window_.outstanding() > 0) return;
  for (std::size_t i = 0; i < kBulkQueue; ++i) {
    if (feed_lane(i, now) == Fed::kFlight) return;
  }
  const std::optional<TimePoint> preview = live_.due_at(around());
  if (preview && *preview <= now && send_preview(now) == Fed::kFlight) return;
  const Fed bulk = feed_lane(kBulkQueue, now);
  note_caught_up();
  if (bulk == Fed::kNothing) feed_lane(kSalvagedQueue, now);
}

Feeder::Fed Feeder::feed_lane(std::size_t lane, TimePoint now) {
  while (trouble_ == Trouble::kNone && !queue_full_ && feed_one(lane, now)) {
  }
  // What the client could not take, too, goes before anything of the lanes behind.
  return window_.outstanding() > 0 || queue_full_ || trouble_ != Trouble::kNone ? Fed::kFlight : Fed::kNothing;
}

bool Feeder::feed_one(std::size_t lane, TimePoint now) {
  take_chunks(lane, now);
  lanes_[lane].limit_message(window_.message_bytes());
  lanes_[lane].merge_due(now);
  if (lane == kBulkQueue && pace_.opens_at() && now < *pace_.opens_at()) return false;
  const LaneQueue::Outgoing* ready = lanes_[lane].ready();
  return ready != nullptr && window_.admits(ready->size, model::kStoredLanes[std::min(lane, kBulkQueue)]) &&
         send_ready(lane, now);
}

void Feeder::note_caught_up() {
  const LaneQueue& bulk = lanes_[kBulkQueue];
  if (!pace_.is_paced() || !bulk.all_sent()) return;
  // The storage thread may be about to hand more out: what is in the file decides.
  if (parts_.outbox.stats().lanes[kBulkQueue].stored <= bulk.records()) pace_.caught_up();
}

std::optional<outbox::Chunk> Feeder::next_chunk(std::size_t lane) {
  return lane == kSalvagedQueue ? parts_.outbox.next_salvaged() : parts_.outbox.next(model::kStoredLanes[lane]);
}

void Feeder::take_chunks(std::size_t lane, TimePoint now) {
  while (lanes_[lane].wants()) {
    std::optional<outbox::Chunk> chunk = next_chunk(lane);
    if (!chunk) return;
    if (const base::Status taken = lanes_[lane].take(std::move(*chunk), now); !taken) {
      ++stats_.lanes[lane].corrupt_chunks;
      parts_.log(Telling::kTrouble, "uplink: gave up a stored chunk: " + taken.error().what);
    }
  }
}

bool Feeder::send_ready(std::size_t lane, TimePoint now) {
  const LaneQueue::Outgoing& ready = *lanes_[lane].ready();
  Stats::PerLane& counts = stats_.lanes[lane];
  if (ready.records == 0) {
    lanes_[lane].mark_sent();
    return true;
  }
  const base::Status sent =
      producer_->send({options_.topic, ready.vehicle_id, ready.bytes}, tag_of(lane, lanes_[lane].next_number()));
  if (!sent && sent.error().action != base::Action::kDrop) {
    queue_full_ = true;
    return false;
  }
  LaneQueue::Outgoing& message = *lanes_[lane].find(lanes_[lane].mark_sent());
  if (!sent) {
    message.reported = true;
    take_poison(lanes_[lane], counts, message, sent.error().what);
    return trouble_ == Trouble::kNone;
  }
  // Time without anything outstanding is no silence.
  if (window_.outstanding() == 0) last_progress_ = now;
  window_.sent(message.size, now);
  if (lane == kBulkQueue) pace_.sent(message.size, now);
  counts.sent_records += message.records;
  counts.sent_bytes += message.size;
  return true;
}

std::optional<TimePoint> Feeder::deadline() const {
  if (mode_ == Mode::kHeld) return held_until_;
  if (mode_ == Mode::kDraining) return drain_until_;
  // While a flight is under way its report is what matters.
  if (window_.outstanding() > 0) return last_progress_ + options_.watchdog;
  if (queue_full_) return std::nullopt;
  std::optional<TimePoint> earliest = live_.due_at(around());
  const auto take = [&](const std::optional<TimePoint>& due) {
    if (due && (!earliest || *due < *earliest)) earliest = due;
  };
  take(look_due());
  for (const LaneQueue& lane : lanes_) take(lane.due_at());
  if (lanes_[kBulkQueue].ready() != nullptr) take(pace_.opens_at());
  return earliest;
}

bool Feeder::wants_chunks(model::Lane lane) const {
  return mode_ == Mode::kFeeding && lanes_[static_cast<std::size_t>(lane) - 1].wants();
}

bool Feeder::wants_salvaged() const { return mode_ == Mode::kFeeding && lanes_[kSalvagedQueue].wants(); }

bool Feeder::wants_state(TimePoint now) const { return mode_ == Mode::kFeeding && live_.wants_state(around(), now); }

void Feeder::finish(TimePoint now) {
  if (producer_) {
    deliveries_.clear();
    producer_->flush(options_.flush_max, deliveries_);
    for (const kafka::Delivery& delivery : deliveries_) take_report(delivery, now);
    note_link(now);
  }
  acknowledge();
  rewind_all();
  mode_ = Mode::kHeld;
  if (producer_) close(now);
}

Stats Feeder::stats() const {
  Stats stats = stats_;
  stats.outstanding_bytes = window_.outstanding();
  stats.outstanding_messages = producer_ ? producer_->outstanding() : 0;
  stats.bytes_per_s = window_.bytes_per_s();
  stats.previews = live_.stats();
  if (mode_ != Mode::kFeeding) {
    stats.trouble = trouble_;
    stats.held = std::string{to_string(trouble_)} + ": " + why_;
    stats.held_until = deadline();
  }
  return stats;
}

}  // namespace odograph::uplink
