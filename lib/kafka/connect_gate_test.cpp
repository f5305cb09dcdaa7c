#include "lib/kafka/connect_gate.h"

#include <gtest/gtest.h>

namespace odograph::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr ReconnectLimits kLimits{seconds{2}, seconds{160}};
const std::string kA = "a:9098";
const std::string kB = "b:9098";

class ConnectGateTest : public ::testing::Test {
 protected:
  bool enter(const std::string& broker) {
    const bool is_open = gate_.is_open(broker, now_);
    EXPECT_EQ(gate_.enter(broker, now_), is_open);
    return is_open;
  }
  void leave(const std::string& broker, milliseconds lasted, Failure failure = Failure::kAnswered) {
    now_ += lasted;
    gate_.leave(broker, lasted, failure, now_);
  }
  void serve(const std::string& broker) {
    ASSERT_TRUE(enter(broker));
    gate_.connected(broker);
  }
  milliseconds until_next_round() const { return std::chrono::duration_cast<milliseconds>(*gate_.next_round() - now_); }

  ConnectGate gate_{kLimits, "car-1", [] { return std::uint64_t{0}; }};
  ConnectGate::TimePoint now_{std::chrono::hours{1}};
};

TEST_F(ConnectGateTest, LetsEachBrokerThroughOnceARound) {
  ASSERT_TRUE(enter(kA));
  leave(kA, milliseconds{5});
  EXPECT_FALSE(enter(kA));
  ASSERT_TRUE(enter(kB)) << "another one may have come back";
  leave(kB, milliseconds{5});
  EXPECT_FALSE(enter(kB));
  const milliseconds wait = until_next_round();
  EXPECT_GT(wait, milliseconds{0});
  EXPECT_LE(wait, kLimits.spread);
  now_ += wait - milliseconds{1};
  EXPECT_FALSE(enter(kA));
  now_ += milliseconds{1};
  EXPECT_TRUE(enter(kA));
  EXPECT_TRUE(enter(kB));
}

TEST_F(ConnectGateTest, MakesAConnectionThatServedAnewAtOnceButOnlyOnce) {
  serve(kB);
  serve(kA);
  leave(kA, minutes{15});
  EXPECT_FALSE(gate_.next_round());
  ASSERT_TRUE(enter(kA)) << "a session's end";
  leave(kA, milliseconds{3});
  EXPECT_FALSE(enter(kA)) << "the broker is away";
  EXPECT_TRUE(enter("c:9098"));
}

TEST_F(ConnectGateTest, WaitsForItsMomentWhereTheLastConnectionEnded) {
  serve(kB);
  serve(kA);
  leave(kA, minutes{15});
  leave(kB, minutes{15});
  EXPECT_FALSE(enter(kA)) << "the other one has gone as well: all of the fleet may have lost theirs";
  EXPECT_FALSE(enter(kB));
  EXPECT_LE(until_next_round(), kLimits.after_end);
  now_ += until_next_round() - milliseconds{1};
  EXPECT_FALSE(enter(kA));
  now_ += milliseconds{1};
  ASSERT_TRUE(enter(kA));
  EXPECT_FALSE(enter(kB)) << "one is enough to see whether they are there";
  leave(kA, milliseconds{3});
  EXPECT_FALSE(enter(kB)) << "they are not: the fleet's time begins";
  EXPECT_FALSE(enter(kA));
  EXPECT_GT(until_next_round(), kLimits.after_end);
  now_ += until_next_round();
  EXPECT_TRUE(enter(kA));
  EXPECT_TRUE(enter(kB)) << "a round like others";
}

TEST_F(ConnectGateTest, OneTryThatIsTakenOpensTheWayToAll) {
  leave(kA, minutes{15});
  now_ += until_next_round();
  serve(kA);
  EXPECT_TRUE(enter(kB));
  leave(kA, minutes{15});
  EXPECT_LE(until_next_round(), kLimits.after_end) << "the next end is as the first one";
}

TEST_F(ConnectGateTest, OneTryThatStaysSilentIsOneOfTheVehiclesOwn) {
  leave(kA, minutes{15});
  now_ += until_next_round();
  ASSERT_TRUE(enter(kA));
  leave(kA, seconds{7}, Failure::kSilent);
  EXPECT_LE(until_next_round(), kLimits.first);
}

TEST_F(ConnectGateTest, ALinkThatWentSilentIsTriedAtOnce) {
  leave(kA, minutes{15}, Failure::kSilent);
  EXPECT_FALSE(gate_.next_round());
  EXPECT_TRUE(enter(kA));
}

TEST_F(ConnectGateTest, ASessionsEndDoesNotOpenTheWayToABrokerThatIsAway) {
  leave(kA, minutes{15}, Failure::kSilent);
  ASSERT_TRUE(enter(kA));
  ASSERT_TRUE(enter(kB));
  leave(kB, milliseconds{5});
  leave(kA, seconds{100});
  EXPECT_TRUE(enter(kA));
  EXPECT_FALSE(enter(kB));
}

TEST_F(ConnectGateTest, WhileTheLinkIsSilentOneBrokerIsTriedARound) {
  ASSERT_TRUE(enter(kA));
  leave(kA, seconds{7}, Failure::kSilent);
  EXPECT_LE(until_next_round(), kLimits.first);
  EXPECT_FALSE(enter(kB)) << "there is no way to it either";
  now_ += until_next_round();
  ASSERT_TRUE(enter(kB));
  EXPECT_FALSE(enter(kA)) << "nothing is known yet of the other one";
  gate_.connected(kB);
  EXPECT_TRUE(enter(kA));
}

TEST_F(ConnectGateTest, OneSilentBrokerKeepsNobodyFromTheOthers) {
  ASSERT_TRUE(enter(kA));
  gate_.connected(kA);
  ASSERT_TRUE(enter(kB));
  leave(kB, seconds{7}, Failure::kSilent);
  EXPECT_TRUE(enter("c:9098"));
  EXPECT_FALSE(enter(kB));
}

TEST_F(ConnectGateTest, ARefusalAfterSilenceIsTheFleetsTrouble) {
  leave(kA, minutes{15}, Failure::kSilent);
  ASSERT_TRUE(enter(kA));
  leave(kA, milliseconds{10}, Failure::kSilent);
  now_ += until_next_round();
  ASSERT_TRUE(enter(kB));
  leave(kB, milliseconds{10}, Failure::kAnswered);
  EXPECT_GT(until_next_round(), 4 * kLimits.first);
}

TEST_F(ConnectGateTest, RefusalsBeforeTheFirstConnectionCloseTheGateForShortOnly) {
  ASSERT_TRUE(enter(kA));
  leave(kA, milliseconds{5});
  const auto round = gate_.next_round();
  EXPECT_LE(until_next_round(), kLimits.first);
  ASSERT_TRUE(enter(kB));
  leave(kB, milliseconds{5});
  EXPECT_EQ(gate_.next_round(), round) << "of the same round";
}

TEST_F(ConnectGateTest, SilenceAfterARefusalChangesNothing) {
  ASSERT_TRUE(enter(kA));
  leave(kA, milliseconds{10}, Failure::kAnswered);
  const auto round = gate_.next_round();
  ASSERT_TRUE(enter(kB));
  leave(kB, seconds{20}, Failure::kSilent);
  EXPECT_EQ(gate_.next_round(), round);
}

TEST_F(ConnectGateTest, WhatWeGaveUpOurselvesIsNoFailure) {
  ASSERT_TRUE(enter(kA));
  gate_.connected(kA);
  gate_.release(kA);
  EXPECT_FALSE(gate_.next_round());
  EXPECT_TRUE(enter(kA));
}

TEST_F(ConnectGateTest, AShortSpreadMakesShortConnectionsServe) {
  ConnectGate gate{{seconds{2}, seconds{1}}, "car-1", [] { return std::uint64_t{0}; }};
  ASSERT_TRUE(gate.enter(kA, now_));
  gate.leave(kA, seconds{1}, Failure::kAnswered, now_ + seconds{1});
  EXPECT_TRUE(gate.enter(kA, now_ + seconds{2})) << "its moment is within the spread";
  gate.leave(kA, milliseconds{999}, Failure::kAnswered, now_ + seconds{3});
  EXPECT_TRUE(gate.next_round()) << "that was too short";
}

}  // namespace
}  // namespace odograph::kafka
