#include "agent/uplink/window.h"

#include <gtest/gtest.h>

namespace odograph::uplink {
namespace {

constexpr base::Millis kTwoSeconds{2000};
const TimePoint kStart{std::chrono::hours{1}};

TimePoint at(int ms) { return kStart + base::Millis{ms}; }

TEST(Window, AlwaysAdmitsOneMessage) {
  Window window{1000, kTwoSeconds};
  EXPECT_TRUE(window.admits(5'000'000, model::Lane::kBulk));
  window.sent(5'000'000, kStart);
  EXPECT_FALSE(window.admits(1, model::Lane::kAlert));
}

TEST(Window, IsBoundedInBytes) {
  Window window{1000, kTwoSeconds};
  window.sent(600, kStart);
  EXPECT_TRUE(window.admits(400, model::Lane::kAlert));
  EXPECT_FALSE(window.admits(401, model::Lane::kAlert));
  window.failed(600);
  EXPECT_EQ(window.outstanding(), 0U);
}

TEST(Window, KeepsRoomForWhatIsMoreUrgent) {
  struct Share {
    model::Lane lane;
    std::size_t bytes;
  };
  constexpr Share kShares[] = {
      {model::Lane::kAlert, 1000}, {model::Lane::kEvent, 750}, {model::Lane::kLive, 750}, {model::Lane::kBulk, 500}};
  for (const Share& share : kShares) {
    Window window{1000, kTwoSeconds};
    window.sent(100, kStart);
    EXPECT_TRUE(window.admits(share.bytes - 100, share.lane)) << model::to_string(share.lane);
    EXPECT_FALSE(window.admits(share.bytes - 99, share.lane)) << model::to_string(share.lane);
  }
}

TEST(Window, AMessageOfBulkIsHalfOfItsShare) {
  Window window{2 << 20, kTwoSeconds};
  window.sent(16'000, at(0));
  window.stored(16'000, at(1000));
  EXPECT_EQ(window.limit(), 32'000U);
  EXPECT_EQ(window.message_bytes(), 8'000U);
  Window slow{2 << 20, kTwoSeconds};
  slow.sent(100, at(0));
  slow.stored(100, at(4000));
  EXPECT_EQ(slow.message_bytes(), Window::kMessageBytesMin) << "or everything would be envelope";
}

TEST(Window, ALinkThatStoodStillIsNotSlow) {
  Window window{2 << 20, kTwoSeconds};
  window.sent(16'000, at(0));
  window.stored(16'000, at(3'600'000));
  for (int i = 0; i < 10; ++i) {
    window.sent(16'000, at(3'600'000 + 1000 * i));
    window.stored(16'000, at(3'601'000 + 1000 * i));
  }
  EXPECT_GT(window.bytes_per_s(), 12'000) << "ten seconds later it knows the link again";
}

TEST(Window, AnotherLinkIsMeasuredAnew) {
  Window window{2 << 20, kTwoSeconds};
  window.sent(1'000'000, at(0));
  window.stored(1'000'000, at(100));
  window.sent(1000, at(200));
  window.forget(at(60'000));
  EXPECT_EQ(window.limit(), Window::kFirstBytes);
  window.stored(1000, at(61'000));
  EXPECT_NEAR(window.bytes_per_s(), 1000, 1) << "the time without a link is not the link's";
}

TEST(Window, StartsSmallWhileTheThroughputIsUnknown) {
  Window window{2 << 20, kTwoSeconds};
  EXPECT_EQ(window.limit(), Window::kFirstBytes);
  EXPECT_EQ(window.bytes_per_s(), 0);
}

struct Link {
  const char* name;
  int bytes_per_s;
  std::size_t limit_from, limit_to;
};

TEST(Window, HoldsTwoSecondsOfWhatTheLinkTakes) {
  const Link links[] = {
      {"Gprs", 4000, 7'900, 8'100},
      {"Edge", 20'000, 39'000, 41'000},
      {"Lte", 500'000, 990'000, 1'010'000},
      {"Lan", 50'000'000, 2 << 20, 2 << 20},
  };
  for (const Link& link : links) {
    Window window{2 << 20, kTwoSeconds};
    for (int i = 0; i < 100; ++i) {
      const auto bytes = static_cast<std::size_t>(link.bytes_per_s / 10);
      window.sent(bytes, at(100 * i));
      window.stored(bytes, at(100 * i + 100));
    }
    EXPECT_GE(window.limit(), link.limit_from) << link.name;
    EXPECT_LE(window.limit(), link.limit_to) << link.name;
  }
}

TEST(Window, IdleTimeDoesNotCount) {
  Window window{2 << 20, kTwoSeconds};
  window.sent(10'000, at(0));
  window.stored(10'000, at(1000));
  const double before = window.bytes_per_s();
  window.sent(10'000, at(3'600'000));
  window.stored(10'000, at(3'601'000));
  EXPECT_NEAR(window.bytes_per_s(), before, 1.0);
}

TEST(Window, FollowsALinkThatBecomesSlow) {
  Window window{2 << 20, kTwoSeconds};
  for (int i = 0; i < 100; ++i) {
    window.sent(100'000, at(100 * i));
    window.stored(100'000, at(100 * i + 100));
  }
  EXPECT_GT(window.bytes_per_s(), 900'000);
  for (int i = 0; i < 30; ++i) {
    window.sent(4000, at(10'000 + 1000 * i));
    window.stored(4000, at(11'000 + 1000 * i));
  }
  EXPECT_LT(window.bytes_per_s(), 40'000);
}

TEST(Window, ReportsThatComeTogetherAreOneMeasurement) {
  Window window{2 << 20, kTwoSeconds};
  for (int i = 0; i < 4; ++i) window.sent(1000, at(0));
  for (int i = 0; i < 4; ++i) window.stored(1000, at(1000));
  EXPECT_NEAR(window.bytes_per_s(), 4000, 1);
}

TEST(Window, WhatIsGivenBackIsNoThroughput) {
  Window window{2 << 20, kTwoSeconds};
  window.sent(1'000'000, at(0));
  window.failed(1'000'000);
  EXPECT_EQ(window.bytes_per_s(), 0);
}

}  // namespace
}  // namespace odograph::uplink
