#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/aws/test_world.h"

namespace odograph::aws {
namespace {

using ::testing::HasSubstr;

constexpr const char* kArn = "arn:aws:iam::123456789012:role/driver";

/// A machine on which every link of the chain is configured and would succeed.
struct FullWorld : TestWorld {
  FullWorld() {
    const std::string keys = "[default]\naws_access_key_id=AKIDFILE\naws_secret_access_key=s\n";
    variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"},
                 {"AWS_SECRET_ACCESS_KEY", "s"},
                 {"AWS_WEB_IDENTITY_TOKEN_FILE", folder.write("token", "t")},
                 {"AWS_ROLE_ARN", kArn},
                 {"AWS_REGION", "eu-central-1"},
                 {"AWS_SHARED_CREDENTIALS_FILE", folder.write("credentials", keys)},
                 {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}};
    options.allows_instance_metadata = true;
  }
  void drop(std::initializer_list<const char*> names) {
    for (const char* name : names) variables.erase(name);
  }
  void drop_environment() { drop({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}); }
  void drop_web_identity() { drop({"AWS_WEB_IDENTITY_TOKEN_FILE"}); }
  void drop_profile() { drop({"AWS_SHARED_CREDENTIALS_FILE"}); }
  void drop_container() { drop({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}); }
  std::string told() { return TestWorld::told(options); }
  ProviderOptions options;
};

TEST(DefaultChain, TakesTheFirstThatIsConfigured) {
  FullWorld world;
  EXPECT_EQ(world.told(), "AKIDENV from environment");
  world.drop_environment();
  world.http.will_answer(200, sts_body("AssumeRoleWithWebIdentity", "ASIAWEB"));
  EXPECT_EQ(world.told(), "ASIAWEB from web-identity:driver");
  world.drop_web_identity();
  EXPECT_EQ(world.told(), "AKIDFILE from profile:default");
  world.drop_profile();
  world.http.will_answer(200, endpoint_body("ASIABOX"));
  EXPECT_EQ(world.told(), "ASIABOX from container");
  world.drop_container();
  world.http.will_answer(200, "TOKEN");
  world.http.will_answer(200, "role");
  world.http.will_answer(200, endpoint_body("ASIAEC"));
  EXPECT_EQ(world.told(), "ASIAEC from imds:role");
}

TEST(DefaultChain, NeverMovesOnFromOneThatFails) {
  {
    FullWorld world;
    world.drop({"AWS_SECRET_ACCESS_KEY"});
    EXPECT_EQ(world.told(), "kStop: environment: AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
  }
  FullWorld world;
  world.drop_environment();
  EXPECT_EQ(world.told(), "kRetry: web-identity:driver: https://sts.eu-central-1.amazonaws.com/: the link is down");
  world.drop_web_identity();
  world.folder.write("credentials", "[default]\naws_access_key_id=AKIDFILE\n");
  EXPECT_THAT(world.told(), HasSubstr("kStop: profile: profile 'default': aws_access_key_id without"));
  world.folder.write("credentials", "[default]\nregion=x\n");
  world.variables["AWS_PROFILE"] = "default";
  EXPECT_THAT(world.told(), HasSubstr("kStop: profile: profile 'default' is not there or says nothing"));
  world.drop_profile();
  world.drop({"AWS_PROFILE"});
  EXPECT_EQ(world.told(), "kRetry: container: http://169.254.170.2/x: the link is down");
  world.drop_container();
  EXPECT_EQ(world.told(), "kRetry: imds: http://169.254.169.254/latest/api/token: the link is down");
  EXPECT_EQ(world.http.requests.size(), 3U) << "each failure was the only question of its fetch";
}

TEST(DefaultChain, NamesAllThatIsMissing) {
  TestWorld world;
  EXPECT_EQ(
      world.told({}),
      "kStop: no AWS credentials are configured: environment (AWS_ACCESS_KEY_ID is not set), web-identity "
      "(AWS_WEB_IDENTITY_TOKEN_FILE is not set), profile (no credentials for profile 'default' in the shared config "
      "and credentials files), container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
      "AWS_CONTAINER_CREDENTIALS_FULL_URI is set), imds (not allowed by the configuration)");
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(DefaultChain, StaysWithTheOneThatAnswered) {
  FullWorld world;
  world.drop_environment();
  world.drop_web_identity();
  const auto provider = make_provider(world.options, world.surroundings());
  ASSERT_TRUE(provider);
  EXPECT_EQ(told((*provider)->fetch()), "AKIDFILE from profile:default");
  // Neither one that comes to be earlier in the chain nor a later one is asked, whatever becomes of the chosen.
  world.variables["AWS_ACCESS_KEY_ID"] = "AKIDENV";
  world.variables["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(told((*provider)->fetch()), "AKIDFILE from profile:default");
  world.folder.write("credentials", "");
  EXPECT_THAT(told((*provider)->fetch()), HasSubstr("kStop: AWS credentials are not configured: profile"));
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(DefaultChain, DoesNotAskImdsUnlessAllowed) {
  FullWorld world;
  world.drop_environment();
  world.drop_web_identity();
  world.drop_profile();
  world.drop_container();
  world.options.allows_instance_metadata = false;
  EXPECT_THAT(world.told(), HasSubstr("imds (not allowed by the configuration)"));
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(NamedProvider, IsTheOnlyOneAsked) {
  const std::pair<ProviderKind, const char*> rows[] = {
      {ProviderKind::kEnvironment, "kStop: AWS credentials are not configured: environment"},
      {ProviderKind::kWebIdentity, "kStop: AWS credentials are not configured: web-identity"},
      {ProviderKind::kProfile, "kStop: AWS credentials are not configured: profile"},
      {ProviderKind::kContainer, "kStop: AWS credentials are not configured: container"},
      {ProviderKind::kInstanceMetadata, "kRetry: imds: http://169.254.169.254/latest/api/token: the link is down"},
      {ProviderKind::kProcess, "kStop: process: no command"},
      {ProviderKind::kIot, "kStop: iot: no endpoint"}};
  for (const auto& [kind, expected] : rows) {
    FullWorld world;
    if (kind == ProviderKind::kEnvironment) world.drop_environment();
    if (kind == ProviderKind::kWebIdentity) world.drop_web_identity();
    if (kind == ProviderKind::kProfile) world.drop_profile();
    if (kind == ProviderKind::kContainer) world.drop_container();
    world.options.kind = kind;
    EXPECT_EQ(world.told().find(expected), 0U) << world.told();
  }
}

TEST(MakeProvider, RefusesLimitsAndProxiesThatMakeNoSense) {
  TestWorld world;
  ProviderOptions options;
  options.limits.deadline = base::Millis{0};
  EXPECT_EQ(world.told(options), "kStop: a time limit of 0 or less");
  options = {};
  options.proxy = "proxy.example:3128";
  EXPECT_THAT(world.told(options), HasSubstr("kStop: the proxy is not"));
  options.proxy = "http://me:pw@proxy.example";
  EXPECT_THAT(world.told(options), HasSubstr("kStop: the proxy is not"));
}

}  // namespace
}  // namespace odograph::aws
