#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/dispatch/table_topic.h"
#include "fleet/topics/topic_table.h"

namespace odograph::dispatch {

/// A broker with one compacted topic of two partitions; all in one, so that it is both ends of it.
class FakeBroker final : public kafka::Admin, public kafka::Consumer, public kafka::Producer {
 public:
  Broker borrow() {
    return {*this, *this, this, [this] { return ++asked_ > kAskedMax; }};
  }

  base::Status create_topics(const std::vector<kafka::TopicSpec>&) override { return {}; }
  base::Result<std::vector<kafka::TopicState>> describe(const std::vector<std::string>& topics) override {
    return std::vector<kafka::TopicState>{{topics.front(), exists, 2, 1, {}}};
  }
  base::Result<kafka::Watermarks> watermarks(const std::string&, std::int32_t) override { return kafka::Watermarks{}; }

  base::Status subscribe(const std::vector<std::string>&) override { return {}; }
  base::Status assign(const std::vector<kafka::TopicPartition>&) override {
    read_ = false;
    return {};
  }
  void poll(std::chrono::milliseconds, std::size_t, std::vector<kafka::Message>& messages,
            kafka::ConsumerEvents& events) override {
    events.denied = denied;
    if (read_) return;
    read_ = true;
    messages = log;
    events.ended = {{topics::kTrips, 0, 0}, {topics::kTrips, 1, 0}};
  }
  base::Status commit(const std::vector<kafka::TopicPartition>&) override { return {}; }
  base::Result<std::vector<kafka::TopicPartition>> committed(const std::vector<kafka::TopicPartition>& partitions,
                                                             std::chrono::milliseconds) override {
    return partitions;
  }
  base::Result<kafka::Watermarks> watermarks(const std::string&, std::int32_t, std::chrono::milliseconds) override {
    return kafka::Watermarks{};
  }
  kafka::GroupMetadata group() const override { return {}; }

  base::Status send(const kafka::Outgoing& message, std::uint64_t tag) override {
    if (waiting_.size() >= queue_max) return base::retry_error("queue full");
    kafka::Message& kept = log.emplace_back();
    kept.topic = message.topic;
    kept.key = message.key;
    kept.value = message.value;
    kept.tombstone = message.value.data() == nullptr;
    waiting_.push_back(tag);
    return {};
  }
  void poll(std::chrono::milliseconds, std::vector<kafka::Delivery>& deliveries) override {
    for (const std::uint64_t tag : waiting_) {
      if (answers-- > 0)
        deliveries.push_back({tag, kafka::Delivery::Outcome::kStored, ""});
      else if (!refusal.empty())
        deliveries.push_back({tag, kafka::Delivery::Outcome::kPause, refusal});
    }
    waiting_.clear();
  }
  int event_fd() const override { return -1; }
  std::size_t outstanding() const override { return waiting_.size(); }
  kafka::LinkState link() const override { return {}; }
  std::vector<std::string> take_log_lines() override { return {}; }
  void purge() override {}
  void flush(std::chrono::milliseconds, std::vector<kafka::Delivery>&) override {}

  bool exists = true;
  std::optional<std::string> denied;
  std::vector<kafka::Message> log;
  std::size_t queue_max = 2;
  int answers = 1000;
  std::string refusal;

 private:
  static constexpr int kAskedMax = 10'000;
  bool read_ = false;
  std::vector<std::uint64_t> waiting_;
  int asked_ = 0;
};

}  // namespace odograph::dispatch
