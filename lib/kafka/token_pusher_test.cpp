#include "lib/kafka/token_pusher.h"

#include <gtest/gtest.h>

#include <chrono>

#include "lib/kafka/token_fakes.h"

namespace odograph::kafka {
namespace {

using base::Millis;
using std::chrono::minutes;
using std::chrono::seconds;

class TokenPusherTest : public ::testing::Test {
 protected:
  TokenPusher::Parts parts() {
    return {std::make_unique<SourceView>(source_), std::make_unique<ClockView>(clock_), [] { return 0; }, Millis{1}};
  }
  bool wait_state(const std::function<bool(const TokenPusher::State&)>& reached) {
    const auto end = std::chrono::steady_clock::now() + seconds{30};
    while (!reached(pusher_.state())) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  SharedClock clock_;
  Source source_;
  TokenPusher pusher_{parts()};
};

TEST_F(TokenPusherTest, FetchesNothingForNobody) {
  for (int i = 0; i < 100; ++i) pusher_.renew();
  clock_.advance(minutes{60});
  EXPECT_EQ(source_.begun(), 0);
  EXPECT_EQ(pusher_.state().fetched, 0U);
}

TEST_F(TokenPusherTest, PushesToAllAndToThoseWhoComeLater) {
  Receiver one;
  Receiver two;
  Receiver three;
  pusher_.attach(one);
  EXPECT_EQ(one.wait_heard(1), "token 1");
  EXPECT_TRUE(wait_state([](const auto& state) { return state.fetched == 1; }));
  pusher_.attach(two);
  EXPECT_EQ(two.heard(), std::vector<std::string>{"token 1"});  // At once, on this thread.
  clock_.advance(minutes{6});
  EXPECT_EQ(one.wait_heard(2), "token 2");
  EXPECT_EQ(two.wait_heard(2), "token 2");
  pusher_.detach(one);
  EXPECT_TRUE(wait_state([](const auto& state) { return state.fetched == 2; }));
  pusher_.attach(three);
  EXPECT_EQ(three.heard(), std::vector<std::string>{"token 2"});
  EXPECT_EQ(one.heard().size(), 2U);
  EXPECT_EQ(pusher_.state().attached, 2U);
  EXPECT_EQ(pusher_.state().principal, "AKID (test)");
  pusher_.detach(two);
  pusher_.detach(three);
}

TEST_F(TokenPusherTest, ATokenThatIsOverIsGivenToNobody) {
  Receiver one;
  pusher_.attach(one);
  one.wait_heard(1);
  EXPECT_TRUE(wait_state([](const auto& state) { return state.fetched == 1; }));
  pusher_.detach(one);
  clock_.advance(minutes{15});
  source_.close(true);
  Receiver late;
  pusher_.attach(late);
  EXPECT_TRUE(late.heard().empty());
  source_.close(false);
  EXPECT_EQ(late.wait_heard(1), "token 2");
  pusher_.detach(late);
}

TEST_F(TokenPusherTest, AStepOfTheWallClockInEitherDirectionFetchesAnew) {
  Receiver one;
  pusher_.attach(one);
  one.wait_heard(1);
  std::size_t tokens = 1;
  for (const Millis step : {Millis{-minutes{60 * 24 * 700}}, Millis{minutes{60 * 24 * 700}}, Millis{-minutes{1}}}) {
    EXPECT_TRUE(wait_state([&](const auto& state) { return state.fetched == tokens; }));
    clock_.step(step);
    ++tokens;
    EXPECT_EQ(one.wait_heard(tokens), "token " + std::to_string(tokens));
  }
  pusher_.detach(one);
}

TEST_F(TokenPusherTest, WithoutATokenItSaysWhyAndTriesAgain) {
  source_.fail({base::retry_error("no answer\nfrom the provider"), base::stop_error("403 Forbidden")});
  Receiver one;
  pusher_.attach(one);
  EXPECT_EQ(one.wait_heard(1), "without: no answer from the provider");
  EXPECT_TRUE(wait_state([](const auto& state) { return state.failures == 1; }));
  clock_.advance(seconds{10});
  EXPECT_EQ(one.wait_heard(2), "without: 403 Forbidden");
  EXPECT_TRUE(wait_state([](const auto& state) { return state.failures == 2; }));
  Receiver late;
  pusher_.attach(late);
  EXPECT_EQ(late.heard(), std::vector<std::string>{"without: 403 Forbidden"});
  source_.fail({});
  EXPECT_EQ(pusher_.state().error, "403 Forbidden");
  clock_.advance(minutes{15});
  EXPECT_EQ(one.wait_heard(3), "token 1");
  EXPECT_EQ(late.wait_heard(2), "token 1");
  EXPECT_TRUE(wait_state([](const auto& state) { return state.error.empty() && state.failures == 0; }));
  pusher_.detach(one);
  pusher_.detach(late);
}

TEST_F(TokenPusherTest, ATokenThatIsOverOnArrivalIsAFailure) {
  for (const Millis lifetime : {Millis{0}, Millis{-1}, -Millis{minutes{60 * 24 * 365}}}) {
    source_.tell(lifetime);
    Receiver one;
    pusher_.attach(one);
    pusher_.renew();
    EXPECT_EQ(one.wait_heard(1).rfind("without: the one of AKID (test) had expired", 0), 0U) << one.heard()[0];
    pusher_.detach(one);
  }
}

TEST_F(TokenPusherTest, ASlowSourceHoldsUpNobody) {
  source_.close(true);
  Receiver one;
  Receiver two;
  pusher_.attach(one);
  ASSERT_TRUE(source_.wait_begun(1));
  // None of these waits for the fetch that is under way.
  pusher_.attach(two);
  pusher_.refused();
  pusher_.renew();
  EXPECT_EQ(pusher_.state().attached, 2U);
  pusher_.detach(one);
  source_.close(false);
  // The fetch that was under way knew nothing of the new credentials.
  EXPECT_EQ(two.wait_heard(2), "token 2");
  EXPECT_TRUE(one.heard().empty());
  pusher_.detach(two);
}

TEST_F(TokenPusherTest, ARefusedTokenIsRenewedOnceInAWhile) {
  Receiver one;
  pusher_.attach(one);
  one.wait_heard(1);
  EXPECT_TRUE(wait_state([](const auto& state) { return state.fetched == 1; }));
  pusher_.refused();
  EXPECT_EQ(pusher_.state().fetched, 1U);
  clock_.advance(TokenSchedule::kRefusedEvery);
  EXPECT_EQ(one.wait_heard(2), "token 2");
  EXPECT_EQ(source_.refusals(), 1);
  pusher_.detach(one);
}

TEST_F(TokenPusherTest, AClientThatTakesNoTokenIsTold) {
  Receiver one;
  one.refusal = base::stop_error("odd characters");
  pusher_.attach(one);
  EXPECT_EQ(one.wait_heard(2), "without: odd characters");
  EXPECT_TRUE(wait_state([](const auto& state) { return state.error == "odd characters" && state.fetched == 0; }));
  pusher_.detach(one);
}

}  // namespace
}  // namespace odograph::kafka
