#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fleet/lambda/function.h"
#include "lib/base/time.h"
#include "lib/kafka/consumer.h"
#include "lib/kafka/transactional_producer.h"

namespace odograph::lambda {

/// The brokers, as the function sees them.
struct KeptConnections {
  using MakeReader = std::function<base::Result<std::unique_ptr<kafka::Consumer>>()>;
  using MakeProducer =
      std::function<base::Result<std::unique_ptr<kafka::TransactionalProducer>>(std::int32_t partition)>;

  std::unique_ptr<kafka::Consumer> marks;  ///< Of no group, Isolation::kAll: for high watermarks.
  MakeReader make_reader;                  ///< Of no group, committed data only: for vehicle-state-topic.
  MakeProducer make_producer;              ///< Of a name that belongs to that partition, in every environment the same.
};

/// Writes alerts and dead letters, and keeps what it knows of the vehicles in vehicle-state-topic: of each partition
/// all of it in one transaction.
///
/// Lambda may hand a partition's next batch to another environment, hand a batch in twice, or freeze this one for hours
/// and come back. Whoever works on a partition for the first time takes its name over, which ends what another left
/// open and fences that one; only then is the state read back. So the state in memory is the newest one, or the
/// transaction fails and it is read anew; and records that were committed before are known as repeats. Dead letters
/// alone, which belong to no vehicle, are written once more with a batch that comes again.
///
/// `outputs` of the answer are those that this invocation committed: none of a batch that was committed before.
class KeptFunction final : public Function {
 public:
  /// Partitions whose producer is held from one invocation to the next; beyond it the one used longest ago goes.
  static constexpr std::size_t kPartitionsHeldMax = 16;
  /// For one answer of the brokers; well below a transaction's 10 s.
  static constexpr base::Millis kAnswerMax{5'000};
  /// To read the state of a partition back.
  static constexpr base::Millis kRestoreMax{60'000};

  KeptFunction(const FunctionRules& rules, KeptConnections connections, const base::Clock& clock)
      : connections_(std::move(connections)), clock_(clock), processor_(make_processor(rules)) {}

  base::Result<Answer> invoke(const MskEvent& event) override;

 private:
  struct Held {
    std::unique_ptr<kafka::TransactionalProducer> producer;
    std::uint64_t used = 0;  ///< The higher the later.
  };

  base::Status work(std::int32_t partition, std::span<const kafka::Message> messages, Answer& answer);
  base::Status hold(std::int32_t partition, std::vector<std::string>& notes);
  base::Status restore(std::int32_t partition, std::vector<std::string>& notes);
  base::Status check_scaled() const;
  base::Status write(kafka::TransactionalProducer& producer, vehicle::Outcome& outcome);
  base::Status commit(kafka::TransactionalProducer& producer, vehicle::Outcome& outcome);
  void drop(std::int32_t partition);

  const KeptConnections connections_;
  const base::Clock& clock_;
  const std::unique_ptr<process::Processor> processor_;
  std::map<std::int32_t, Held> held_;
  std::uint64_t uses_ = 0;
};

}  // namespace odograph::lambda
