#include "lib/kafka/transactional_producer.h"

#include <gtest/gtest.h>

#include "lib/kafka/mock_cluster.h"

namespace odograph::kafka {
namespace {

using base::Action;

constexpr std::chrono::milliseconds kSoon{500};
/// Kafka's numbers of requests.
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kAddPartitionsToTxn = 24;
constexpr std::int16_t kEndTxn = 26;
constexpr std::int16_t kTxnOffsetCommit = 28;

/// What the mock acknowledges it does not undo, so these tests ask about errors only; what a transaction is worth is
/// asked of a real broker (tests/chaos).
class TransactionalProducerTest : public ::testing::Test {
 protected:
  void SetUp() override { cluster_.create("out", 2); }

  TransactionalOptions options() const {
    TransactionalOptions options;
    options.brokers = cluster_.brokers();
    options.client_id = "test";
    options.transactional_id = "one";
    options.linger = std::chrono::milliseconds{1};
    return options;
  }

  std::unique_ptr<TransactionalProducer> make() {
    auto producer = TransactionalProducer::create(options());
    EXPECT_TRUE(producer) << producer.error().what;
    return std::move(producer).value();
  }

  std::unique_ptr<TransactionalProducer> make_ready() {
    auto producer = make();
    const auto status = producer->init(kPatience);
    EXPECT_TRUE(status) << status.error().what;
    return producer;
  }

  std::unique_ptr<Consumer> member(const std::string& instance = {}) {
    ConsumerOptions options;
    options.brokers = cluster_.brokers();
    options.group = "g";
    options.group_instance_id = instance;
    options.start = ConsumerOptions::Start::kCaller;
    auto consumer = Consumer::create(options);
    EXPECT_TRUE(consumer) << consumer.error().what;
    return std::move(consumer).value();
  }

  MockCluster cluster_;
};

TEST_F(TransactionalProducerTest, CommitsWhatWasSentAndTheOffsets) {
  const auto producer = make_ready();
  const auto consumer = member();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(producer->begin());
    ASSERT_TRUE(producer->send({"out", "k", "v", {{"h", "1"}}, 1}));
    ASSERT_TRUE(producer->send({"out", "k", std::string_view{}, {}, 1}));
    ASSERT_TRUE(producer->flush(kPatience));
    ASSERT_TRUE(producer->send_offsets({{"raw", 0, 7}}, consumer->group(), kPatience));
    const auto status = producer->commit(kPatience);
    ASSERT_TRUE(status) << status.error().what;
  }
  EXPECT_FALSE(producer->is_fenced());
  const auto marks = consumer->watermarks("out", 1, kPatience);
  ASSERT_TRUE(marks) << marks.error().what;
  EXPECT_EQ(marks->high, 4) << "all of it in the partition that was told, whatever the key";
}

TEST_F(TransactionalProducerTest, GoesOnAfterAnAbort) {
  const auto producer = make_ready();
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->send({"out", "k", "v"}));
  ASSERT_TRUE(producer->abort(kPatience));
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->send({"out", "k", "v"}));
  EXPECT_TRUE(producer->commit(kPatience));
}

TEST_F(TransactionalProducerTest, AbortsWhatItLeavesOpenButNotACommit) {
  // What the mock answers to the next request that ends a transaction tells who asked.
  const struct {
    const char* name;
    bool is_committed;
    bool is_asked;
  } rows[] = {{"LeftOpen", false, true}, {"Committed", true, false}};
  for (const auto& row : rows) {
    auto first = make_ready();
    ASSERT_TRUE(first->begin());
    ASSERT_TRUE(first->send({"out", "k", "v"}));
    ASSERT_TRUE(first->flush(kPatience));
    if (row.is_committed) {
      ASSERT_TRUE(first->commit(kPatience));
    }
    cluster_.push_errors(kEndTxn, {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE});
    first.reset();
    auto next = make_ready();
    ASSERT_TRUE(next->begin());
    ASSERT_TRUE(next->send({"out", "k", "v"}));
    EXPECT_EQ(next->commit(kPatience).has_value(), row.is_asked) << row.name;
  }
}

TEST_F(TransactionalProducerTest, GoesWithPartitionsOnTheirWay) {
  for (int round = 0; round < 20; ++round) {
    const auto producer = make_ready();
    ASSERT_TRUE(producer->begin());
    ASSERT_TRUE(producer->send({"out", "k", "v", {}, round % 2}));
  }
}

TEST_F(TransactionalProducerTest, GoesInTimeWhereNobodyAnswers) {
  auto producer = make_ready();
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->send({"out", "k", "v"}));
  cluster_.set_up(false);
  const auto began = std::chrono::steady_clock::now();
  producer.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience);
}

TEST_F(TransactionalProducerTest, AsksToCallAgainWhileNobodyAnswers) {
  cluster_.set_up(false);
  const auto producer = make();
  const auto status = producer->init(kSoon);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().action, Action::kRetry) << status.error().what;
  cluster_.set_up(true);
  EXPECT_TRUE(producer->init(kPatience));
}

TEST_F(TransactionalProducerTest, IsInDoubtOfACommitThatNobodyAnswers) {
  const auto producer = make_ready();
  ASSERT_TRUE(producer->begin());
  ASSERT_TRUE(producer->send({"out", "k", "v"}));
  ASSERT_TRUE(producer->flush(kPatience));
  const auto before = producer->disturbances();
  cluster_.set_up(false);
  const auto status = producer->commit(kSoon);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().action, Action::kStop) << status.error().what;
  EXPECT_GT(producer->disturbances(), before);
}

struct ErrorCase {
  const char* name;
  std::int16_t request;
  rd_kafka_resp_err_t code;
  Action action;
  bool fenced;
};

const ErrorCase kErrors[] = {
    {"TheGroupWentOn", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, Action::kDrop, false},
    {"TheMemberIsUnknown", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, Action::kDrop, false},
    {"TheInstanceIsFenced", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, Action::kDrop, false},
    {"TheGroupIsForbidden", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Action::kDrop, false},
    {"AnotherProducerHasTheName", kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Action::kStop, true},
    {"TheTransactionTookTooLong", kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Action::kStop, true},
    {"TheIdIsForbidden", kEndTxn, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Action::kStop, false},
    {"ThereIsNoTransaction", kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Action::kStop, false},
};

TEST_F(TransactionalProducerTest, SaysWhatAnErrorAsksFor) {
  const auto consumer = member();
  std::unique_ptr<TransactionalProducer> producer;
  for (const ErrorCase& row : kErrors) {
    if (!producer) producer = make_ready();
    ASSERT_TRUE(producer->begin());
    ASSERT_TRUE(producer->send({"out", "k", "v"}));
    ASSERT_TRUE(producer->flush(kPatience));
    cluster_.push_errors(row.request, {row.code});
    auto status = producer->send_offsets({{"raw", 0, 7}}, consumer->group(), kPatience);
    if (status) status = producer->commit(kPatience);
    ASSERT_FALSE(status) << row.name;
    EXPECT_EQ(status.error().action, row.action) << row.name << ": " << status.error().what;
    EXPECT_EQ(producer->is_fenced(), row.fenced) << row.name << ": " << status.error().what;
    if (row.action == Action::kStop) {
      producer.reset();
    } else {
      EXPECT_TRUE(producer->abort(kPatience)) << row.name;
    }
  }
}

TEST_F(TransactionalProducerTest, TellsTheCauseOfWhatItMayNotDo) {
  const struct {
    const char* name;
    std::int16_t request;
    rd_kafka_resp_err_t code;
    const char* refusal;
  } rows[] = {
      {"ATopic", kAddPartitionsToTxn, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "this client may not write to out"},
      {"TheGroup", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
       "this client may not commit offsets"},
      {"TheName", kInitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
       "this client may not take over the transactional id"},
      {"SomethingElse", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, ""},
  };
  const auto consumer = member();
  for (const auto& row : rows) {
    const auto producer = make();
    cluster_.push_errors(row.request, {row.code});
    auto status = producer->init(kPatience);
    if (status) status = producer->begin();
    if (status) status = producer->send({"out", "k", "v"});
    if (status) status = producer->flush(kPatience);
    if (status) status = producer->send_offsets({{"raw", 0, 7}}, consumer->group(), kPatience);
    ASSERT_FALSE(status) << row.name;
    EXPECT_EQ(producer->refusal(), row.refusal) << row.name << ": " << status.error().what;
    if (*row.refusal == 0) continue;
    EXPECT_EQ(status.error().what, row.refusal) << row.name;
    EXPECT_TRUE(producer->take_log_lines().empty()) << row.name << ": it says the same, in worse words";
  }
}

TEST_F(TransactionalProducerTest, RefusesWhatItCannotDo) {
  TransactionalOptions nameless = options();
  nameless.transactional_id.clear();
  EXPECT_FALSE(TransactionalProducer::create(nameless));
  TransactionalOptions wrong = options();
  wrong.overrides = {{"transaction.timeout.ms", "never"}};
  EXPECT_FALSE(TransactionalProducer::create(wrong));

  EXPECT_FALSE(make()->begin()) << "before init";
  const auto producer = make_ready();
  EXPECT_FALSE(producer->send({"out", "k", "v"})) << "outside of a transaction";
  ASSERT_TRUE(producer->begin());
  const std::string large(2'000'000, 'x');
  const auto status = producer->send({"out", "k", large});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().action, Action::kDrop) << status.error().what;
  EXPECT_FALSE(producer->send_offsets({{"raw", 0, 7}}, GroupMetadata{}, kPatience)) << "of no group";
}

}  // namespace
}  // namespace odograph::kafka
