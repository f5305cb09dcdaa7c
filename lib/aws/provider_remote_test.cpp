#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/aws/test_world.h"

namespace odograph::aws {
namespace {

using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

ProviderOptions of(ProviderKind kind) {
  ProviderOptions options;
  options.kind = kind;
  return options;
}

ProviderOptions iot() {
  auto options = of(ProviderKind::kIot);
  options.iot = {"abc.credentials.iot.eu-west-1.amazonaws.com", "fleet", "bus-7", "/device.pem", "/device.key"};
  return options;
}

TEST(IotProvider, AsksForItsRoleAlias) {
  TestWorld world;
  auto options = iot();
  options.ca_file = "/ca.pem";
  options.proxy = "http://proxy.example:3128";
  world.http.will_answer(200, iot_body("ASIAIOT"));
  EXPECT_EQ(world.told(options), "ASIAIOT from iot:fleet");
  const auto& request = world.http.requests.at(0);
  EXPECT_EQ(request.url, "https://abc.credentials.iot.eu-west-1.amazonaws.com/role-aliases/fleet/credentials");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(header_of(request, "x-amzn-iot-thingname"), "bus-7");
  EXPECT_EQ(request.tls.ca_file, "/ca.pem");
  EXPECT_EQ(request.tls.certificate_file, "/device.pem");
  EXPECT_EQ(request.tls.key, "/device.key");
  EXPECT_EQ(request.proxy, "http://proxy.example:3128");
  options.iot.thing_name.clear();
  world.http.will_answer(200, iot_body("ASIAIOT"));
  ASSERT_TRUE(world.fetch(options));
  EXPECT_TRUE(world.http.requests.at(1).headers.empty());
}

TEST(IotProvider, NeverFallsThroughToAnother) {
  TestWorld world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  struct Row {
    int status;
    const char* body;
    const char* expected;
  };
  const std::string url =
      "iot:fleet: https://abc.credentials.iot.eu-west-1.amazonaws.com/role-aliases/fleet/credentials: ";
  const Row rows[] = {
      {403, R"({"message":"Access Denied"})", "kStop: answered 403 (Access Denied), expected 200 with credentials"},
      {503, "", "kRetry: answered 503, expected 200 with credentials"},
      {200, "<html>Welcome to our WiFi</html>", "kRetry: expected JSON, got a page"},
      {200, "{}", "kRetry: no object 'credentials' in the answer"},
      {302, "", "kRetry: answered 302 (a redirect: a captive portal"},
  };
  for (const Row& row : rows) {
    world.http.will_answer(row.status, row.body);
    std::string told = world.told(iot());
    ASSERT_THAT(told, HasSubstr(url));
    told.erase(told.find(url), url.size());
    EXPECT_THAT(told, HasSubstr(row.expected));
  }
  world.http.will_answer(200, iot_body("ASIAIOT"), "2026-11-23T11:00:01Z");
  EXPECT_THAT(world.told(iot()), HasSubstr("gave credentials that expired at 2026-11-23T11:00:00.000Z"));
  EXPECT_EQ(world.told(iot()), "kRetry: " + url + "the link is down");
}

TEST(IotProvider, ChecksItsOptionsBeforeAnyQuestion) {
  struct Row {
    const char* name;
    std::string IotOptions::*option;
    std::string value;
    const char* expected;
  };
  const Row rows[] = {
      {"NoEndpoint", &IotOptions::endpoint, "", "no endpoint"},
      {"EndpointIsAUrl", &IotOptions::endpoint, "https://abc.example", "is not HOST or HOST:PORT"},
      {"EndpointWithPath", &IotOptions::endpoint, "abc.example/x", "is not HOST or HOST:PORT"},
      {"EndpointWithUser", &IotOptions::endpoint, "me@abc.example", "is not HOST or HOST:PORT"},
      {"NoAlias", &IotOptions::role_alias, "", "the role alias is not"},
      {"AliasWithPath", &IotOptions::role_alias, "../x", "the role alias is not"},
      {"AliasTooLong", &IotOptions::role_alias, std::string(129, 'a'), "the role alias is not"},
      {"ThingWithLine", &IotOptions::thing_name, "a\r\nx: y", "the thing's name is not"},
      {"NoCertificate", &IotOptions::certificate_file, "", "no certificate file"},
      {"NoKey", &IotOptions::key, "", "no private key"},
      {"PinInTheUri", &IotOptions::key, "pkcs11:object=x?pin-value=1234", "has a PIN in it; put that into a file"},
  };
  for (const Row& row : rows) {
    TestWorld world;
    auto options = iot();
    options.iot.*row.option = row.value;
    const std::string told = world.told(options);
    EXPECT_EQ(told.find("kStop: iot: "), 0U) << row.name << ": " << told;
    EXPECT_THAT(told, HasSubstr(row.expected)) << row.name;
    EXPECT_TRUE(world.http.requests.empty()) << row.name;
  }
}

TEST(ContainerProvider, AsksWhereItMayAndTellsNobodyElse) {
  struct Row {
    const char* name;
    Variables variables;
    const char* url;  // Asked; nullptr: nobody is.
    const char* expected;
  };
  const std::string full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  const Row rows[] = {
      {"Relative", {{relative, "/v2/x"}}, "http://169.254.170.2/v2/x", "ASIABOX from container"},
      {"RelativeFirst", {{relative, "/v2/x"}, {full, "http://localhost/y"}}, "http://169.254.170.2/v2/x", "ASIABOX"},
      {"Https", {{full, "https://agent.example/x"}}, "https://agent.example/x", "ASIABOX"},
      {"Loopback", {{full, "http://127.0.0.9:8080/x"}}, "http://127.0.0.9:8080/x", "ASIABOX"},
      {"LoopbackV6", {{full, "http://[::1]:1/x"}}, "http://[::1]:1/x", "ASIABOX"},
      {"Localhost", {{full, "http://LocalHost/x"}}, "http://LocalHost/x", "ASIABOX"},
      {"Eks", {{full, "http://169.254.170.23/v1/credentials"}}, "http://169.254.170.23/v1/credentials", "ASIABOX"},
      {"EksV6", {{full, "http://[fd00:ec2:0::23]/v1"}}, "http://[fd00:ec2:0::23]/v1", "ASIABOX"},
      {"PlainElsewhere", {{full, "http://agent.example/x"}}, nullptr, "http:// to 'agent.example' is refused"},
      {"PlainNeighbour", {{full, "http://169.254.170.3/x"}}, nullptr, "is refused"},
      {"LoopbackName", {{full, "http://127.0.0.1.example/x"}}, nullptr, "is refused"},
      {"User", {{full, "http://a:b@127.0.0.1/x"}}, nullptr, "with a user or a password"},
      {"OtherScheme", {{full, "file:///etc/passwd"}}, nullptr, "begins with neither"},
      {"NoUrl", {{full, "agent"}}, nullptr, "is not a URL"},
      {"RelativeElsewhere", {{relative, "@evil.example/x"}}, nullptr, "does not begin with /"},
      {"Nothing", {}, nullptr, "container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor"},
  };
  for (const Row& row : rows) {
    TestWorld world;
    world.variables = row.variables;
    world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Bearer abc";
    world.http.will_answer(200, endpoint_body("ASIABOX"));
    EXPECT_THAT(world.told(of(ProviderKind::kContainer)), HasSubstr(row.expected)) << row.name;
    ASSERT_EQ(world.http.requests.size(), row.url == nullptr ? 0U : 1U) << row.name;
    if (row.url == nullptr) continue;
    EXPECT_EQ(world.http.requests[0].url, row.url) << row.name;
    EXPECT_EQ(header_of(world.http.requests[0], "Authorization"), "Bearer abc") << row.name;
    EXPECT_EQ(world.http.requests[0].limits.deadline, kLocalLimits.deadline);
  }
}

TEST(ContainerProvider, ReadsItsTokenFileEachTime) {
  TestWorld world;
  world.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"},
                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "stale"},
                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", world.folder.write("token", "first\n", 0644)}};
  const auto provider = make_provider(of(ProviderKind::kContainer), world.surroundings());
  ASSERT_TRUE(provider);
  for (const char* token : {"first", "second"}) {
    world.folder.write("token", token);
    world.http.will_answer(200, endpoint_body("ASIABOX"));
    EXPECT_TRUE((*provider)->fetch());
    EXPECT_EQ(header_of(world.http.requests.back(), "Authorization"), token);
  }
  world.folder.write("token", "\n");
  EXPECT_EQ(told((*provider)->fetch()), "kRetry: container: http://169.254.170.2/x: expected a token in " +
                                            world.folder.path("token") + ", it is empty");
  std::filesystem::remove(world.folder.path("token"));
  EXPECT_THAT(told((*provider)->fetch()), HasSubstr("kStop: container: http://169.254.170.2/x: cannot open"));
  EXPECT_EQ(world.http.requests.size(), 2U);
}

TEST(ImdsProvider, IsOffUnlessAllowed) {
  TestWorld world;
  EXPECT_THAT(world.told(of(ProviderKind::kInstanceMetadata)), HasSubstr("kStop: imds: chosen, but not allowed"));
  auto options = of(ProviderKind::kInstanceMetadata);
  options.allows_instance_metadata = true;
  world.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_THAT(world.told(options), HasSubstr("imds (AWS_EC2_METADATA_DISABLED is true)"));
  EXPECT_TRUE(world.http.requests.empty());
}

TEST(ImdsProvider, AsksInThreeStepsWithItsToken) {
  TestWorld world;
  auto options = of(ProviderKind::kInstanceMetadata);
  options.allows_instance_metadata = true;
  world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  world.http.will_answer(200, "TOKEN==");
  world.http.will_answer(200, "server-role\n");
  world.http.will_answer(200, endpoint_body("ASIAEC"));
  EXPECT_EQ(world.told(options), "ASIAEC from imds:server-role");
  const auto& asked = world.http.requests;
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].method + " " + asked[0].url, "PUT http://[fd00:ec2::254]/latest/api/token");
  EXPECT_EQ(header_of(asked[0], "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(asked[2].url, "http://[fd00:ec2::254]/latest/meta-data/iam/security-credentials/server-role");
  EXPECT_EQ(header_of(asked[1], "x-aws-ec2-metadata-token"), "TOKEN==");
  EXPECT_EQ(header_of(asked[2], "x-aws-ec2-metadata-token"), "TOKEN==");
}

TEST(ImdsProvider, StopsAtTheFirstWrongAnswer) {
  using Answers = std::vector<std::pair<int, std::string>>;
  struct Row {
    const char* name;
    Answers answers;
    const char* expected;
  };
  const Row rows[] = {
      {"NoVersion2", {{403, ""}}, "kStop: imds: http://169.254.169.254/latest/api/token: answered 403"},
      {"Portal",
       {{200, "<html>Log in</html>"}},
       "kRetry: imds: http://169.254.169.254/latest/api/token: expected a token"},
      {"EmptyToken", {{200, ""}}, "expected a token"},
      {"NoRole", {{200, "T"}, {404, ""}}, "kStop: imds: http://169.254.169.254/latest/meta-data/iam/security-cred"},
      {"RoleIsAPage", {{200, "T"}, {200, "<html>"}}, "expected the name of a role"},
      {"RoleIsAPath", {{200, "T"}, {200, "../../user-data"}}, "expected the name of a role"},
      {"Failed", {{200, "T"}, {200, "r"}, {200, R"({"Code":"Failed"})"}}, "kRetry: imds:r: http://169.254.169.254/lat"},
      {"Down", {}, "kRetry: imds: http://169.254.169.254/latest/api/token: the link is down"},
  };
  for (const Row& row : rows) {
    TestWorld world;
    auto options = of(ProviderKind::kInstanceMetadata);
    options.allows_instance_metadata = true;
    for (const auto& [status, body] : row.answers) world.http.will_answer(status, body);
    EXPECT_THAT(world.told(options), HasSubstr(row.expected)) << row.name;
  }
  for (const char* endpoint : {"http://metadata.example", "ftp://169.254.169.254", "x"}) {
    TestWorld world;
    auto options = of(ProviderKind::kInstanceMetadata);
    options.allows_instance_metadata = true;
    world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = endpoint;
    EXPECT_THAT(world.told(options), HasSubstr("kStop: imds: ")) << endpoint;
    EXPECT_TRUE(world.http.requests.empty());
  }
}

}  // namespace
}  // namespace odograph::aws
