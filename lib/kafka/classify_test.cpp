#include "lib/kafka/classify.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "lib/kafka/client.h"

namespace odograph::kafka {
namespace {

using Outcome = Delivery::Outcome;

struct OutcomeCase {
  const char* name;
  int code;
  Outcome outcome;
};

const OutcomeCase kOutcomes[] = {
    {"NoError", RD_KAFKA_RESP_ERR_NO_ERROR, Outcome::kStored},
    {"BrokerHasItAlready", RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, Outcome::kStored},
    {"TooLarge", RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Outcome::kPoison},
    {"BatchTooLarge", RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, Outcome::kPoison},
    {"BrokerRefusesTheRecord", RD_KAFKA_RESP_ERR_INVALID_RECORD, Outcome::kPoison},
    {"TopicNotAuthorised", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Outcome::kPause},
    {"ClusterNotAuthorised", RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Outcome::kPause},
    {"BrokerKnowsNoSuchTopic", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Outcome::kPause},
    {"LibraryKnowsNoSuchTopic", RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Outcome::kPause},
    {"ClockFarOff", RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Outcome::kPause},
    {"PurgedFromQueue", RD_KAFKA_RESP_ERR__PURGE_QUEUE, Outcome::kAgain},
    {"PurgedInFlight", RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, Outcome::kAgain},
    {"TimedOut", RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Outcome::kAgain},
    {"Fatal", RD_KAFKA_RESP_ERR__FATAL, Outcome::kAgain},
    {"OutOfOrder", RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Outcome::kAgain},
    {"NotEnoughReplicas", RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Outcome::kAgain},
    {"BrokersDiskFails", RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Outcome::kAgain},
    {"NeverHeardOf", 4711, Outcome::kAgain},
};

TEST(Classify, KnowsWhatBecameOfAMessage) {
  for (const OutcomeCase& row : kOutcomes) EXPECT_EQ(outcome_of(row.code), row.outcome) << row.name;
}

struct LinkCase {
  const char* name;
  LinkState before;
  rd_kafka_resp_err_t code;
  const char* text;
  LinkState after;
};

const LinkCase kLinks[] = {
    {"FirstFailure", {}, RD_KAFKA_RESP_ERR__TRANSPORT, "refused", {false, "broker unreachable: refused", false, 0}},
    {"OneBrokerOfMany",
     {true, "", false, 0},
     RD_KAFKA_RESP_ERR__TRANSPORT,
     "x",
     {true, "broker unreachable: x", false, 0}},
    {"AllDownWithoutAWord", {true, "", false, 2}, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1", {true, "", false, 2}},
    {"AllDown",
     {true, "", false, 2, false, 0, LinkState::Ending::kCause},
     RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
     "1/1",
     {false, "broker unreachable: hangs up without a word; is kafka.security right?", false, 3}},
    {"AllDownTwiceCountsOnce",
     {false, "", false, 3},
     RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
     "1/1",
     {false, "broker unreachable: hangs up without a word; is kafka.security right?", false, 3}},
    {"CauseStays",
     {true, "broker unreachable: refused", false, 0, false, 0, LinkState::Ending::kCause},
     RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
     "1/1",
     {false, "broker unreachable: refused", false, 1}},
    {"NameUnknown", {}, RD_KAFKA_RESP_ERR__RESOLVE, "no name", {false, "broker unreachable: no name", false, 0}},
    {"Refused", {}, RD_KAFKA_RESP_ERR__AUTHENTICATION, "bad", {false, "broker refused the client: bad", false, 0}},
    {"Fatal", {true, "", false, 0}, RD_KAFKA_RESP_ERR__FATAL, "seq", {true, "fatal: seq", true, 0}},
    {"FatalStays", {true, "", true, 0}, RD_KAFKA_RESP_ERR__TRANSPORT, "x", {true, "broker unreachable: x", true, 0}},
    {"PlainRefused",
     {},
     RD_KAFKA_RESP_ERR__TRANSPORT,
     "10.0.0.1:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT, 1 "
     "identical error(s) suppressed)",
     {false, "broker unreachable: 10.0.0.1:9092: Connection refused", false, 0}},
    {"PlainHungUp",
     {},
     RD_KAFKA_RESP_ERR__TRANSPORT,
     "kafka.example:9092/12: Disconnected (after 3000ms in state UP)",
     {false, "broker unreachable: kafka.example:9092: Disconnected", false, 0}},
    {"PlainName",
     {},
     RD_KAFKA_RESP_ERR__RESOLVE,
     "ssl://no.example:9093/bootstrap: Failed to resolve 'no.example:9093': Name or service not known (after 7ms in "
     "state "
     "CONNECT)",
     {false, "broker unreachable: no.example:9093: its name is not known to DNS", false, 0}},
    {"OneLine", {}, RD_KAFKA_RESP_ERR__TRANSPORT, "a\nb\x1b[1m", {false, "broker unreachable: a b [1m", false, 0}},
};

TEST(Classify, KeepsTheStateOfTheLink) {
  for (const LinkCase& row : kLinks) {
    const LinkState after = after_error(row.before, row.code, row.text);
    EXPECT_EQ(after.connected, row.after.connected) << row.name;
    EXPECT_EQ(after.last_error, row.after.last_error) << row.name;
    EXPECT_EQ(after.fatal, row.after.fatal) << row.name;
    EXPECT_EQ(after.disconnects, row.after.disconnects) << row.name;
  }
}

enum class Event { kEnded, kCannotConnect, kRefused, kNoToken, kAnswer };
struct Life {
  const char* name;
  std::vector<Event> events;
  bool connected;
  std::uint64_t disconnects;
  unsigned refusals;
};

const Life kLives[] = {
    {"SessionsEnd", {Event::kEnded, Event::kAnswer, Event::kEnded, Event::kAnswer, Event::kEnded}, true, 0, 0},
    {"ASessionEndsAndTheBrokerIsGone", {Event::kEnded, Event::kCannotConnect}, false, 1, 0},
    {"OfSomeBrokersOneIsGone", {Event::kCannotConnect, Event::kCannotConnect}, true, 0, 0},
    {"OneIsGoneThenAll", {Event::kCannotConnect, Event::kEnded, Event::kCannotConnect}, false, 1, 0},
    {"OneWasGoneLongBefore", {Event::kCannotConnect, Event::kAnswer, Event::kEnded}, true, 0, 0},
    {"ASessionEndsAndTheTokenIsOver", {Event::kEnded, Event::kRefused, Event::kRefused}, false, 1, 2},
    {"NoNewTokenWhileTheSessionLasts", {Event::kNoToken, Event::kNoToken}, true, 0, 0},
    {"NoNewTokenAtItsEnd", {Event::kNoToken, Event::kEnded}, true, 0, 0},
    {"RefusedUntilNow", {Event::kRefused, Event::kEnded, Event::kAnswer}, true, 1, 0},
    {"TwoOutages",
     {Event::kEnded, Event::kCannotConnect, Event::kEnded, Event::kAnswer, Event::kEnded, Event::kCannotConnect},
     false,
     2,
     0},
};

LinkState after(LinkState link, Event event) {
  switch (event) {
    case Event::kEnded: return after_error(std::move(link), RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 are down");
    case Event::kCannotConnect: return after_error(std::move(link), RD_KAFKA_RESP_ERR__TRANSPORT, "refused");
    case Event::kRefused: return after_error(std::move(link), RD_KAFKA_RESP_ERR__AUTHENTICATION, "denied");
    case Event::kNoToken:
      return after_error(std::move(link), RD_KAFKA_RESP_ERR__AUTHENTICATION,
                         "Failed to acquire SASL OAUTHBEARER token: none");
    case Event::kAnswer: break;
  }
  return after_answer(std::move(link));
}

TEST(Classify, ALinkIsLostOnlyWhenATryToConnectHasFailedToo) {
  for (const Life& row : kLives) {
    LinkState link = after_answer({});
    for (const Event event : row.events) link = after(std::move(link), event);
    EXPECT_EQ(link.connected, row.connected) << row.name;
    EXPECT_EQ(link.disconnects, row.disconnects) << row.name;
    EXPECT_EQ(link.refusals, row.refusals) << row.name;
  }
}

TEST(Classify, TellsWhatTlsHasAgainstEitherSide) {
  constexpr int kSsl = RD_KAFKA_RESP_ERR__SSL;
  constexpr const char* kFailed = "ssl://b:1/1: SSL handshake failed: certificate verify failed: broker certificate";
  constexpr const char* kAlert = "ssl://b:1/1: sslv3 alert bad certificate: SSL alert number 42";
  const LinkState not_trusted =
      after_error({}, kSsl, kFailed, {.refusal = "b:1: its certificate is for another host name"});
  EXPECT_EQ(not_trusted.last_error, "broker not trusted: b:1: its certificate is for another host name");
  EXPECT_EQ(after_error(not_trusted, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1").last_error, not_trusted.last_error);
  EXPECT_TRUE(after_error({}, kSsl, kFailed).last_error.starts_with("broker unreachable: b:1: SSL"));
  EXPECT_TRUE(after_error({}, RD_KAFKA_RESP_ERR__TRANSPORT, "ssl://b:1/1: refused", {.refusal = "b:1: old"})
                  .last_error.starts_with("broker unreachable: "))
      << "what was refused once may be of the past";
  const LinkState refused = after_error({}, RD_KAFKA_RESP_ERR__TRANSPORT, kAlert);
  EXPECT_TRUE(refused.last_error.starts_with("broker refused the client: b:1 wants a client certificate"));
  EXPECT_EQ(after_error(refused, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1").last_error, refused.last_error);
}

TEST(Classify, TellsAListenerWithoutIamTheSameInAllCases) {
  constexpr char kWhy[] = "sasl_ssl://b:9094/1: SASL OAUTHBEARER mechanism handshake failed: Broker: Request not valid";
  for (const int code : {RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__TRANSPORT}) {
    EXPECT_EQ(after_error({}, code, kWhy, {.identity = "AKID"}).last_error,
              "broker refused the client: b:9094: takes no IAM tokens: is the port right (9098)?");
  }
}

TEST(Classify, TellsTheCallerWhatToDo) {
  EXPECT_EQ(action_of(RD_KAFKA_RESP_ERR__TRANSPORT), base::Action::kRetry);
  EXPECT_EQ(action_of(RD_KAFKA_RESP_ERR__TIMED_OUT), base::Action::kRetry);
  EXPECT_EQ(action_of(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION), base::Action::kDrop);
  EXPECT_EQ(action_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), base::Action::kDrop);
  EXPECT_EQ(action_of(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED), base::Action::kStop);
  EXPECT_EQ(action_of(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID), base::Action::kStop);
}

TEST(Classify, CutsLongLines) { EXPECT_EQ(one_line(std::string(5000, 'x')).size(), 300U); }

TEST(LogLines, AreBoundedAndTellWhatIsMissing) {
  LogLines logs;
  EXPECT_EQ(logs.failure(), "");
  for (int i = 0; i < 70; ++i) logs.add("FAIL", std::to_string(i).c_str());
  const std::vector<std::string> lines = logs.take();
  ASSERT_EQ(lines.size(), 65U);
  EXPECT_EQ(lines.front(), "(6 lines before these were not kept)");
  EXPECT_EQ(lines[1], "FAIL: 6");
  EXPECT_EQ(lines.back(), "FAIL: 69");
  EXPECT_EQ(logs.failure(), "69");
  logs.add("FAIL", "[thrd:b:1/bootstrap]: b:1/bootstrap: Connection refused");
  logs.add("ERROR", "[thrd:b:1/bootstrap]: 1/1 brokers are down");
  EXPECT_EQ(logs.take().size(), 2U);
  EXPECT_EQ(logs.failure(), "b:1/bootstrap: Connection refused");
  EXPECT_TRUE(logs.take().empty());
}

TEST(Features, AreFoundWhole) {
  EXPECT_TRUE(has_feature("gzip, snappy, ssl", "ssl"));
  EXPECT_TRUE(has_feature("ssl,sasl", "ssl"));
  EXPECT_FALSE(has_feature("gzip,sasl_ssl", "ssl"));
  EXPECT_FALSE(has_feature("", "ssl"));
}

}  // namespace
}  // namespace odograph::kafka
