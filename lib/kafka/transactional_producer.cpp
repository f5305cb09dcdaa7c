#include "lib/kafka/transactional_producer.h"

#include <algorithm>
#include <array>

#include "lib/kafka/classify.h"
#include "lib/kafka/outgoing.h"
#include "lib/kafka/partition_list.h"
#include "lib/kafka/token_pusher.h"

namespace odograph::kafka {
namespace {

/// How long `send` waits for room.
constexpr int kRoomWaitMs = 10;
/// Few, and each request may take as many bytes as brokers take: while one is under way and some are left over for the
/// next, librdkafka 2.0.2 asks for room again and again, at tens of thousands of polls a second.
constexpr std::size_t kQueueMessagesMax = 10'000;
constexpr std::size_t kBatchBytes = 1'000'000;
/// For the abort of a transaction whose producer goes.
constexpr int kLastAbortMs = 2'000;

Settings transactional_settings(const TransactionalOptions& options) {
  const auto number = [](auto value) { return std::to_string(value); };
  return {
      {"transactional.id", options.transactional_id},
      {"transaction.timeout.ms", number(options.transaction_max.count())},
      {"message.timeout.ms", number(options.transaction_max.count())},
      {"max.in.flight", "1"},  // librdkafka before 2.3 can lose the order of retried batches with more.
      {"acks", "all"},
      {"partitioner", "murmur2_random"},
      {"linger.ms", number(options.linger.count())},
      {"queue.buffering.max.messages", number(kQueueMessagesMax)},
      {"queue.buffering.max.kbytes", number(std::max<std::size_t>(1, options.queue_bytes_max >> 10))},
      {"message.max.bytes", number(options.message_bytes_max)},
      {"batch.size", number(kBatchBytes)},
      {"retry.backoff.ms", "100"},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.connection.setup.timeout.ms", "5000"},
      // A connection that broke while a transaction was to be ended is a reason to doubt: see `disturbances`.
      {"log.connection.close", "true"},
  };
}

int to_ms(std::chrono::milliseconds timeout) {
  return static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, 3'600'000));
}

bool is_fence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

bool is_token_refusal(std::string_view failure) {
  return failure.find("SASL authentication error") != std::string_view::npos;
}

/// What librdkafka says about a refusal beside what `refusal` tells.
bool is_of_refusal(const std::string& line) {
  return line.starts_with("ADDPARTS: ") || line.starts_with("TXNERR: ") || is_token_refusal(line);
}

class RdTransactionalProducer final : public TransactionalProducer {
 public:
  static base::Result<std::unique_ptr<TransactionalProducer>> open(const TransactionalOptions& options) {
    if (options.transactional_id.empty()) return base::stop_error("transactional producer: needs a name");
    std::unique_ptr<RdTransactionalProducer> producer{new RdTransactionalProducer{options.security}};
    // No event is asked for, delivery reports neither: a message that fails makes its transaction fail.
    ClientSpec spec{RD_KAFKA_PRODUCER,
                    options.brokers,
                    options.client_id,
                    options.security,
                    transactional_settings(options),
                    options.overrides,
                    0};
    auto client = make_client(spec, producer->logs_);
    if (!client) return client.error();
    producer->client_ = std::move(client).value();
    return std::unique_ptr<TransactionalProducer>{std::move(producer)};
  }

  RdTransactionalProducer(const RdTransactionalProducer&) = delete;
  RdTransactionalProducer& operator=(const RdTransactionalProducer&) = delete;

  ~RdTransactionalProducer() override {
    if (!client_) return;
    // librdkafka 2.0.2 ends the program if its handle goes while partitions are being added to a transaction.
    if (is_open_) const Owned<rd_kafka_error_t> ignored{rd_kafka_abort_transaction(client_.get(), kLastAbortMs)};
    // What is on its way would be waited for.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  base::Status init(std::chrono::milliseconds timeout) override {
    auto status =
        status_of(rd_kafka_init_transactions(client_.get(), to_ms(timeout)), "take over the transactional id");
    const std::string failure = logs_.failure();
    // Before anything was done with it, what ended a connection is why nobody answered.
    if (!status && status.error().action == base::Action::kRetry && is_token_refusal(failure)) {
      refusal_ = refused_token_words(failure, context_of(security_, logs_));
      return base::retry_error(refusal_);
    }
    return status;
  }

  base::Status begin() override {
    auto status = status_of(rd_kafka_begin_transaction(client_.get()), "begin a transaction");
    is_open_ = is_open_ || status.has_value();
    if (status) logs_.forget_denial();
    return status;
  }

  base::Status send(const Outgoing& message) override {
    const Owned<rd_kafka_error_t> error = topics_.produce(client_.get(), message);
    if (error == nullptr) return {};
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    const std::string what = words_of(*error, "write to " + message.topic);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client_.get(), kRoomWaitMs);
      return base::retry_error(what);
    }
    note_fence(code);
    // A handle that is beyond help tells so itself at the next call; what is wrong here ends the transaction.
    return has_ended() ? base::stop_error(what) : base::drop_error(what);
  }

  base::Status flush(std::chrono::milliseconds timeout) override {
    const rd_kafka_resp_err_t code = rd_kafka_flush(client_.get(), to_ms(timeout));
    if (has_ended()) return base::stop_error("write: " + fatal_words());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (const std::string topic = logs_.denied_topic(); !topic.empty()) return base::drop_error(refuse(topic));
    refusal_.clear();
    return base::retry_error(one_line(std::string{"write: "} + rd_kafka_err2str(code)) + cause());
  }

  base::Status send_offsets(const std::vector<TopicPartition>& offsets, const GroupMetadata& group,
                            std::chrono::milliseconds timeout) override {
    const Owned<rd_kafka_consumer_group_metadata_t> member = metadata_of(group);
    if (member == nullptr) return base::drop_error("commit offsets: not a member of the group");
    return status_of(
        rd_kafka_send_offsets_to_transaction(client_.get(), list_of(offsets).get(), member.get(), to_ms(timeout)),
        "commit offsets");
  }

  base::Status commit(std::chrono::milliseconds timeout) override {
    auto status = without_retry(status_of(rd_kafka_commit_transaction(client_.get(), to_ms(timeout)), "commit"));
    // A commit that is in doubt must not be followed by an abort: only the next of that name ends it.
    if (status || status.error().action == base::Action::kStop) is_open_ = false;
    return status;
  }

  base::Status abort(std::chrono::milliseconds timeout) override {
    is_open_ = false;  // Asked for once, however it ends.
    return without_retry(status_of(rd_kafka_abort_transaction(client_.get(), to_ms(timeout)), "abort"));
  }

  bool is_fenced() const override { return fenced_; }
  std::uint64_t disturbances() const override { return logs_.disturbances(); }
  std::string refusal() const override { return refusal_; }
  std::vector<std::string> take_log_lines() override {
    std::vector<std::string> lines = logs_.take();
    if (!refusal_.empty()) std::erase_if(lines, is_of_refusal);
    return lines;
  }

 private:
  explicit RdTransactionalProducer(Security security) : security_(std::move(security)) {}

  static Owned<rd_kafka_consumer_group_metadata_t> metadata_of(const GroupMetadata& group) {
    rd_kafka_consumer_group_metadata_t* read = nullptr;
    const Owned<rd_kafka_error_t> error{
        rd_kafka_consumer_group_metadata_read(&read, group.bytes.data(), group.bytes.size())};
    return Owned<rd_kafka_consumer_group_metadata_t>{error == nullptr ? read : nullptr};
  }

  /// A call that may not be repeated: nobody knows what became of it.
  static base::Status without_retry(base::Status status) {
    if (status || status.error().action != base::Action::kRetry) return status;
    return base::stop_error(status.error().what + "; the outcome is in doubt");
  }

  base::Status status_of(rd_kafka_error_t* told, const std::string& attempt) {
    const Owned<rd_kafka_error_t> error{told};
    rd_kafka_poll(client_.get(), 0);
    if (error == nullptr) return {};
    note_fence(rd_kafka_error_code(error.get()));
    const std::string what = words_of(*error, attempt);
    if (rd_kafka_error_txn_requires_abort(error.get()) != 0) return base::drop_error(what);
    if (rd_kafka_error_is_retriable(error.get()) != 0) return base::retry_error(what + cause());
    return base::stop_error(what);
  }

  std::string words_of(const rd_kafka_error_t& error, const std::string& attempt) {
    // A topic that could not be added to the transaction is the cause of all that fails in it from then on.
    if (const std::string topic = logs_.denied_topic(); !topic.empty()) return refuse(topic);
    const std::string identity = context_of(security_, logs_).identity;
    refusal_ = denial_words(rd_kafka_error_code(&error), identity, attempt).value_or("");
    return refusal_.empty() ? one_line(attempt + ": " + rd_kafka_error_string(&error)) : refusal_;
  }

  std::string refuse(const std::string& topic) {
    const std::string identity = context_of(security_, logs_).identity;
    refusal_ = denial_words(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, identity, "write to " + topic).value_or("");
    return refusal_;
  }

  /// Why nobody answers, as far as the connections tell.
  std::string cause() {
    const std::string failure = logs_.failure();
    if (is_token_refusal(failure) && security_.tokens) security_.tokens->refused();
    return failure.empty() ? "" : " (" + one_line(failure) + ")";
  }

  void note_fence(rd_kafka_resp_err_t code) {
    std::array<char, 512> text{};
    fenced_ = fenced_ || is_fence(code) || is_fence(rd_kafka_fatal_error(client_.get(), text.data(), text.size()));
  }

  bool has_ended() const {
    std::array<char, 512> text{};
    return rd_kafka_fatal_error(client_.get(), text.data(), text.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  std::string fatal_words() {
    std::array<char, 512> text{};
    note_fence(rd_kafka_fatal_error(client_.get(), text.data(), text.size()));
    return one_line(text.data());
  }

  const Security security_;
  LogLines logs_;  // Outlives the client, whose threads write to it.
  std::string refusal_;
  bool fenced_ = false;
  bool is_open_ = false;  // A transaction was begun, and neither a commit nor an abort was asked for to the end.
  ClientPtr client_;
  Topics topics_;
};

}  // namespace

base::Result<std::unique_ptr<TransactionalProducer>> TransactionalProducer::create(
    const TransactionalOptions& options) {
  return RdTransactionalProducer::open(options);
}

}  // namespace odograph::kafka
