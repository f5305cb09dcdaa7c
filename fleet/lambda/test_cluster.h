#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/kafka/consumer.h"
#include "lib/kafka/transactional_producer.h"

namespace odograph::lambda {

/// What the brokers do with a commit.
enum class Fate { kWell, kRefused, kLostAnswer, kDisturbed };

/// Topics in memory, with transactions and fences.
struct Cluster {
  bool fences = true;
  bool reachable = true;
  std::deque<Fate> fates;  ///< Of the next commits; then all goes well.
  std::map<std::string, std::map<std::int32_t, std::vector<kafka::Message>>> topics;
  std::map<std::string, int> epochs;
  std::uint64_t disturbances = 0;
  std::size_t producers = 0;
  std::size_t producers_most = 0;
  std::size_t restores = 0;
};

/// Writes into a Cluster what was committed; what is fenced commits nothing.
class FakeProducer final : public kafka::TransactionalProducer {
 public:
  FakeProducer(Cluster& cluster, std::string name) : cluster_(cluster), name_(std::move(name)) {
    cluster_.producers_most = std::max(cluster_.producers_most, ++cluster_.producers);
  }
  FakeProducer(const FakeProducer&) = delete;
  FakeProducer& operator=(const FakeProducer&) = delete;
  ~FakeProducer() override { --cluster_.producers; }

  base::Status init(std::chrono::milliseconds) override {
    if (!cluster_.reachable) return base::retry_error("init: nobody there");
    epoch_ = ++cluster_.epochs[name_];
    return {};
  }
  base::Status begin() override {
    EXPECT_TRUE(open_.empty());
    return {};
  }
  base::Status send(const kafka::Outgoing& message) override {
    kafka::Message stored;
    stored.topic = message.topic;
    stored.partition = message.partition.value_or(0);
    stored.key = message.key;
    stored.value = message.value;
    stored.tombstone = message.value.data() == nullptr;
    stored.headers = message.headers;
    open_.push_back(std::move(stored));
    return {};
  }
  base::Status flush(std::chrono::milliseconds) override { return {}; }
  base::Status send_offsets(const std::vector<kafka::TopicPartition>&, const kafka::GroupMetadata&,
                            std::chrono::milliseconds) override {
    ADD_FAILURE() << "the offsets are Lambda's";
    return {};
  }
  base::Status commit(std::chrono::milliseconds) override {
    if (is_fenced()) return base::stop_error("commit: fenced");
    Fate fate = Fate::kWell;
    if (!cluster_.fates.empty()) {
      fate = cluster_.fates.front();
      cluster_.fates.pop_front();
    }
    if (fate == Fate::kRefused) return base::drop_error("commit: refused");
    for (kafka::Message& message : open_) {
      auto& log = cluster_.topics[message.topic][message.partition];
      message.offset = static_cast<std::int64_t>(log.size());
      log.push_back(std::move(message));
    }
    open_.clear();
    if (fate == Fate::kDisturbed) ++cluster_.disturbances;
    if (fate == Fate::kLostAnswer) return base::stop_error("commit: no answer");
    return {};
  }
  base::Status abort(std::chrono::milliseconds) override { return {}; }
  bool is_fenced() const override { return cluster_.fences && cluster_.epochs[name_] != epoch_; }
  std::uint64_t disturbances() const override { return cluster_.disturbances; }
  std::vector<std::string> take_log_lines() override { return {}; }

 private:
  Cluster& cluster_;
  std::string name_;
  int epoch_ = 0;
  std::vector<kafka::Message> open_;
};

/// Reads a Cluster from its beginning.
class FakeConsumer final : public kafka::Consumer {
 public:
  explicit FakeConsumer(Cluster& cluster) : cluster_(cluster) {}
  base::Status subscribe(const std::vector<std::string>&) override { return base::stop_error("no group"); }
  base::Status assign(const std::vector<kafka::TopicPartition>& partitions) override {
    assigned_ = partitions;
    ++cluster_.restores;
    return {};
  }
  void poll(std::chrono::milliseconds, std::size_t, std::vector<kafka::Message>& messages,
            kafka::ConsumerEvents&) override {
    for (const kafka::TopicPartition& each : assigned_) {
      const auto& log = cluster_.topics[each.topic][each.partition];
      messages.insert(messages.end(), log.begin(), log.end());
    }
  }
  base::Status commit(const std::vector<kafka::TopicPartition>&) override { return base::stop_error("no group"); }
  base::Result<std::vector<kafka::TopicPartition>> committed(const std::vector<kafka::TopicPartition>&,
                                                             std::chrono::milliseconds) override {
    return base::stop_error("no group");
  }
  base::Result<kafka::Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                             std::chrono::milliseconds) override {
    if (partition >= kPartitions) return base::drop_error("no such partition");
    return kafka::Watermarks{0, static_cast<std::int64_t>(cluster_.topics[topic][partition].size())};
  }
  kafka::GroupMetadata group() const override { return {}; }

  static constexpr std::int32_t kPartitions = 30;

 private:
  Cluster& cluster_;
  std::vector<kafka::TopicPartition> assigned_;
};

}  // namespace odograph::lambda
