#include "lib/kafka/statistics.h"

#include <gtest/gtest.h>

namespace odograph::kafka {
namespace {

constexpr const char* kUp = R"({"brokers": {"b:9092/1": {"state": "UP"}}})";
constexpr const char* kDown = R"({"brokers": {"b:9092/1": {"state": "DOWN"}}})";

struct Document {
  const char* name;
  const char* text;
  bool is_up;
};

TEST(Statistics, TellWhetherABrokerIsUp) {
  const Document documents[] = {
      {"Up", kUp, true},
      {"OneOfTwo", R"({"brokers": {"a": {"state": "DOWN"}, "b": {"state": "UP"}}})", true},
      {"Updating", R"({"brokers": {"a": {"state": "UPDATE"}}})", true},
      {"Down", kDown, false},
      {"NotYet", R"({"brokers": {"a": {"state": "INIT"}, "b": {"state": "CONNECT"}}})", false},
      {"NotTrusted", R"({"brokers": {"a": {"state": "SSL_HANDSHAKE"}}})", false},
      {"NotAsked", R"({"brokers": {"a": {"state": "APIVERSION_QUERY"}}})", false},
      {"NoBrokers", R"({"brokers": {}})", false},
      {"WithoutState", R"({"brokers": {"a": {}}})", false},
      {"StateIsANumber", R"({"brokers": {"a": {"state": 1}}})", false},
      {"BrokerIsNoObject", R"({"brokers": {"a": "UP"}})", false},
      {"BrokersAreNoObject", R"({"brokers": ["UP"]})", false},
      {"SomethingElse", R"({"state": "UP"})", false},
      {"NoObject", R"(["UP"])", false},
      {"CutOff", R"({"brokers": {"a": {"state": "UP")", false},
      {"Empty", "", false},
  };
  for (const Document& row : documents) EXPECT_EQ(has_broker_up(row.text), row.is_up) << row.name;
}

TEST(LinkWatch, BelievesAnUpAtOnceAndADownAtTheThirdLook) {
  LinkWatch watch;
  LinkState link = watch.after_look({.last_error = "broker unreachable: refused"}, kUp);
  EXPECT_TRUE(link.connected);
  link = watch.after_look(link, kDown);
  link = watch.after_look(link, kDown);
  EXPECT_TRUE(link.connected) << "may be no more than a session that is over";
  link = watch.after_look(link, kUp);
  link = watch.after_look(link, kDown);
  link = watch.after_look(link, kDown);
  EXPECT_TRUE(link.connected) << "not three in a row";
  link = watch.after_look(link, kDown);
  EXPECT_FALSE(link.connected);
  EXPECT_EQ(link.disconnects, 1U);
  EXPECT_EQ(link.last_error, "broker unreachable: refused") << "the cause stays";
  link = watch.after_look(link, kDown);
  EXPECT_EQ(link.disconnects, 1U) << "still the same outage";
  EXPECT_TRUE(watch.after_look(link, kUp).connected);
}

TEST(LinkWatch, HasAReasonEvenIfNobodyTold) {
  LinkWatch watch;
  LinkState link = watch.after_look(watch.after_look({}, kDown), kDown);
  EXPECT_EQ(link.last_error, "");
  link = watch.after_look(link, kDown);
  EXPECT_EQ(link.last_error, "broker unreachable: no connection");
  EXPECT_EQ(link.disconnects, 0U) << "it had never been connected";
}

}  // namespace
}  // namespace odograph::kafka
