#include "lib/kafka/consumer.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "lib/kafka/classify.h"
#include "lib/kafka/client.h"
#include "lib/kafka/partition_list.h"
#include "lib/kafka/token_pusher.h"

namespace odograph::kafka {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCommitMax{10'000};
constexpr std::chrono::milliseconds kCloseMax{3'000};
/// librdkafka will not fetch less than its largest message.
constexpr std::size_t kFetchBytesMin = 1'000'000;
/// Of a partition at once: what is asked for comes on top of what waits already. A larger message comes nonetheless.
constexpr std::size_t kPartitionBytesMax = 256 << 10;

Settings consumer_settings(const ConsumerOptions& options) {
  const std::size_t fetch = std::clamp<std::size_t>(options.fetch_bytes_max, kFetchBytesMin, 1 << 30);
  Settings settings = {
      // Reading by `assign` needs a group's name too, but nothing is ever committed to it.
      {"group.id", options.group.empty() ? std::string{"odograph-reader"} : options.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", options.start == ConsumerOptions::Start::kCaller ? "error" : "earliest"},
      {"isolation.level",
       options.isolation == ConsumerOptions::Isolation::kAll ? "read_uncommitted" : "read_committed"},
      {"partition.assignment.strategy", "range"},
      {"enable.partition.eof", "true"},
      {"queued.max.messages.kbytes", std::to_string(fetch >> 10)},
      {"fetch.max.bytes", std::to_string(fetch)},
      {"fetch.message.max.bytes", std::to_string(kPartitionBytesMax)},
      {"fetch.wait.max.ms", "100"},
      {"reconnect.backoff.ms", "200"},
      {"reconnect.backoff.max.ms", "10000"},
  };
  if (!options.group_instance_id.empty()) settings.emplace_back("group.instance.id", options.group_instance_id);
  return settings;
}

int to_ms(Steady::duration duration) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 3'600'000));
}

std::string bytes_of(const void* data, std::size_t size) {
  return data == nullptr ? std::string{} : std::string(static_cast<const char*>(data), size);
}

Message message_of(const rd_kafka_message_t& from) {
  Message message;
  message.topic = rd_kafka_topic_name(from.rkt);
  message.partition = from.partition;
  message.offset = from.offset;
  rd_kafka_timestamp_type_t by = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  message.timestamp_ms = rd_kafka_message_timestamp(&from, &by);
  message.is_append_time = by == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
  message.key = bytes_of(from.key, from.key_len);
  message.value = bytes_of(from.payload, from.len);
  message.tombstone = from.payload == nullptr;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return message;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    message.headers.emplace_back(name, bytes_of(value, size));
  }
  return message;
}

base::Status status_of(rd_kafka_resp_err_t code, const std::string& attempt) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return base::Error{action_of(code), one_line(attempt + ": " + rd_kafka_err2str(code))};
}

class RdConsumer final : public Consumer {
 public:
  static base::Result<std::unique_ptr<Consumer>> open(const ConsumerOptions& options) {
    std::unique_ptr<RdConsumer> consumer{new RdConsumer{options}};
    ClientSpec spec{RD_KAFKA_CONSUMER,
                    options.brokers,
                    options.client_id,
                    options.security,
                    consumer_settings(options),
                    options.overrides,
                    RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT};
    auto client = make_client(spec, consumer->logs_);
    if (!client) return client.error();
    consumer->client_ = std::move(client).value();
    rd_kafka_poll_set_consumer(consumer->client_.get());
    consumer->queue_.reset(rd_kafka_queue_get_consumer(consumer->client_.get()));
    return std::unique_ptr<Consumer>{std::move(consumer)};
  }

  RdConsumer(const RdConsumer&) = delete;
  RdConsumer& operator=(const RdConsumer&) = delete;

  ~RdConsumer() override {
    if (!client_) return;
    // Closing through the queue, because a rebalance has to be answered meanwhile and the wait has to end.
    const Steady::time_point end = Steady::now() + kCloseMax;
    const Owned<rd_kafka_error_t> error{rd_kafka_consumer_close_queue(client_.get(), queue_.get())};
    while (error == nullptr && rd_kafka_consumer_closed(client_.get()) == 0 && Steady::now() < end) {
      const Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(queue_.get(), 100)};
      if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
        rd_kafka_assign(client_.get(), nullptr);
      }
    }
  }

  base::Status subscribe(const std::vector<std::string>& topics) override {
    if (group_.empty()) return base::stop_error("subscribe: needs a consumer group");
    std::vector<TopicPartition> partitions;
    for (const std::string& topic : topics) partitions.push_back({topic, RD_KAFKA_PARTITION_UA, -1});
    return status_of(rd_kafka_subscribe(client_.get(), list_of(partitions).get()), "subscribe");
  }

  base::Status assign(const std::vector<TopicPartition>& partitions) override {
    return status_of(rd_kafka_assign(client_.get(), list_of(partitions).get()), "assign");
  }

  void poll(std::chrono::milliseconds timeout, std::size_t most, std::vector<Message>& messages,
            ConsumerEvents& events) override {
    if (revoking_) {
      rd_kafka_assign(client_.get(), nullptr);
      revoking_ = false;
    }
    int wait_ms = to_ms(timeout);
    const std::size_t full = messages.size() + most;
    while (!revoking_ && messages.size() < full) {
      const Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(queue_.get(), wait_ms)};
      if (!event) return;
      wait_ms = 0;
      take(*event, messages, events);
    }
  }

  base::Status commit(const std::vector<TopicPartition>& offsets) override {
    if (offsets.empty()) return {};
    // Not rd_kafka_commit: that waits for the coordinator as long as it takes.
    const Owned<rd_kafka_queue_t> answers{rd_kafka_queue_new(client_.get())};
    const rd_kafka_resp_err_t asked =
        rd_kafka_commit_queue(client_.get(), list_of(offsets).get(), answers.get(), nullptr, nullptr);
    if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return status_of(asked, "commit");
    const Owned<rd_kafka_event_t> event{rd_kafka_queue_poll(answers.get(), to_ms(kCommitMax))};
    if (!event) return base::retry_error("commit: no answer within 10 s");
    if (auto ok = status_of(rd_kafka_event_error(event.get()), "commit"); !ok) return ok;
    const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
      const std::string where = std::string{list->elems[i].topic} + "/" + std::to_string(list->elems[i].partition);
      if (auto ok = status_of(list->elems[i].err, "commit of " + where); !ok) return ok;
    }
    return {};
  }

  base::Result<std::vector<TopicPartition>> committed(const std::vector<TopicPartition>& partitions,
                                                      std::chrono::milliseconds timeout) override {
    const Owned<rd_kafka_topic_partition_list_t> list = list_of(partitions);
    if (auto ok = status_of(rd_kafka_committed(client_.get(), list.get(), to_ms(timeout)), "ask for offsets"); !ok) {
      return ok.error();
    }
    for (int i = 0; i < list->cnt; ++i) {
      if (auto ok = status_of(list->elems[i].err, "ask for offsets"); !ok) return ok.error();
    }
    std::vector<TopicPartition> offsets = partitions_of(list.get());
    for (TopicPartition& each : offsets) each.offset = std::max<std::int64_t>(each.offset, -1);
    return offsets;
  }

  base::Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                      std::chrono::milliseconds timeout) override {
    Watermarks marks;
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition,
                                                                      &marks.low, &marks.high, to_ms(timeout));
    const std::string attempt = "watermarks of " + topic + "/" + std::to_string(partition);
    if (auto ok = status_of(code, attempt); !ok) return ok.error();
    return marks;
  }

  std::optional<std::int64_t> end_as_fetched(const std::string& topic, std::int32_t partition) const override {
    std::int64_t low = -1;
    std::int64_t high = -1;
    const auto code = rd_kafka_get_watermark_offsets(client_.get(), topic.c_str(), partition, &low, &high);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
    return high;
  }

  GroupMetadata group() const override {
    const Owned<rd_kafka_consumer_group_metadata_t> member{rd_kafka_consumer_group_metadata(client_.get())};
    if (member == nullptr || group_.empty()) return {};
    void* bytes = nullptr;
    std::size_t size = 0;
    const Owned<rd_kafka_error_t> error{rd_kafka_consumer_group_metadata_write(member.get(), &bytes, &size)};
    if (error != nullptr) return {};
    GroupMetadata metadata{bytes_of(bytes, size)};
    rd_kafka_mem_free(nullptr, bytes);
    return metadata;
  }

 private:
  explicit RdConsumer(const ConsumerOptions& options)
      : security_(options.security),
        group_(options.group),
        instance_(options.group_instance_id),
        start_(options.start) {}

  void take(rd_kafka_event_t& event, std::vector<Message>& messages, ConsumerEvents& events) {
    switch (rd_kafka_event_type(&event)) {
      case RD_KAFKA_EVENT_FETCH:
        while (const rd_kafka_message_t* message = rd_kafka_event_message_next(&event)) {
          messages.push_back(message_of(*message));
        }
        break;
      case RD_KAFKA_EVENT_REBALANCE: take_rebalance(event, events); break;
      case RD_KAFKA_EVENT_ERROR: take_error(event, events); break;
      default: break;
    }
  }

  void take_rebalance(rd_kafka_event_t& event, ConsumerEvents& events) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(&event);
    const std::vector<TopicPartition> partitions = partitions_of(list);
    if (rd_kafka_event_error(&event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      if (start_ == ConsumerOptions::Start::kCommitted) rd_kafka_assign(client_.get(), list);
      events.assigned.insert(events.assigned.end(), partitions.begin(), partitions.end());
      return;
    }
    revoking_ = true;
    if (rd_kafka_assignment_lost(client_.get()) != 0) {
      events.lost.insert(events.lost.end(), partitions.begin(), partitions.end());
      return;
    }
    events.revoked.insert(events.revoked.end(), partitions.begin(), partitions.end());
  }

  void take_error(rd_kafka_event_t& event, ConsumerEvents& events) {
    const rd_kafka_resp_err_t code = rd_kafka_event_error(&event);
    // Connections end without a word as long as all is well (see after_error); if not, the cause is told too.
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
    // librdkafka looks for the coordinator of a group that nobody asked for.
    if (group_.empty() && code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return;
    std::optional<TopicPartition> where;
    if (rd_kafka_topic_partition_t* named = rd_kafka_event_topic_partition(&event)) {
      where = TopicPartition{named->topic, named->partition, named->offset};
      rd_kafka_topic_partition_destroy(named);
    }
    // Asked for, because the event of a fatal error carries the code of its cause.
    if (code == RD_KAFKA_RESP_ERR__FATAL || has_ended())
      events.fatal = fatal_words(rd_kafka_event_error_string(&event));
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && where) events.gone.push_back(*where);
    if (code != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      events.errors.push_back(words_of(code, rd_kafka_event_error_string(&event), where));
      if (denial_words(code, {}, {})) events.denied = events.errors.back();
    } else if (where) {
      events.ended.push_back(*where);
    }
  }

  bool has_ended() const { return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR; }

  std::string fatal_words(const char* text) const {
    if (rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return one_line(text);
    return "another one came into group " + group_ + " under the name " + instance_ +
           " of this instance; each needs its own";
  }

  std::string words_of(rd_kafka_resp_err_t code, const char* text, const std::optional<TopicPartition>& where) {
    const ErrorContext context = context_of(security_, logs_);
    const bool of_group = code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    const std::string attempt = of_group ? "use group " + group_ : "read " + (where ? where->topic : "a topic");
    if (auto words = denial_words(code, context.identity, attempt)) {
      return where || of_group ? *words : one_line(*words + ": " + text);
    }
    const LinkState link = after_error({}, code, text, context);
    if (security_.tokens && link.refusals > 0) security_.tokens->refused();
    return link.last_error;
  }

  const Security security_;
  LogLines logs_;               // Outlives the client, whose threads write to it.
  const std::string group_;     ///< Empty: none.
  const std::string instance_;  ///< Empty: none.
  const ConsumerOptions::Start start_;
  bool revoking_ = false;  ///< Told, and undone by the next poll.
  ClientPtr client_;
  Owned<rd_kafka_queue_t> queue_;
};

}  // namespace

base::Result<std::unique_ptr<Consumer>> Consumer::create(const ConsumerOptions& options) {
  return RdConsumer::open(options);
}

}  // namespace odograph::kafka
