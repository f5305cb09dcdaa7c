#include "agent/token_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/build_info.h"
#include "lib/base/test_folder.h"

namespace odograph::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kBroker = "b-1.fleet.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098";
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

base::UtcTime utc(const char* text) { return *base::from_rfc3339(text); }

aws::Credentials temporary_credentials() {
  return {.access_key_id = "ASIAEXAMPLE",
          .secret_access_key = kSecret,
          .session_token = "session-token-of-the-test",
          .expires = utc("2036-03-01T00:10:00Z"),
          .source = "iot:fleet-role"};
}

class GivenCredentials final : public aws::CredentialProvider {
 public:
  explicit GivenCredentials(base::Result<aws::Credentials> given) : given_(std::move(given)) {}
  base::Result<aws::Credentials> fetch() override { return given_; }

 private:
  base::Result<aws::Credentials> given_;
};

base::Result<TokenAnswer> answer_to(const TokenQuestion& question,
                                    base::Result<aws::Credentials> credentials = temporary_credentials()) {
  GivenCredentials provider(std::move(credentials));
  base::VirtualClock clock;
  clock.set_utc(base::SystemUtc{utc("2036-02-29T12:00:00.250Z"), true});
  return token_answer(question, provider, clock);
}

TEST(TokenCommand, TellsWhatWouldBeSignedAndNoSecret) {
  const auto answered = answer_to({.brokers = {kBroker}, .at = utc("2036-02-29T23:59:59.999Z")});
  ASSERT_TRUE(answered) << answered.error().what;
  EXPECT_THAT(answered->text,
              testing::MatchesRegex(
                  "region    eu-central-1, from the name of b-1\\.fleet.*:9098\n"
                  "host      kafka\\.eu-central-1\\.amazonaws\\.com\n"
                  "scope     20360229/eu-central-1/kafka-cluster/aws4_request\n"
                  "identity  ASIAEXAMPLE from iot:fleet-role, with a session token, until 2036-03-01T00:10:00\\.000Z\n"
                  "issued    2036-02-29T23:59:59\\.000Z\n"
                  "expires   2036-03-01T00:10:00\\.000Z, after 601 s: with the credentials\n"
                  "token     [0-9]+ characters; --raw prints it\n"
                  "clock     not asked: --at\n"));
  EXPECT_EQ(answered->warning, "");
  for (const char* secret : {kSecret, "session-token-of-the-test", "Signature", "aHR0c"}) {
    EXPECT_THAT(answered->text, Not(HasSubstr(secret)));
  }
}

TEST(TokenCommand, SignsByTheClockAndTellsWhetherItIsGood) {
  aws::Credentials keys = temporary_credentials();
  keys.session_token = "";
  keys.expires.reset();
  const auto answered = answer_to({.region = "eu-west-1"}, keys);
  ASSERT_TRUE(answered);
  EXPECT_THAT(answered->text, HasSubstr("region    eu-west-1, as set\n"));
  EXPECT_THAT(answered->text, HasSubstr("identity  ASIAEXAMPLE from iot:fleet-role, without an expiry\n"));
  EXPECT_THAT(answered->text, HasSubstr("expires   2036-02-29T12:15:00.000Z, after 900 s\n"));
  EXPECT_THAT(answered->text, HasSubstr("clock     synchronised\n"));

  GivenCredentials provider(keys);
  base::VirtualClock clock;
  clock.set_utc(base::SystemUtc{utc("2036-02-29T12:00:00Z"), false});
  EXPECT_THAT(token_answer({.region = "eu-west-1"}, provider, clock)->text,
              HasSubstr("clock     not synchronised: compare"));
}

TEST(TokenCommand, RawIsTheTokenAlone) {
  const auto raw = answer_to({.brokers = {kBroker}, .show = TokenArguments::Show::kRaw});
  ASSERT_TRUE(raw);
  EXPECT_THAT(raw->text, testing::MatchesRegex("aHR0cHM6Ly9rYWZrYS5ldS1jZW50cmFsLTEu[A-Za-z0-9_-]+\n"));
}

TEST(TokenCommand, WarnsOfABrokerInAnotherRegion) {
  const auto raw = answer_to({.brokers = {kBroker}, .region = "eu-west-1", .show = TokenArguments::Show::kRaw});
  ASSERT_TRUE(raw);
  EXPECT_THAT(raw->warning, HasSubstr("the region is set to eu-west-1, but the broker"));
  EXPECT_THAT(raw->text, Not(HasSubstr("region")));
}

TEST(TokenCommand, SignsForTheHostThatIsSet) {
  const auto answered = answer_to({.region = "cn-north-1", .signing_host = "kafka.cn-north-1.amazonaws.com.cn"});
  ASSERT_TRUE(answered);
  EXPECT_THAT(answered->text, HasSubstr("host      kafka.cn-north-1.amazonaws.com.cn\n"));
}

TEST(TokenCommand, SaysWhyThereIsNoToken) {
  aws::Credentials broken = temporary_credentials();
  broken.secret_access_key += "\n";
  aws::Credentials old = temporary_credentials();
  old.expires = utc("2036-02-29T11:00:00Z");
  const struct {
    const char* name = nullptr;
    TokenQuestion question;
    base::Result<aws::Credentials> credentials;
    const char* says = nullptr;
  } rows[] = {
      {"NoBroker", {}, temporary_credentials(), "there is no broker's name to read the AWS region from"},
      {"OwnName",
       {.brokers = {"kafka.example.com:9098"}},
       temporary_credentials(),
       "no AWS region in the broker's name"},
      {"NoRegion", {.region = "Frankfurt"}, temporary_credentials(), "\"Frankfurt\" has not the form of a region"},
      {"BadHost",
       {.region = "eu-west-1", .signing_host = "a:1"},
       temporary_credentials(),
       "kafka.signing_host: \"a:1\""},
      {"NoCredentials", {.region = "eu-west-1"}, base::stop_error("no such role alias"), "no such role alias"},
      {"BrokenSecret", {.region = "eu-west-1"}, broken, "the secret access key from iot:fleet-role"},
      {"OldCredentials", {.region = "eu-west-1"}, old, "the credentials from iot:fleet-role (ASIAEXAMPLE) expired at"},
      {"BeforeTheBuild",
       {.region = "eu-west-1", .at = build_date() - base::Millis{1}},
       temporary_credentials(),
       "no token is signed before the time is known"},
      {"Epoch", {.region = "eu-west-1", .at = base::UtcTime{}}, temporary_credentials(), "1970-01-01T00:00:00.000Z"},
  };
  for (const auto& row : rows) {
    const auto answered = answer_to(row.question, row.credentials);
    ASSERT_FALSE(answered) << row.name;
    EXPECT_THAT(answered.error().what, HasSubstr(row.says)) << row.name;
    EXPECT_THAT(answered.error().what, Not(HasSubstr("wJalr"))) << row.name;
  }
  GivenCredentials provider(temporary_credentials());
  EXPECT_EQ(token_answer({.region = "eu-west-1"}, provider, base::VirtualClock()).error().what,
            "there is no clock to sign by");
}

/// A file of its own, so that whatever configuration the machine has is left alone.
class TokenQuestionTest : public testing::Test {
 protected:
  static base::Result<TokenQuestion> token_question(const TokenArguments& arguments) {
    const auto values = token_values(arguments);
    if (!values) return values.error();
    return agent::token_question(arguments, *values);
  }

  TokenArguments with_sets(std::vector<std::string> sets) const {
    TokenArguments arguments;
    arguments.config = {.file = config_, .overrides = std::move(sets)};
    return arguments;
  }

  base::TestFolder folder_;
  std::string config_ = folder_.write("agent.toml", "log.level = \"debug\"\n");
};

TEST_F(TokenQuestionTest, IsPutTogetherFromConfigurationAndOptions) {
  const std::string brokers = std::string("kafka.brokers=[\"") + kBroker + "\"]";
  TokenArguments arguments = with_sets({brokers, "kafka.region=eu-west-1", "kafka.signing_host=a.example"});
  auto question = token_question(arguments);
  ASSERT_TRUE(question) << question.error().what;
  EXPECT_EQ(question->brokers, std::vector<std::string>{kBroker});
  EXPECT_EQ(question->region, "eu-west-1");
  EXPECT_EQ(question->signing_host, "a.example");
  EXPECT_FALSE(question->at);

  arguments.host = "b.example:9098";
  arguments.region = "eu-north-1";
  arguments.at = "2036-02-29T23:59:59+01:00";
  question = token_question(arguments);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->brokers, std::vector<std::string>{"b.example:9098"});
  EXPECT_EQ(question->region, "eu-north-1");
  EXPECT_EQ(question->at, utc("2036-02-29T22:59:59Z"));
}

TEST_F(TokenQuestionTest, TheDefaultBrokerIsNone) {
  const auto question = token_question(with_sets({}));
  ASSERT_TRUE(question);
  EXPECT_TRUE(question->brokers.empty());
}

TEST_F(TokenQuestionTest, RefusesWhatIsNotSound) {
  for (const char* set : {"kafka.region=Frankfurt", "kafka.region=", "kafka.signing_host=https://a", "kafka.regoin=x",
                          "kafka.brokers=[\"a\"]"}) {
    EXPECT_FALSE(token_question(with_sets({set}))) << set;
  }
  for (const char* at : {"yesterday", "2036-02-30T00:00:00Z", "2036-02-29", "1709164800", ""}) {
    TokenArguments arguments = with_sets({});
    arguments.at = at;
    const auto question = token_question(arguments);
    ASSERT_FALSE(question) << at;
    EXPECT_EQ(question.error().what, std::string("--at: expected a time such as 2026-11-23T06:00:00Z, found ") + at);
  }
}

TEST_F(TokenQuestionTest, HostAndRegionStandInForTheKeysInWhatIsJudged) {
  const std::string in_two = R"(kafka.brokers=["b-1.a.b.c2.kafka.eu-west-1.amazonaws.com:9098",)"
                             R"("b-1.a.b.c2.kafka.eu-west-2.amazonaws.com:9098"])";
  const std::string own = R"(kafka.brokers=["kafka.example.com:9098"])";
  const struct {
    std::vector<std::string> sets{};
    std::optional<std::string> host{};
    std::optional<std::string> region{};
    const char* says = "";  // Nothing: it is sound.
  } rows[] = {
      {.host = kBroker},
      {.host = "b-1.fleet.a1b2c3.c2.kafka.eu-central-1.amazonaws.com"},
      {.region = "eu-central-1"},
      {.sets = {in_two}, .host = kBroker},
      {.sets = {in_two}, .region = "eu-west-1"},
      {.sets = {own}, .region = "eu-west-1"},
      {.sets = {"kafka.region=eu-west-1"}, .host = "10.0.3.7", .region = "eu-west-2"},
      {.says = "no AWS region in the broker's name \"127.0.0.1:9092\""},
      {.sets = {in_two}, .says = "kafka.region: expected an AWS region"},
      {.host = "kafka.example.com", .says = "no AWS region in the broker's name \"kafka.example.com:9098\""},
      {.host = "", .says = "--host: expected a host such as b-1.example:9098, found "},
      {.host = "a\",\"b:9098", .says = "--host: expected a host"},
      {.region = "", .says = "--region: expected an AWS region such as eu-central-1, found "},
      {.region = "Frankfurt", .says = "--region: expected an AWS region such as eu-central-1, found Frankfurt"},
  };
  for (const auto& row : rows) {
    TokenArguments arguments = with_sets(row.sets);
    arguments.config.overrides.emplace_back("kafka.security=tls_iam");
    arguments.host = row.host;
    arguments.region = row.region;
    const auto question = token_question(arguments);
    const std::string said = question ? "" : question.error().what;
    EXPECT_EQ(question.has_value(), *row.says == '\0') << said;
    EXPECT_THAT(said, HasSubstr(row.says));
  }
}

/// Standard output and its one line of refusal, with the provider that the configuration names.
class PrintTokenTest : public TokenQuestionTest {
 protected:
  base::Status print(std::vector<std::string> sets, std::string& said) const {
    sets.emplace_back("kafka.region=eu-west-1");
    testing::internal::CaptureStdout();
    auto status = print_token(with_sets(std::move(sets)));
    said = testing::internal::GetCapturedStdout();
    return status;
  }
  std::string program(const std::string& name, const std::string& script) const {
    return "aws.process_command=" + folder_.write(name, "#!/bin/sh\n" + script, 0700);
  }
};

constexpr const char* kAnswer =
    R"({"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "SessionToken": "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa0", "Expiration": "2096-03-01T00:10:00Z"})";

TEST_F(PrintTokenTest, AsksTheProviderThatTheConfigurationChoosesOnce) {
  const std::string asked = folder_.path("asked");
  const auto command = program("ok", "echo asked >> " + asked + "\ncat <<'END'\n" + kAnswer + "\nEND\n");
  std::string said;
  const auto status = print({"aws.credentials=process", command}, said);
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_THAT(said, HasSubstr("\nidentity  ASIAPROCESS from process, with a session token, until 2096-03-01T00:10:00"));
  EXPECT_THAT(said, Not(HasSubstr("wJalr")));
  EXPECT_THAT(said, Not(HasSubstr("6e86291e")));
  EXPECT_EQ(std::filesystem::file_size(asked), 6U) << "one fetch";
}

TEST_F(PrintTokenTest, SaysInOneLineWhyTheProviderHasNone) {
  const struct {
    const char* name;
    std::vector<std::string> sets;
    const char* says;
  } rows[] = {
      {"NoCommand", {"aws.credentials=process"}, "process: no command"},
      {"Fails",
       {"aws.credentials=process", program("bad", "echo one >&2; echo two >&2; exit 3\n")},
       "ended with 3 (one"},
      {"NoJson", {"aws.credentials=process", program("page", "echo '<html>'; echo\n")}, "process: "},
      {"NoProgram", {"aws.credentials=process", "aws.process_command=/nowhere/at-all"}, "process: /nowhere/at-all"},
      {"IotHalf", {"aws.credentials=iot"}, "iot: "},
      {"NoProfile", {"aws.credentials=profile", "aws.profile=nobody-has-this-one"}, "nobody-has-this-one"},
      {"BadRole", {"aws.role_arn=vehicle"}, "aws.role_arn: expected a role such as"},
      {"Unknown", {"aws.credentials=vault"}, "aws.credentials: "},
  };
  for (const auto& row : rows) {
    std::string said;
    const auto status = print(row.sets, said);
    ASSERT_FALSE(status) << row.name << said;
    EXPECT_THAT(status.error().what, HasSubstr(row.says)) << row.name;
    EXPECT_EQ(status.error().what.find('\n'), std::string::npos) << row.name << status.error().what;
    EXPECT_EQ(said, "") << row.name;
  }
}

}  // namespace
}  // namespace odograph::agent
