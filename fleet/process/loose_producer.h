#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/kafka/producer.h"
#include "lib/kafka/transactional_producer.h"

namespace odograph::process {

/// Stands in for a transactional producer where the brokers have no transactions: what was sent is there at once, and
/// `commit` tells the offsets once the brokers have all of it. After a crash some outputs are written a second time,
/// and where the state was written before them some are lost.
class LooseProducer final : public kafka::TransactionalProducer {
 public:
  using CommitOffsets = std::function<base::Status(const std::vector<kafka::TopicPartition>&)>;

  LooseProducer(std::unique_ptr<kafka::Producer> producer, CommitOffsets commit_offsets)
      : producer_(std::move(producer)), commit_offsets_(std::move(commit_offsets)) {}

  base::Status init(std::chrono::milliseconds) override { return {}; }
  base::Status begin() override { return {}; }
  base::Status send(const kafka::Outgoing& message) override;
  base::Status flush(std::chrono::milliseconds timeout) override;
  base::Status send_offsets(const std::vector<kafka::TopicPartition>& offsets, const kafka::GroupMetadata& group,
                            std::chrono::milliseconds timeout) override;
  base::Status commit(std::chrono::milliseconds timeout) override;
  base::Status abort(std::chrono::milliseconds timeout) override;
  bool is_fenced() const override { return false; }
  std::string refusal() const override { return refusal_; }
  std::uint64_t disturbances() const override { return 0; }
  std::vector<std::string> take_log_lines() override { return producer_->take_log_lines(); }

 private:
  void take(const std::vector<kafka::Delivery>& deliveries);

  std::unique_ptr<kafka::Producer> producer_;
  CommitOffsets commit_offsets_;
  std::vector<kafka::TopicPartition> offsets_;
  std::string failure_;  ///< Of a message, since the last commit.
  std::string refusal_;  ///< The same, if this identity may not write it.
};

}  // namespace odograph::process
