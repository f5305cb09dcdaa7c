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

base::Status provider_with(const std::vector<std::string>& overrides) {
  auto made = credential_provider(values_of(overrides), {.user_agent = "test/1"});
  return made ? base::Status{} : made.error();
}

TEST(Msk, EachProviderIsReachedByItsKeys) {
  const char* role = "aws.role_arn=arn:aws:iam::111122223333:role/odograph-msk";
  const std::vector<std::string> whole[] = {
      {},
      {"aws.credentials=environment"},
      {"aws.credentials=profile", "aws.profile=odograph"},
      {"aws.credentials=process", "aws.process_command=/bin/credentials --format aws"},
      {"aws.credentials=web-identity", "aws.web_identity_token_file=/token",
       "aws.web_identity_role_arn=arn:aws-cn:iam::111122223333:role/fleet"},
      {"aws.credentials=container"},
      {"aws.credentials=imds"},
      {"aws.allow_imds=true"},
      {"aws.credentials=environment", role, "aws.role_external_id=7f3a", "aws.role_session_name=processor",
       "aws.sts_region=eu-west-1", "aws.sts_endpoint=https://sts.example", "aws.proxy=http://proxy.example:3128"},
  };
  for (const auto& sets : whole) {
    const auto made = provider_with(sets);
    EXPECT_TRUE(made) << made.error().what;
  }
}

TEST(Msk, RefusesWhatNoProviderCanUse) {
  const std::vector<std::string> broken[] = {
      {"aws.credentials=process"},
      {"aws.credentials=iot"},
  };
  for (const auto& sets : broken) {
    const auto made = provider_with(sets);
    ASSERT_FALSE(made) << sets.front();
    EXPECT_EQ(made.error().action, base::Action::kStop) << sets.front();
  }
  config::Schema schema{.title = "Test.", .sections = {{"kafka", "Where to."}, {"aws", "As whom."}}};
  schema.options = msk_options();
  const auto completed = config::completed(std::move(schema));
  for (const char* set :
       {"aws.credentials=vault", "aws.role_arn=odograph", "aws.web_identity_role_arn=arn:aws:iam::1:user/me",
        "aws.role_session_name=a b", "aws.sts_region=Frankfurt", "aws.sts_endpoint=http://sts.example",
        "aws.allow_imds=perhaps", "aws.role=x"}) {
    EXPECT_FALSE(config::load(completed, {}, {set}).values) << set;
  }
}

/// What a provider would take is what tells that a key arrives there.
TEST(Msk, TheProviderGetsWhatTheKeysSay) {
  const auto reason = [](const std::vector<std::string>& sets) {
    auto made = credential_provider(values_of(sets), {.user_agent = "test/1"});
    const auto none = (*made)->fetch();
    return none ? std::string{"credentials"} : none.error().what;
  };
  EXPECT_THAT(reason({"aws.credentials=process", "aws.process_command=/nowhere/at-all"}), HasSubstr("/nowhere/at-all"));
  EXPECT_THAT(reason({"aws.credentials=web-identity", "aws.web_identity_token_file=/nowhere/token",
                      "aws.web_identity_role_arn=arn:aws:iam::111122223333:role/x", "aws.sts_region=eu-west-1"}),
              HasSubstr("/nowhere/token"));
  const std::vector<std::string> by_role = {"aws.credentials=process",
                                            R"(aws.process_command=echo '{"Version":1,"AccessKeyId":"AKIDX",)"
                                            R"("SecretAccessKey":"s"}')",
                                            "aws.role_arn=arn:aws:iam::111122223333:role/x"};
  EXPECT_EQ(reason({by_role[0], by_role[1]}), "credentials");
  auto at_sts = by_role;
  at_sts.insert(at_sts.end(), {"aws.sts_region=eu-west-1", "aws.sts_endpoint=https://127.0.0.1:1"});
  EXPECT_THAT(reason(at_sts), HasSubstr("127.0.0.1:1"));
}

TEST(Msk, DoubtsARegionThatIsNotTheBrokers) {
  const std::string there = R"(kafka.brokers=["b-1.demo.abc123.c2.kafka.eu-west-1.amazonaws.com:9098"])";
  const auto told = msk_doubts(values_of({"kafka.security=tls_iam", "kafka.region=eu-central-1", there}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told.front(), HasSubstr("the region is set to eu-central-1, but the broker"));
  const std::vector<std::string> sound[] = {{},
                                            {"kafka.security=tls_iam", there},
                                            {"kafka.security=tls_iam", "kafka.region=eu-west-1", there},
                                            {"kafka.security=tls", "kafka.region=eu-central-1", there}};
  for (const auto& sets : sound) EXPECT_TRUE(msk_doubts(values_of(sets)).empty());
}

TEST(Msk, DoubtsAPortOfMskThatIsNotForIam) {
  const std::string host = "b-1.demo.abc123.c2.kafka.eu-west-1.amazonaws.com";
  const auto doubts_of = [](const std::string& broker, const std::string& security = "tls_iam") {
    return msk_doubts(
        values_of({"kafka.security=" + security, "kafka.region=eu-west-1", "kafka.brokers=[\"" + broker + "\"]"}));
  };
  for (const char* port : {":9092", ":9094", ":9096", ":9194", ":9196"}) {
    const auto told = doubts_of(host + port);
    ASSERT_EQ(told.size(), 1U) << port;
    EXPECT_THAT(told.front(), HasSubstr("kafka.brokers: " + host + port + " takes no IAM tokens"));
    EXPECT_TRUE(doubts_of(host + port, "tls").empty()) << port;
  }
  for (const char* port : {":9098", ":9198", ":19094"}) EXPECT_TRUE(doubts_of(host + port).empty()) << port;
  EXPECT_TRUE(doubts_of("kafka.fleet.example.com:9094").empty()) << "others may use any port";
}

std::optional<std::string> no_variable(const std::string& /*name*/) { return std::nullopt; }
std::optional<std::string> empty_variable(const std::string& /*name*/) { return ""; }
std::optional<std::string> default_region(const std::string& name) {
  return name == "AWS_DEFAULT_REGION" ? std::optional<std::string>{"eu-west-1"} : std::nullopt;
}

TEST(Msk, DoubtsARoleWhenNobodyTellsStsRegion) {
  const std::string role = "aws.role_arn=arn:aws:iam::111122223333:role/x";
  const auto doubts_of = [](std::vector<std::string> sets, auto environment) {
    sets.insert(sets.end(), {"kafka.security=tls_iam", "kafka.region=eu-west-1"});
    return sts_region_doubts(values_of(sets), environment);
  };
  for (const std::string provider : {"iot", "process", "container", "imds", "environment", "web-identity"}) {
    const std::string chosen = "aws.credentials=" + provider;
    for (auto* const environment : {&no_variable, &empty_variable}) {
      const auto told = doubts_of({chosen, role}, environment);
      ASSERT_EQ(told.size(), 1U) << provider;
      EXPECT_THAT(told.front(), HasSubstr("neither aws.sts_region nor AWS_REGION tells one"));
    }
    EXPECT_TRUE(doubts_of({chosen, role}, &default_region).empty()) << provider;
    EXPECT_TRUE(doubts_of({chosen, role, "aws.sts_region=eu-west-1"}, &no_variable).empty()) << provider;
    EXPECT_TRUE(doubts_of({chosen}, &no_variable).empty()) << provider;
  }
  for (const std::string provider : {"profile", "default"}) {
    EXPECT_TRUE(doubts_of({"aws.credentials=" + provider, role}, &no_variable).empty()) << "the profile may tell it";
  }
}

TEST(Msk, DoubtsAnIdentityThatNobodyAsksFor) {
  for (const std::string security : {"plaintext", "tls"}) {
    const auto told = msk_doubts(values_of({"kafka.security=" + security, "aws.credentials=iot"}));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front(),
              "aws.credentials is set, but nobody asks for an identity with kafka.security = \"" + security + "\"");
  }
}

}  // namespace
}  // namespace odograph::keys
