#include "agent/identity_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/metrics.h"
#include "agent/status.h"

namespace odograph::agent {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

constexpr base::BootTime kNow{minutes{100}};
const IdentityConfig kIot{"iot", "fleet", "truck-17"};

kafka::TokenPusher::State well() {
  kafka::TokenPusher::State state{};
  state.principal = "ASIAEXAMPLEEXAMPLE01 (iot:fleet)";
  state.fetched = 7;
  state.good_until = kNow + minutes{13};
  state.fetched_at = kNow - minutes{2};
  state.credentials_until = kNow + minutes{54};
  state.key_id = "ASIAEXAMPLEEXAMPLE01";
  state.source = "iot:fleet";
  return state;
}

std::string line_of(const kafka::TokenPusher::State& state, const IdentityConfig& config = kIot) {
  Snapshot snapshot{.version = "1", .vehicle_id = "truck-17"};
  snapshot.identity = identity_status(config, state, kNow);
  const auto words = to_words(to_json(snapshot));
  if (!words) return words.error().what;
  const auto begin = words->find("identity  ");
  return begin == std::string::npos ? "no line" : words->substr(begin, words->find('\n', begin) - begin);
}

TEST(IdentityStatus, IsALineForPeople) {
  EXPECT_EQ(line_of(well()),
            "identity  ASIA...LE01 from iot:fleet, thing truck-17, for 54 min; token of 2 min ago, for 13 min");
  auto state = well();
  state.credentials_until.reset();
  EXPECT_EQ(line_of(state, {"environment", "", ""}),
            "identity  ASIA...LE01 from iot:fleet; token of 2 min ago, for 13 min");
  state = well();
  state.error = "iot: https://x: answered 403";
  state.good_until = kNow - minutes{1};
  EXPECT_EQ(line_of(state),
            "identity  ASIA...LE01 from iot:fleet, thing truck-17, for 54 min; token of 2 min ago, over; "
            "no newer one: iot: https://x: answered 403");
  state = well();
  state.doubt = "the private key is not the one";
  EXPECT_THAT(line_of(state), HasSubstr("for 13 min; the last renewal: the private key is not the one"));
  kafka::TokenPusher::State none{};
  EXPECT_EQ(line_of(none), "identity  none yet from iot, role fleet, thing truck-17");
  none.error = "no plausible time";
  EXPECT_EQ(line_of(none), "identity  none yet from iot, role fleet, thing truck-17: no plausible time");
}

TEST(IdentityStatus, IsNotThereWhereNobodyWantsOne) {
  const auto words = to_words(to_json(Snapshot{.version = "1", .vehicle_id = "truck-17"}));
  ASSERT_TRUE(words) << words.error().what;
  EXPECT_THAT(*words, Not(HasSubstr("identity")));
}

TEST(IdentityStatus, IsJsonForPrograms) {
  EXPECT_EQ(to_json(identity_status(kIot, well(), kNow)),
            R"({"access_key":"ASIA...LE01","credentials_expire_in_s":3240.0,"doubt":"","error":"","provider":"iot",)"
            R"("role":"fleet","source":"iot:fleet","thing":"truck-17",)"
            R"("token":{"expires_in_s":780.0,"failures":0,"pushed":7,"pushed_ago_s":120.0}})");
  EXPECT_EQ(to_json(identity_status({"environment", "", ""}, {}, kNow)),
            R"({"access_key":"","doubt":"","error":"","provider":"environment","role":"","source":"","thing":"",)"
            R"("token":{"failures":0,"pushed":0}})");
}

TEST(IdentityStatus, IsInTheMetrics) {
  Snapshot snapshot{.version = "1", .vehicle_id = "truck-17"};
  service::Metrics without([&](service::Metrics& metrics) { put_metrics(snapshot, metrics); });
  EXPECT_THAT(without.text(), Not(HasSubstr("odograph_token")));
  snapshot.identity = identity_status(kIot, well(), kNow);
  service::Metrics with([&](service::Metrics& metrics) { put_metrics(snapshot, metrics); });
  for (const char* line : {"odograph_tokens_total 7", "odograph_token_failures 0", "odograph_token_expires_seconds 780",
                           "odograph_credentials_expire_seconds 3240"}) {
    EXPECT_THAT(with.text(), HasSubstr(line));
  }
  EXPECT_THAT(with.text(), Not(HasSubstr("ASIA")));
}

TEST(IdentityStatus, ShortensKeyIds) {
  EXPECT_EQ(shortened("ASIAEXAMPLEEXAMPLE01"), "ASIA...LE01");
  EXPECT_EQ(shortened("AKIDEXAMPLE"), "AKIDEXAMPLE");
  EXPECT_EQ(shortened(""), "");
}

}  // namespace
}  // namespace odograph::agent
