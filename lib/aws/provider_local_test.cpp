#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/aws/test_world.h"

namespace odograph::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKeys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = secret\n";
constexpr const char* kArn = "arn:aws:iam::123456789012:role/driver";

ProviderOptions of(ProviderKind kind) {
  ProviderOptions options;
  options.kind = kind;
  return options;
}

TEST(ProviderKind, GoesByItsName) {
  EXPECT_EQ(provider_kind("iot"), ProviderKind::kIot);
  EXPECT_EQ(provider_kind("default"), ProviderKind::kDefault);
  EXPECT_EQ(provider_kind("web-identity"), ProviderKind::kWebIdentity);
  for (const char* other : {"", "IoT", "auto", "webidentity", "iot "}) EXPECT_FALSE(provider_kind(other)) << other;
}

TEST(EnvironmentProvider, WantsBothKeysOrNone) {
  using Variables = std::map<std::string, std::string>;
  struct Row {
    Variables variables;
    const char* expected;
  };
  const Row rows[] = {
      {{{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}}, "AKIDENV from environment"},
      {{{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}},
       "AKIDENV from environment"},
      {{{"AWS_ACCESS_KEY_ID", "AKIDENV"}},
       "kStop: environment: AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not"},
      {{{"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_ACCESS_KEY_ID", ""}},
       "kStop: environment: AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"},
      {{{"AWS_ACCESS_KEY_ID", "AK ID"}, {"AWS_SECRET_ACCESS_KEY", "s"}},
       "kStop: environment: the access key id is not 1 to 128 letters and digits"},
      {{{"AWS_SESSION_TOKEN", "t"}},
       "kStop: AWS credentials are not configured: environment (AWS_ACCESS_KEY_ID is not set)"},
      {{}, "kStop: AWS credentials are not configured: environment (AWS_ACCESS_KEY_ID is not set)"},
  };
  for (const Row& row : rows) {
    TestWorld world;
    world.variables = row.variables;
    EXPECT_EQ(world.told(of(ProviderKind::kEnvironment)), row.expected);
  }
}

TEST(EnvironmentProvider, HandsTheTokenOn) {
  TestWorld world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
  const auto made = world.fetch(of(ProviderKind::kEnvironment));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->secret_access_key, "s");
  EXPECT_EQ(made->session_token, "t");
  EXPECT_FALSE(made->expires);
  EXPECT_FALSE(made->answered);
}

TEST(ProfileProvider, ReadsTheFilesOfTheEnvironmentOrOfHome) {
  TestWorld world;
  world.variables["AWS_SHARED_CREDENTIALS_FILE"] =
      world.folder.write("credentials", std::string("[default]\n") + kKeys +
                                            "[bus]\naws_access_key_id=AKIDBUS\n"
                                            "aws_secret_access_key=s\n");
  EXPECT_EQ(world.told(of(ProviderKind::kProfile)), "AKIDFILE from profile:default");
  auto named = of(ProviderKind::kProfile);
  named.profile = "bus";
  EXPECT_EQ(world.told(named), "AKIDBUS from profile:bus");
  world.variables["AWS_DEFAULT_PROFILE"] = "nobody";
  world.variables["AWS_PROFILE"] = "bus";
  EXPECT_EQ(world.told(of(ProviderKind::kProfile)), "AKIDBUS from profile:bus");
  world.variables.clear();
  world.variables["HOME"] = world.folder.path("");
  std::filesystem::create_directory(world.folder.path(".aws"));
  world.folder.write(".aws/config", std::string("[default]\n") + kKeys);
  world.folder.write(".aws/credentials", "");
  EXPECT_EQ(world.told(of(ProviderKind::kProfile)), "AKIDFILE from profile:default");
}

TEST(ProfileProvider, StopsWhereAPersonHasToMend) {
  TestWorld world;
  const std::string keys = std::string("[default]\n") + kKeys;
  world.folder.write("open", keys, 0644);
  world.folder.write("half", "[default]\naws_access_key_id=AKID\n");
  world.folder.write("broken", "[default\n");
  world.folder.write("other", "[other]\nregion=x\n", 0644);
  struct Row {
    const char* file;
    const char* profile;
    const char* expected;
  };
  const Row rows[] = {
      {"none", "", "none: No such file"},
      {"open", "", "is open to other users, mode 0644: chmod 6"},
      {"half", "", "profile 'default': aws_access_key_id without aws_secret_access_key"},
      {"broken", "", "broken: line 1: a section without its ']'"},
      {"other", "other", "profile 'other' is not there or says nothing about credentials"},
      {"other", "nobody", "profile 'nobody' is not there or says nothing about credentials"},
      {"other", "", "AWS credentials are not configured: profile (no credentials for profile 'default'"},
  };
  for (const Row& row : rows) {
    world.variables = {{"AWS_SHARED_CREDENTIALS_FILE", world.folder.path(row.file)}, {"AWS_PROFILE", row.profile}};
    const std::string told = world.told(of(ProviderKind::kProfile));
    EXPECT_THAT(told, HasSubstr(row.expected));
    EXPECT_EQ(told.find("kStop: "), 0U) << told;
    EXPECT_THAT(told, Not(HasSubstr("secret\n")));
  }
}

TEST(ProfileProvider, TakesOnRolesOneAfterTheOther) {
  TestWorld world;
  world.variables["AWS_CONFIG_FILE"] = world.folder.write(
      "config", std::string("[profile a]\nregion=eu-west-1\nrole_arn=") + kArn +
                    "\nsource_profile=b\nexternal_id=e&x\n" +
                    "[profile b]\nrole_arn=arn:aws:iam::1:role/first\nsource_profile=c\n[profile c]\n" + kKeys);
  world.variables["AWS_PROFILE"] = "a";
  world.http.will_answer(200, sts_body("AssumeRole", "ASIAFIRST"));
  world.http.will_answer(200, sts_body("AssumeRole", "ASIASECOND"));
  EXPECT_EQ(world.told(of(ProviderKind::kProfile)), "ASIASECOND from profile:a");
  ASSERT_EQ(world.http.requests.size(), 2U);
  const auto& [first, second] = std::tie(world.http.requests[0], world.http.requests[1]);
  EXPECT_EQ(first.url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(first.method, "POST");
  EXPECT_EQ(
      first.body,
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Ffirst&RoleSessionName=odograph&"
      "DurationSeconds=3600");
  EXPECT_THAT(header_of(first, "authorization"), HasSubstr("Credential=AKIDFILE/20261123/eu-west-1/sts/aws4_request"));
  EXPECT_EQ(header_of(first, "x-amz-security-token"), "");
  EXPECT_THAT(header_of(second, "authorization"), HasSubstr("Credential=ASIAFIRST/"));
  EXPECT_EQ(header_of(second, "x-amz-security-token"), "t");
  EXPECT_THAT(std::string(second.body), HasSubstr("&ExternalId=e%26x"));
}

TEST(ProfileProvider, RunsItsProcess) {
  TestWorld world;
  world.variables["AWS_CONFIG_FILE"] =
      world.folder.write("config",
                         "[default]\ncredential_process = printf "
                         "'{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\",\"SecretAccessKey\":\"s\"}'\n");
  EXPECT_EQ(world.told(of(ProviderKind::kProfile)), "AKIDPROC from profile:default");
}

TEST(ProcessProvider, SaysHowTheProgramFailed) {
  struct Row {
    const char* command;
    const char* expected;
  };
  const Row rows[] = {
      {R"(printf '{"Version":1,"AccessKeyId":"AKIDPROC","SecretAccessKey":"s"}')", "AKIDPROC from process"},
      {"sh -c 'echo not logged in >&2; exit 4'", "kRetry: process: sh: ended with 4 (not logged in), expected 0"},
      {"sh -c 'kill -9 $$'", "kRetry: process: sh: ended with 137, expected 0"},
      {"sh -c 'echo 0123456789012345678901234567890123456789 >&2; false'", "ended with 1 ([...]), expected 0"},
      {"true", "kRetry: process: true: expected JSON, got an empty body"},
      {"echo '{\"Version\":2}'", "kStop: process: echo: 'Version' is 2, only 1 is known"},
      {"/nowhere/x --password hunter2", "kStop: process: /nowhere/x: cannot start /nowhere/x: No such file"},
      {"'open", "kStop: process: the command has an open '"},
      {"", "kStop: process: no command"},
      {"sleep 60", "kRetry: process: sleep: did not end within 300 ms and was killed"},
  };
  for (const Row& row : rows) {
    TestWorld world;
    auto options = of(ProviderKind::kProcess);
    options.process_command = row.command;
    if (std::string_view(row.command) == "sleep 60") options.process_deadline = base::Millis{300};
    const std::string told = world.told(options);
    EXPECT_THAT(told, HasSubstr(row.expected)) << row.command;
    EXPECT_THAT(told, Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace odograph::aws
