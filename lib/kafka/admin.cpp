#include "lib/kafka/admin.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/kafka/classify.h"
#include "lib/kafka/client.h"

namespace odograph::kafka {

namespace {

class RdAdmin final : public Admin {
 public:
  static base::Result<std::unique_ptr<Admin>> open(const Options& options) {
    std::unique_ptr<RdAdmin> admin{new RdAdmin{options}};
    ClientSpec spec;
    spec.brokers = options.brokers;
    spec.client_id = options.client_id;
    spec.security = options.security;
    auto client = make_client(spec, admin->logs_);
    if (!client) return client.error();
    admin->client_ = std::move(client).value();
    admin->queue_.reset(rd_kafka_queue_new(admin->client_.get()));
    return std::unique_ptr<Admin>{std::move(admin)};
  }

  base::Status create_topics(const std::vector<TopicSpec>& topics) override {
    std::vector<Owned<rd_kafka_NewTopic_t>> owned;
    std::vector<rd_kafka_NewTopic_t*> wanted;
    std::array<char, 512> text{};
    for (const TopicSpec& topic : topics) {
      owned.emplace_back(
          rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication, text.data(), text.size()));
      if (owned.back() == nullptr) return base::drop_error("create topic " + topic.name + ": " + one_line(text.data()));
      for (const auto& [name, value] : topic.config) {
        rd_kafka_NewTopic_set_config(owned.back().get(), name.c_str(), value.c_str());
      }
      wanted.push_back(owned.back().get());
    }
    if (wanted.empty()) return {};
    const Owned<rd_kafka_AdminOptions_t> options = admin_options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(client_.get(), wanted.data(), wanted.size(), options.get(), queue_.get());
    const Owned<rd_kafka_event_t> event = answer();
    if (event == nullptr) return failed("create topics", RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer");
    if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) {
        return base::drop_error("create topics: broker does not support CreateTopics");
      }
      return failed("create topics", code, rd_kafka_event_error_string(event.get()));
    }
    return each_created(*event);
  }

  base::Status add_partitions(const std::vector<std::string>& topics, int partitions) override {
    const auto states = describe(topics);
    if (!states) return states.error();
    std::vector<Owned<rd_kafka_NewPartitions_t>> owned;
    std::vector<rd_kafka_NewPartitions_t*> wanted;
    std::array<char, 512> text{};
    for (const TopicState& state : *states) {
      if (state.partitions >= partitions) continue;
      owned.emplace_back(rd_kafka_NewPartitions_new(state.name.c_str(), static_cast<std::size_t>(partitions),
                                                    text.data(), text.size()));
      if (owned.back() == nullptr) return base::drop_error("add partitions: " + one_line(text.data()));
      wanted.push_back(owned.back().get());
    }
    if (wanted.empty()) return {};
    const Owned<rd_kafka_AdminOptions_t> options = admin_options(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
    rd_kafka_CreatePartitions(client_.get(), wanted.data(), wanted.size(), options.get(), queue_.get());
    const Owned<rd_kafka_event_t> event = answer();
    if (event == nullptr) return failed("add partitions", RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer");
    if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failed("add partitions", code, rd_kafka_event_error_string(event.get()));
    }
    std::size_t count = 0;
    const rd_kafka_topic_result_t** each =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
    return each_done("add partitions to ", each, count);
  }

  base::Result<std::size_t> group_members(const std::string& group) override {
    const rd_kafka_group_list* answered = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_list_groups(client_.get(), group.c_str(), &answered, timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed("ask for group " + group, code, rd_kafka_err2str(code));
    const Owned<const rd_kafka_group_list> groups{answered};
    std::size_t members = 0;
    for (int i = 0; i < groups->group_cnt; ++i) members += static_cast<std::size_t>(groups->groups[i].member_cnt);
    return members;
  }

  base::Result<std::vector<TopicState>> describe(const std::vector<std::string>& topics) override {
    const auto metadata = read_metadata();
    if (!metadata) return metadata.error();
    std::vector<TopicState> states;
    for (const std::string& name : topics) {
      TopicState state;
      state.name = name;
      for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
        const rd_kafka_metadata_topic& topic = (*metadata)->topics[i];
        if (name != topic.topic || topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        state.exists = true;
        state.partitions = topic.partition_cnt;
        state.replication = topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0;
      }
      states.push_back(std::move(state));
    }
    if (auto ok = add_configs(states); !ok) return ok.error();
    return states;
  }

  base::Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition) override {
    Watermarks marks;
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition,
                                                                      &marks.low, &marks.high, timeout_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return marks;
    return failed("watermarks of " + topic + "/" + std::to_string(partition), code, rd_kafka_err2str(code));
  }

 private:
  explicit RdAdmin(const Options& options)
      : security_(options.security), brokers_(options.brokers), timeout_(options.timeout) {}

  int timeout_ms() const { return static_cast<int>(std::clamp<std::int64_t>(timeout_.count(), 1, 300'000)); }

  Owned<rd_kafka_AdminOptions_t> admin_options(rd_kafka_admin_op_t operation) {
    Owned<rd_kafka_AdminOptions_t> options{rd_kafka_AdminOptions_new(client_.get(), operation)};
    std::array<char, 512> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms(), text.data(), text.size());
    if (const auto id = broker_without_controller()) {
      rd_kafka_AdminOptions_set_broker(options.get(), *id, text.data(), text.size());
    }
    return options;
  }

  /// librdkafka would wait for the cluster's controller; where the cluster names none that is there, any broker can
  /// answer that it does not know the request.
  std::optional<std::int32_t> broker_without_controller() {
    const auto metadata = read_metadata();
    if (!metadata || (*metadata)->broker_cnt == 0) return std::nullopt;
    const std::int32_t controller = rd_kafka_controllerid(client_.get(), 0);
    for (int i = 0; i < (*metadata)->broker_cnt; ++i) {
      if ((*metadata)->brokers[i].id == controller) return std::nullopt;
    }
    return (*metadata)->brokers[0].id;
  }

  base::Result<Owned<const rd_kafka_metadata_t>> read_metadata() {
    // All topics, because asking for one by its name creates it on brokers that are set to do so.
    const rd_kafka_metadata_t* answered = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(client_.get(), 1, nullptr, &answered, timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed("read metadata", code, rd_kafka_err2str(code));
    return Owned<const rd_kafka_metadata_t>{answered};
  }

  /// The answer to the request that was put; nothing after the time-out and a second of grace.
  Owned<rd_kafka_event_t> answer() {
    return Owned<rd_kafka_event_t>{rd_kafka_queue_poll(queue_.get(), timeout_ms() + 1000)};
  }

  base::Error failed(const std::string& attempt, rd_kafka_resp_err_t code, const char* text) const {
    const std::string failure = logs_.failure();
    const bool says_nothing = code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
                              code == RD_KAFKA_RESP_ERR__TIMED_OUT;
    const ErrorContext context = context_of(security_, logs_);
    if (auto words = denial_words(code, context.identity, attempt)) return {action_of(code), std::move(*words)};
    if (!says_nothing) return {action_of(code), one_line(attempt + ": " + text)};
    if (!context.no_token.empty()) return {action_of(code), one_line(attempt + ": no token: " + context.no_token)};
    if (failure.empty()) {
      // A listener that speaks something else hangs up without a word.
      return {action_of(code), one_line(attempt + ": no answer from " + brokers_ + "; is kafka.security right?")};
    }
    // "Timed out" alone helps nobody; the log has the address and the cause.
    const bool refused = failure.find("SASL authentication error") != std::string::npos;
    const auto cause = refused ? RD_KAFKA_RESP_ERR__AUTHENTICATION : RD_KAFKA_RESP_ERR__TRANSPORT;
    const LinkState link = after_error({}, cause, failure, context);
    return {action_of(code), one_line(attempt + ": " + link.last_error)};
  }

  base::Status each_created(const rd_kafka_event_t& event) const {
    std::size_t count = 0;
    // The C API asks for a non-const event only to hand out a view of it.
    const rd_kafka_CreateTopics_result_t* result =
        rd_kafka_event_CreateTopics_result(const_cast<rd_kafka_event_t*>(&event));
    const rd_kafka_topic_result_t** each = rd_kafka_CreateTopics_result_topics(result, &count);
    return each_done("create topic ", each, count);
  }

  base::Status each_done(const std::string& attempt, const rd_kafka_topic_result_t** each, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(each[i]);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
      const char* text = rd_kafka_topic_result_error_string(each[i]);
      return failed(attempt + rd_kafka_topic_result_name(each[i]), code,
                    text == nullptr ? rd_kafka_err2str(code) : text);
    }
    return {};
  }

  base::Status add_configs(std::vector<TopicState>& states) {
    std::vector<Owned<rd_kafka_ConfigResource_t>> owned;
    std::vector<rd_kafka_ConfigResource_t*> wanted;
    for (const TopicState& state : states) {
      if (!state.exists) continue;
      owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, state.name.c_str()));
      wanted.push_back(owned.back().get());
    }
    if (wanted.empty()) return {};
    const Owned<rd_kafka_AdminOptions_t> options = admin_options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(client_.get(), wanted.data(), wanted.size(), options.get(), queue_.get());
    const Owned<rd_kafka_event_t> event = answer();
    if (event == nullptr) return failed("describe configs", RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer");
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
    if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) {
      for (TopicState& state : states) {
        if (state.exists) state.config_unread = "the broker tells no settings";
      }
      return {};
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failed("describe configs", code, rd_kafka_event_error_string(event.get()));
    }
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) add_config(*resources[i], states);
    return {};
  }

  void add_config(const rd_kafka_ConfigResource_t& resource, std::vector<TopicState>& states) const {
    std::size_t count = 0;
    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&resource, &count);
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(&resource);
    for (TopicState& state : states) {
      if (state.name != rd_kafka_ConfigResource_name(&resource)) continue;
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        state.config_unread = failed("read settings", code, rd_kafka_err2str(code)).what;
      }
      for (std::size_t i = 0; i < count; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != nullptr) state.config[rd_kafka_ConfigEntry_name(entries[i])] = value;
      }
    }
  }

  const Security security_;
  LogLines logs_;  // Outlives the client, whose threads write to it.
  std::string brokers_;
  std::chrono::milliseconds timeout_;
  ClientPtr client_;
  Owned<rd_kafka_queue_t> queue_;
};

}  // namespace

base::Result<std::unique_ptr<Admin>> Admin::create(const Options& options) { return RdAdmin::open(options); }

}  // namespace odograph::kafka
