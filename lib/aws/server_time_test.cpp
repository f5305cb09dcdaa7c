#include "lib/aws/server_time.h"

#include <gtest/gtest.h>

#include "lib/aws/test_world.h"

namespace odograph::aws {
namespace {

/// A client whose answers say whether they were verified.
class OneAnswer final : public HttpClient {
 public:
  base::Result<HttpAnswer> send(const HttpRequest& /*request*/) override { return answer; }
  base::Result<HttpAnswer> answer = base::retry_error("down");
};

HttpAnswer dated(int status, std::optional<AnswerTime> time) {
  HttpAnswer answer;
  answer.status = status;
  answer.time = time;
  return answer;
}

TEST(TimeHearingHttp, KeepsTheTimeOfVerifiedAnswersOnly) {
  const base::UtcTime ten = *base::from_rfc3339("2026-11-23T10:00:00Z");
  OneAnswer inner;
  base::VirtualClock clock(base::BootTime{base::Millis{5000}});
  TimeHearingHttp http(inner, clock);
  EXPECT_FALSE(http.send({}));
  EXPECT_FALSE(http.heard());
  for (const auto& time : {std::optional<AnswerTime>{}, std::optional(AnswerTime{ten, base::Millis{200}, false})}) {
    inner.answer = dated(200, time);
    EXPECT_TRUE(http.send({}));
    EXPECT_FALSE(http.heard());
  }
  inner.answer = dated(403, AnswerTime{ten, base::Millis{200}, true});
  const auto answer = http.send({});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403) << "the answer goes through as it is";
  ASSERT_TRUE(http.heard());
  EXPECT_EQ(http.heard()->utc, ten + base::Millis{600});
  EXPECT_EQ(http.heard()->uncertainty, base::Millis{600});
  EXPECT_EQ(http.heard()->at, clock.boot_now());
  // What comes later without a vouched time does not take it away.
  inner.answer = base::retry_error("down");
  EXPECT_FALSE(http.send({}));
  EXPECT_TRUE(http.heard());
}

}  // namespace
}  // namespace odograph::aws
