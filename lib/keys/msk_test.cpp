#include "lib/keys/msk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/load.h"
#include "lib/keys/link.h"

namespace odograph::keys {
namespace {

using ::testing::HasSubstr;

config::Values values_of(const std::vector<std::string>& overrides) {
  config::Schema schema{.title = "Test.", .sections = {{"kafka", "Where to."}, {"aws", "As whom."}}};
  schema.options = link_options({.name = "test", .file = "test"});
  const auto more = msk_options();
  schema.options.insert(schema.options.end(), more.begin(), more.end());
  auto loaded = config::load(config::completed(std::move(schema)), {}, overrides);
  EXPECT_TRUE(loaded.values) << loaded.problems.front();
  return std::move(*loaded.values);
}

base::Result<kafka::Security> security_with(const std::vector<std::string>& overrides) {
  return secured(values_of(overrides), {.user_agent = "test/1"});
}

TEST(Msk, OnlyIamNeedsTokens) {
  EXPECT_EQ(security_with({})->tokens, nullptr);
  EXPECT_EQ(security_with({"kafka.security=tls"})->tokens, nullptr);
  const auto iam = security_with({"kafka.security=tls_iam", "kafka.region=eu-central-1", "kafka.ca_file=/ca"});
  ASSERT_TRUE(iam) << iam.error().what;
  EXPECT_EQ(iam->protocol, kafka::Protocol::kTlsIam);
  EXPECT_EQ(iam->ca_file, "/ca");
  EXPECT_NE(iam->tokens, nullptr);
}

TEST(Msk, AnIdentityThatIsChosenMustBeWhole) {
  const std::vector<std::string> given = {"kafka.security=tls_iam",
                                          "kafka.region=eu-central-1",
                                          "aws.credentials=iot",
                                          "aws.iot_endpoint=a1.credentials.iot.eu-central-1.amazonaws.com",
                                          "aws.iot_role_alias=odograph-vehicle",
                                          "aws.iot_cert_file=/etc/device.pem",
                                          "aws.iot_key=/etc/device.key"};
  const auto whole = security_with(given);
  EXPECT_TRUE(whole) << whole.error().what;
  for (std::size_t left_out = 3; left_out < given.size(); ++left_out) {
    std::vector<std::string> part = given;
    part.erase(part.begin() + static_cast<std::ptrdiff_t>(left_out));
    const auto refused = security_with(part);
    ASSERT_FALSE(refused) << given[left_out];
    EXPECT_EQ(refused.error().action, base::Action::kStop);
  }
}

TEST(Msk, TheRegionIsSetOrInTheBrokersNames) {
  const std::string in_name = R"(kafka.brokers=["b-1.demo.abc123.c2.kafka.eu-west-1.amazonaws.com:9098"])";
  EXPECT_TRUE(security_with({"kafka.security=tls_iam", in_name}));
  const auto nowhere = security_with({"kafka.security=tls_iam", R"(kafka.brokers=["broker.example:9098"])"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().action, base::Action::kStop);
  EXPECT_THAT(nowhere.error().what, HasSubstr("region"));
}

}  // namespace
}  // namespace odograph::keys
