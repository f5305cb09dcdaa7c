#include "lib/kafka/producer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "lib/base/wake_fd.h"
#include "lib/kafka/classify.h"
#include "lib/kafka/client.h"
#include "lib/kafka/link_files.h"
#include "lib/kafka/outgoing.h"
#include "lib/kafka/statistics.h"

namespace odograph::kafka {

namespace {

/// Messages in librdkafka at most; the window is the caller's, this is the stop behind it.
constexpr std::size_t kQueueMessagesMax = 2000;
/// A retransmitted unit: at 128 kbit/s it takes 16 s, and the socket time-out must be longer than that.
constexpr std::size_t kBatchBytes = 256 << 10;
/// The most that one connection may take to be made, TLS and token included.
constexpr std::chrono::milliseconds kSetUpMax{20'000};
/// The most that brokers may take to agree on a message.
constexpr std::chrono::milliseconds kAgreeMax{15'000};
/// How often librdkafka tells of its connections: nothing else tells of a broker that is back while nothing is sent.
constexpr std::chrono::milliseconds kLookEvery{5000};

Settings producer_settings(const ProducerOptions& options) {
  const auto number = [](auto value) { return std::to_string(value); };
  return {
      {"enable.idempotence", "true"},
      {"max.in.flight", "1"},  // librdkafka before 2.3 can lose the order of retried batches with more.
      {"acks", "all"},
      // Without it a message that the broker refused is overtaken by those behind it, and the fleet takes what is sent
      // again for a repeat. With it the handle is fatal and gives the rest back (all but one request that is on its
      // way).
      {"enable.gapless.guarantee", "true"},
      {"message.timeout.ms", "0"},  // The outbox decides how long something is worth sending.
      {"partitioner", "murmur2_random"},
      {"compression.type", "none"},
      {"linger.ms", number(options.linger.count())},
      {"queue.buffering.max.messages", number(kQueueMessagesMax)},
      {"queue.buffering.max.kbytes", number(std::max<std::size_t>(1, options.queue_bytes_max >> 10))},
      {"message.max.bytes", number(options.message_bytes_max)},
      {"batch.size", number(kBatchBytes)},
      {"request.timeout.ms", number(std::min(kAgreeMax, options.answer_timeout / 2).count())},
      {"socket.timeout.ms", number(options.answer_timeout.count())},
      {"socket.connection.setup.timeout.ms", number(std::min(kSetUpMax, options.answer_timeout).count())},
      {"retry.backoff.ms", "1000"},
      {"reconnect.backoff.ms", "1000"},
      {"reconnect.backoff.max.ms", number(options.reconnect_backoff_max.count())},
      {"topic.metadata.refresh.interval.ms", "300000"},
      {"metadata.max.age.ms", "900000"},
      {"topic.metadata.propagation.max.ms", "30000"},
      {"statistics.interval.ms", number(kLookEvery.count())},
  };
}

/// Tags of what is outstanding. librdkafka carries one pointer a message, which has only 32 bits on some gateways, so
/// it gets a slot's number instead of the tag.
class TagSlots {
 public:
  std::size_t outstanding() const { return tags_.size() - free_.size(); }

  std::uintptr_t put(std::uint64_t tag) {
    if (free_.empty()) {
      tags_.push_back(tag);
      return tags_.size();
    }
    const std::uintptr_t slot = free_.back();
    free_.pop_back();
    tags_[slot - 1] = tag;
    return slot;
  }

  std::uint64_t take(std::uintptr_t slot) {
    ODOGRAPH_ASSERT(slot >= 1 && slot <= tags_.size());
    free_.push_back(slot);
    return tags_[slot - 1];
  }

 private:
  std::vector<std::uint64_t> tags_;
  std::vector<std::uintptr_t> free_;
};

class RdProducer final : public Producer {
 public:
  static base::Result<std::unique_ptr<Producer>> open(const ProducerOptions& options) {
    std::unique_ptr<RdProducer> producer{new RdProducer{options.security}};
    ClientSpec spec{RD_KAFKA_PRODUCER,
                    options.brokers,
                    options.client_id,
                    options.security,
                    producer_settings(options),
                    options.overrides,
                    RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS,
                    {options.gate, options.meter, options.answer_timeout}};
    auto client = make_client(spec, producer->logs_);
    if (!client) return client.error();
    producer->client_ = std::move(client).value();
    producer->queue_.reset(rd_kafka_queue_get_main(producer->client_.get()));
    rd_kafka_queue_io_event_enable(producer->queue_.get(), producer->wake_.fd(), &kOne, sizeof kOne);
    return std::unique_ptr<Producer>{std::move(producer)};
  }

  base::Status send(const Outgoing& message, std::uint64_t tag) override {
    if (!refused_.empty()) {
      // Nothing may overtake what was refused and is not reported yet.
      refused_.push_back({tag, Delivery::Outcome::kAgain, "behind a message that was refused"});
      return {};
    }
    const std::uintptr_t slot = tags_.put(tag);
    const Owned<rd_kafka_error_t> error = produce(client_.get(), message, reinterpret_cast<void*>(slot));
    if (error == nullptr) return {};
    return refused(message.topic, *error, slot);
  }

  void poll(std::chrono::milliseconds timeout, std::vector<Delivery>& deliveries) override {
    // Before the queue is looked at: what comes afterwards makes it readable again.
    wake_.clear();
    int wait_ms = refused_.empty() ? static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, kWaitMsMax)) : 0;
    std::move(refused_.begin(), refused_.end(), std::back_inserter(deliveries));
    refused_.clear();
    while (const Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(queue_.get(), wait_ms)}) {
      wait_ms = 0;
      take(*event, deliveries);
    }
  }

  int event_fd() const override { return wake_.fd(); }

  std::size_t outstanding() const override { return tags_.outstanding() + refused_.size(); }

  LinkState link() const override {
    LinkState link = link_;
    // Before the first delivery: a controller is known as soon as a broker has told of its cluster.
    if (!heard_ && rd_kafka_controllerid(client_.get(), 0) >= 0) link.connected = true;
    // Asked for, because the event of a fatal error carries the code of its cause.
    std::array<char, 512> text{};
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
    if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR) return link;
    link = after_error(link, RD_KAFKA_RESP_ERR__FATAL, text.data());
    if (auto words = denial_words(fatal, context().identity, "write")) {
      link.denied = true;
      link.last_error = std::move(*words);
    }
    return link;
  }

  std::vector<std::string> take_log_lines() override { return logs_.take(); }

  void purge() override {
    constexpr int kAll = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT;
    rd_kafka_purge(client_.get(), kAll | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  void flush(std::chrono::milliseconds timeout, std::vector<Delivery>& deliveries) override {
    using Steady = std::chrono::steady_clock;
    const Steady::time_point end = Steady::now() + timeout;
    poll(std::chrono::milliseconds{0}, deliveries);
    // With nothing on its way there is nothing to wait for: the next event may be a second away, or never come.
    while (outstanding() > 0 && Steady::now() < end) {
      poll(std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now()), deliveries);
    }
  }

 private:
  static constexpr std::uint64_t kOne = 1;
  static constexpr std::int64_t kWaitMsMax = 3'600'000;

  explicit RdProducer(Security security) : security_(std::move(security)), files_(security_) {}

  base::Status refused(const std::string& topic, const rd_kafka_error_t& error, std::uintptr_t slot) {
    const std::uint64_t tag = tags_.take(slot);
    const rd_kafka_resp_err_t code = rd_kafka_error_code(&error);
    const std::string what = denial_words(code, context().identity, "write to " + topic)
                                 .value_or(one_line("send to " + topic + ": " + rd_kafka_error_string(&error)));
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return base::retry_error(what);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR__INVALID_ARG) {
      return base::drop_error(what);
    }
    refused_.push_back({tag, outcome_of(code), what});
    wake_.wake();
    return {};
  }

  void take(rd_kafka_event_t& event, std::vector<Delivery>& deliveries) {
    switch (rd_kafka_event_type(&event)) {
      case RD_KAFKA_EVENT_DR:
        while (const rd_kafka_message_t* message = rd_kafka_event_message_next(&event)) {
          deliveries.push_back(report_of(*message));
        }
        break;
      case RD_KAFKA_EVENT_ERROR:
        if (!has_tried() && rd_kafka_event_error(&event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) break;
        take_error(rd_kafka_event_error(&event), rd_kafka_event_error_string(&event));
        heard_ = heard_ || rd_kafka_event_error(&event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        break;
      case RD_KAFKA_EVENT_STATS: {
        look_at_files();
        if (!has_tried()) break;
        const LinkState before = link();
        link_ = watch_.after_look(before, rd_kafka_event_stats(&event));
        heard_ = heard_ || link_.connected != before.connected;
        break;
      }
      default: break;
    }
  }

  void take_error(rd_kafka_resp_err_t code, const char* text) {
    const unsigned refusals = link_.refusals;
    link_ = after_error(link(), code, text, context());
    if (security_.tokens && link_.refusals > refusals) security_.tokens->refused();
  }

  /// Before the first try all brokers are "down", which tells nothing: a handle before this one knew the cause.
  bool has_tried() const { return client_.get_deleter().callbacks->sockets.has_tried(); }

  void look_at_files() {
    const LinkFiles::Verdict verdict = files_.look();
    link_.outdated = verdict == LinkFiles::Verdict::kRenew || verdict == LinkFiles::Verdict::kGone;
    link_.files = files_.why();
  }

  ErrorContext context() const { return context_of(security_, logs_); }

  Delivery report_of(const rd_kafka_message_t& message) {
    Delivery delivery{tags_.take(reinterpret_cast<std::uintptr_t>(message._private)), {}, {}};
    if (rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_PERSISTED) delivery.outcome = outcome_of(message.err);
    if (delivery.outcome != Delivery::Outcome::kStored) {
      const char* topic = message.rkt == nullptr ? "?" : rd_kafka_topic_name(message.rkt);
      delivery.error = denial_words(message.err, context().identity, std::string{"write to "} + topic)
                           .value_or(one_line(std::string{"topic "} + topic + ": " + rd_kafka_err2str(message.err)));
    }
    // Codes above zero are the broker's own words.
    if (message.err >= RD_KAFKA_RESP_ERR_NO_ERROR) {
      link_ = after_answer(std::move(link_));
      heard_ = true;
    }
    return delivery;
  }

  const Security security_;
  LinkFiles files_;  // Before the client, which reads them after it.
  LogLines logs_;    // Outlives the client, whose threads write to it; so does wake_.
  base::WakeFd wake_;
  TagSlots tags_;
  std::vector<Delivery> refused_;  ///< Refused while sending; reported by the next poll.
  LinkState link_;
  LinkWatch watch_;
  bool heard_ = false;  ///< link_.connected has its word from a delivery, a loss of all brokers, or the watch.
  ClientPtr client_;
  Owned<rd_kafka_queue_t> queue_;
};

}  // namespace

base::Result<std::unique_ptr<Producer>> Producer::create(const ProducerOptions& options) {
  return RdProducer::open(options);
}

}  // namespace odograph::kafka
