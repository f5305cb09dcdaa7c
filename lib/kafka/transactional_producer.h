#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/kafka/consumer.h"
#include "lib/kafka/producer.h"
#include "lib/kafka/security.h"

namespace odograph::kafka {

struct TransactionalOptions {
  std::string brokers;  ///< "host:port,host:port"
  std::string client_id;
  Security security;
  /// Of this instance, the same over its restarts: a new one ends what the one before left open.
  std::string transactional_id;
  /// The brokers abort a transaction that is open for longer. Readers of committed data wait for it that long.
  std::chrono::milliseconds transaction_max{10'000};
  std::chrono::milliseconds linger{5};
  /// Two of the largest messages. Not many: see kQueueMessagesMax in the .cpp, which bounds small ones.
  std::size_t queue_bytes_max = 2 * ((1 << 20) + (128 << 10));
  std::size_t message_bytes_max = 1'000'000;
  std::vector<std::pair<std::string, std::string>> overrides;  ///< librdkafka's names; they have the last word.
};

/// Writes messages and a group's offsets so that readers of committed data see all of a transaction or nothing.
///
/// What an error asks for: `kRetry`, the same call again; `kDrop`, this transaction is lost: `abort` it and go back to
/// the committed offsets; `kStop`, this handle is finished or it is not known what became of the transaction: destroy
/// it, make a new one with the same name (which ends the old one's transaction either way) and ask what is committed.
/// librdkafka speaks the protocol without KIP-890, in which a request to end a transaction that was delayed on its way
/// can end a later one; a new handle has a new epoch, by which the brokers refuse what is late.
///
/// One thread. Destroying it aborts a transaction that was begun and not ended, and waits at most two seconds for that;
/// what is left open even so is aborted by the next of that name, or by the brokers after `transaction_max`.
class TransactionalProducer {
 public:
  /// `kStop` if a setting or a certificate file is wrong, naming it; an unreachable broker is no error.
  static base::Result<std::unique_ptr<TransactionalProducer>> create(const TransactionalOptions& options);
  virtual ~TransactionalProducer() = default;

  /// Once, before anything else: takes the name over, ends what another one left open under it and fences that one.
  virtual base::Status init(std::chrono::milliseconds timeout) = 0;

  virtual base::Status begin() = 0;

  /// `kRetry` while the queue is full, after waiting for a moment. `kDrop` also for what can never be sent (too large).
  virtual base::Status send(const Outgoing& message) = 0;

  /// Waits until the brokers have all that was sent. `kRetry` if `timeout` is not enough.
  virtual base::Status flush(std::chrono::milliseconds timeout) = 0;

  /// `offsets` are the next to read. `flush` before: once offsets are told, what goes with them must be in the log, or
  /// a new owner of the partitions reads their state without waiting for it. `kDrop` if the group went on without the
  /// member that `group` names.
  virtual base::Status send_offsets(const std::vector<TopicPartition>& offsets, const GroupMetadata& group,
                                    std::chrono::milliseconds timeout) = 0;

  /// Never `kRetry`: without an answer within `timeout` the outcome is in doubt, so `kStop`.
  virtual base::Status commit(std::chrono::milliseconds timeout) = 0;

  /// `kStop` if it cannot be done within `timeout`.
  virtual base::Status abort(std::chrono::milliseconds timeout) = 0;

  /// Another one has the name, or the brokers aborted a transaction that was open for too long: nothing that is written
  /// from here will ever be committed.
  virtual bool is_fenced() const = 0;

  /// Why the last call failed, if the brokers do not let this identity do it, or do not take its token: "identity AKID
  /// (environment) may not write to alerts-topic"; else empty. The cause, also where librdkafka tells only of what
  /// followed from it.
  virtual std::string refusal() const { return {}; }

  /// How often a connection broke or a request went without an answer. If it grew while `commit` was under way,
  /// librdkafka may have asked twice: the handle must not be used for another transaction.
  virtual std::uint64_t disturbances() const = 0;

  /// What librdkafka had to say since the last call, at most 64 lines; without what `refusal` says better.
  virtual std::vector<std::string> take_log_lines() = 0;
};

}  // namespace odograph::kafka
