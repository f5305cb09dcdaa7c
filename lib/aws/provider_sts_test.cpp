#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/aws/test_world.h"

namespace odograph::aws {
namespace {

using ::testing::HasSubstr;

constexpr const char* kArn = "arn:aws:iam::123456789012:role/driver";

/// A world with a token in a file, and the variables that EKS sets.
struct EksWorld : TestWorld {
  EksWorld() {
    variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", folder.write("token", "eyJh.+/=\n", 0644)},
                 {"AWS_ROLE_ARN", kArn},
                 {"AWS_REGION", "eu-central-1"}};
    options.kind = ProviderKind::kWebIdentity;
  }
  std::string told() { return TestWorld::told(options); }
  ProviderOptions options;
};

TEST(WebIdentityProvider, ShowsItsTokenAndSignsNothing) {
  EksWorld world;
  world.http.will_answer(200, sts_body("AssumeRoleWithWebIdentity", "ASIAWEB"));
  EXPECT_EQ(world.told(), "ASIAWEB from web-identity:driver");
  const auto& request = world.http.requests.at(0);
  EXPECT_EQ(request.url, "https://sts.eu-central-1.amazonaws.com/");
  EXPECT_EQ(
      request.body,
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdriver&"
      "RoleSessionName=odograph&WebIdentityToken=eyJh.%2B%2F%3D");
  EXPECT_EQ(header_of(request, "authorization"), "");
  EXPECT_EQ(header_of(request, "content-type"), "application/x-www-form-urlencoded");
}

TEST(WebIdentityProvider, TakesRegionEndpointAndSessionAsTold) {
  struct Row {
    const char* region;
    const char* endpoint;
    const char* expected;
  };
  const Row rows[] = {
      {"cn-north-1", "", "https://sts.cn-north-1.amazonaws.com.cn/"},
      {"us-gov-west-1", "", "https://sts.us-gov-west-1.amazonaws.com/"},
      {"eu-west-1", "https://sts-fips.eu-west-1.amazonaws.com", "https://sts-fips.eu-west-1.amazonaws.com/"},
      {"eu-west-1", "https://sts.example:8443/", "https://sts.example:8443/"}};
  for (const Row& row : rows) {
    EksWorld world;
    world.variables["AWS_ROLE_SESSION_NAME"] = "bus-7";
    world.options.sts = {row.region, row.endpoint};
    world.http.will_answer(200, sts_body("AssumeRoleWithWebIdentity", "ASIAWEB"));
    EXPECT_EQ(world.told(), "ASIAWEB from web-identity:driver");
    EXPECT_EQ(world.http.requests.at(0).url, row.expected);
    EXPECT_THAT(std::string(world.http.requests.at(0).body), HasSubstr("RoleSessionName=bus-7&"));
  }
}

TEST(WebIdentityProvider, AsksNobodyWithHalfAConfiguration) {
  struct Row {
    const char* name;
    const char* variable;
    const char* value;
    const char* expected;
  };
  const Row rows[] = {
      {"NoFileNamed", "AWS_WEB_IDENTITY_TOKEN_FILE", "", "kStop: AWS credentials are not configured: web-identity"},
      {"NoFile", "AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token", "kStop: web-identity:driver: cannot open /nowhere"},
      {"NoRole", "AWS_ROLE_ARN", "", "kStop: web-identity:: the role is not like arn:"},
      {"NoArn", "AWS_ROLE_ARN", "driver", "the role is not like arn:"},
      {"Session", "AWS_ROLE_SESSION_NAME", "a b", "the session name is not"},
      {"NoRegion", "AWS_REGION", "", "STS is asked in a region, and none is configured"},
      {"RegionIsAHost", "AWS_REGION", "evil.example/", "'evil.example/' is not a region"},
  };
  for (const Row& row : rows) {
    EksWorld world;
    world.variables[row.variable] = row.value;
    EXPECT_THAT(world.told(), HasSubstr(row.expected)) << row.name;
    EXPECT_TRUE(world.http.requests.empty()) << row.name;
  }
  for (const char* endpoint :
       {"http://sts.example", "https://sts.example/path", "sts.example", "https://a:b@x.example"}) {
    EksWorld world;
    world.options.sts.endpoint = endpoint;
    EXPECT_EQ(world.told().find("kStop: "), 0U) << endpoint;
    EXPECT_TRUE(world.http.requests.empty()) << endpoint;
  }
  for (const std::string& token : {std::string("\n"), std::string("two tokens"), std::string("two\ntokens")}) {
    EksWorld world;
    world.folder.write("token", token);
    EXPECT_THAT(world.told(), HasSubstr("kRetry: web-identity:driver: expected one token in"));
  }
}

TEST(WebIdentityProvider, NeverTellsTheTokenNorFallsThrough) {
  EksWorld world;
  world.folder.write("token", std::string(900, 'T'));
  world.variables["AWS_ACCESS_KEY_ID"] = "AKIDENV";
  world.variables["AWS_SECRET_ACCESS_KEY"] = "s";
  world.http.will_answer(400, "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token " +
                                  std::string(900, 'T') + " expired</Message></Error></ErrorResponse>");
  EXPECT_EQ(world.told(),
            "kRetry: web-identity:driver: https://sts.eu-central-1.amazonaws.com/: answered 400 ExpiredTokenException "
            "(Token [...] expired), expected 200 with credentials");
  world.http.will_answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
  EXPECT_THAT(world.told(),
              HasSubstr("kStop: web-identity:driver: https://sts.eu-central-1.amazonaws.com/: answered 403"));
}

/// Keys in the environment and a role on top.
struct RoleWorld : TestWorld {
  RoleWorld() {
    variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_REGION", "eu-central-1"}};
    options.kind = ProviderKind::kEnvironment;
    options.role = RoleStep{kArn, "bus-7", "", 900};
  }
  std::string told() { return TestWorld::told(options); }
  ProviderOptions options;
};

std::string skewed(const char* words) {
  return std::string("<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>") + words +
         "</Message></Error></ErrorResponse>";
}

TEST(RoleProvider, SignsWithTheTimeItIsGiven) {
  RoleWorld world;
  world.http.will_answer(200, sts_body("AssumeRole", "ASIAROLE"));
  EXPECT_EQ(world.told(), "ASIAROLE from role:driver by environment");
  EXPECT_EQ(header_of(world.http.requests.at(0), "x-amz-date"), "20261123T100000Z");
  EXPECT_THAT(std::string(world.http.requests.at(0).body), HasSubstr("RoleSessionName=bus-7&DurationSeconds=900"));
}

TEST(RoleProvider, SignsNothingBeforeTheTimeIsPlausible) {
  RoleWorld world;
  world.now.reset();
  EXPECT_EQ(world.told(), "kRetry: role:driver: no plausible time yet to sign with");
  EXPECT_TRUE(world.http.requests.empty());
}

/// A device's certificate and a role on top, on a machine whose clock nobody believes.
std::string first_date(TestWorld& world) {
  ProviderOptions options;
  options.kind = ProviderKind::kIot;
  options.iot = {.endpoint = "a1.example", .role_alias = "a", .thing_name = "", .certificate_file = "c", .key = "k"};
  options.role = RoleStep{kArn, "bus-7", "", 900};
  options.sts.region = "eu-central-1";
  world.now.reset();
  world.http.will_answer(200, iot_body("ASIADEVICE"), "2026-11-23T10:02:03Z");
  world.http.will_answer(200, sts_body("AssumeRole", "ASIAROLE"));
  const std::string told = world.told(options);
  return world.http.requests.size() == 2 ? header_of(world.http.requests[1], "x-amz-date") : told;
}

TEST(RoleProvider, SignsWithTheTimeOfTheCallersVerifiedAnswerWhereNoOtherIsKnown) {
  TestWorld world;
  EXPECT_EQ(first_date(world), "20261123T100203Z");
  TestWorld unverified;
  unverified.http.is_verified = false;
  EXPECT_EQ(first_date(unverified), "kRetry: role:driver: no plausible time yet to sign with");
}

TEST(RoleProvider, SignsOnceMoreWithTheTimeOfAVerifiedAnswer) {
  for (const char* words : {"Signature expired: 20261123T100000Z is now earlier than 20281123T094500Z",
                            "Signature not yet current: 20261123T100000Z is still later than 20241123T101500Z"}) {
    RoleWorld world;
    world.http.will_answer(403, skewed(words), "2028-11-23T10:00:00Z");
    world.http.will_answer(200, sts_body("AssumeRole", "ASIAROLE"), "2026-11-23T10:30:00Z");
    EXPECT_EQ(world.told(), "ASIAROLE from role:driver by environment");
    ASSERT_EQ(world.http.requests.size(), 2U);
    EXPECT_EQ(header_of(world.http.requests[1], "x-amz-date"), "20281123T100000Z");
  }
}

TEST(RoleProvider, SignsOnlyOnceIfTheTimeWasNotTheReason) {
  struct Row {
    const char* name;
    const char* words;
    const char* date;
  };
  const Row rows[] = {{"WrongSecret", "The request signature we calculated does not match", "2028-11-23T10:00:00Z"},
                      {"NoDate", "Signature expired: x", ""},
                      {"SameTime", "Signature expired: x", "2026-11-23T10:00:30Z"}};
  for (const Row& row : rows) {
    RoleWorld world;
    world.http.will_answer(403, skewed(row.words), row.date);
    EXPECT_THAT(world.told(), HasSubstr("kRetry: role:driver: https://sts.eu-central-1.amazonaws.com/: answered 403"));
    EXPECT_EQ(world.http.requests.size(), 1U) << row.name;
  }
  {
    RoleWorld world;
    world.http.is_verified = false;
    world.http.will_answer(403, skewed("Signature expired: x"), "2028-11-23T10:00:00Z");
    EXPECT_THAT(world.told(), HasSubstr("answered 403"));
    EXPECT_EQ(world.http.requests.size(), 1U) << "whoever answers in the clear may not tell the time";
  }
  RoleWorld world;
  world.http.will_answer(403, skewed("Signature expired: x"), "2028-11-23T10:00:00Z");
  world.http.will_answer(403, skewed("Signature expired: x"), "2030-11-23T10:00:00Z");
  EXPECT_THAT(world.told(), HasSubstr("answered 403"));
  EXPECT_EQ(world.http.requests.size(), 2U) << "one more try, not many";
}

TEST(RoleProvider, NeverGivesTheCallersOwnIdentityInstead) {
  RoleWorld world;
  world.http.will_answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
  EXPECT_THAT(world.told(), HasSubstr("kStop: role:driver: https://sts.eu-central-1.amazonaws.com/: answered 403"));
  world.variables["AWS_ACCESS_KEY_ID"] = "";
  EXPECT_THAT(world.told(), HasSubstr("kStop: environment: AWS_SECRET_ACCESS_KEY is set"));
  world.options.role->role_arn = "driver";
  EXPECT_THAT(world.told(), HasSubstr("kStop: the role to assume is not like"));
  world.options.role->role_arn = kArn;
  world.options.role->duration_s = 60;
  EXPECT_THAT(world.told(), HasSubstr("kStop: the role's duration is not"));
}

}  // namespace
}  // namespace odograph::aws
