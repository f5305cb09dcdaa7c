#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "lib/aws/test_certificates.h"
#include "lib/aws/test_server.h"
#include "lib/aws/test_world.h"

namespace odograph::aws {
namespace {

using ::testing::HasSubstr;

/// A credential provider like AWS IoT Core's, which knows its devices by their certificates.
class IotTlsTest : public ::testing::Test {
 protected:
  IotTlsTest() {
    make_certificate(world_.folder, {.name = "ca", .is_authority = true});
    make_certificate(world_.folder, {.name = "other-ca", .is_authority = true});
    make_certificate(world_.folder, {.name = "server", .issuer = "ca", .alt_name = "IP:127.0.0.1"});
    make_certificate(world_.folder, {.name = "device", .issuer = "ca"});
    make_certificate(world_.folder, {.name = "foreign", .issuer = "other-ca"});
  }

  TestTls tls() const {
    return {world_.folder.path("server.pem"), world_.folder.path("server.key"), world_.folder.path("ca.pem")};
  }

  std::string told(const TestServer& server, const std::string& device) {
    ProviderOptions options;
    options.kind = ProviderKind::kIot;
    options.iot = {"127.0.0.1:" + std::to_string(server.port()), "fleet", "bus-7", world_.folder.path(device + ".pem"),
                   world_.folder.path(device + ".key")};
    options.ca_file = world_.folder.path("ca.pem");
    CurlHttpClient http;
    const auto provider =
        make_provider(options, {http, world_.surroundings().environment, world_.surroundings().utc_now});
    if (!provider) return provider.error().what;
    fetched_ = (*provider)->fetch();
    return aws::told(*fetched_);
  }

  TestWorld world_;
  std::optional<base::Result<Credentials>> fetched_;
};

TEST_F(IotTlsTest, GivesADeviceItsIdentity) {
  const TestServer server([](const std::string&) { return http_answer(200, iot_body("ASIAIOT")); }, tls());
  EXPECT_EQ(told(server, "device"), "ASIAIOT from iot:fleet");
  ASSERT_TRUE(fetched_ && *fetched_);
  ASSERT_TRUE((*fetched_)->answered);
  EXPECT_TRUE((*fetched_)->answered->is_verified);
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(server.requests()[0], HasSubstr("GET /role-aliases/fleet/credentials HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[0], HasSubstr("x-amzn-iot-thingname: bus-7\r\n"));
}

TEST_F(IotTlsTest, GivesAForeignDeviceNothing) {
  const TestServer server([](const std::string&) { return http_answer(200, iot_body("ASIAIOT")); }, tls());
  const std::string what = told(server, "foreign");
  EXPECT_THAT(what, HasSubstr("kRetry: iot:fleet: https://127.0.0.1:"));
  EXPECT_THAT(what,
              HasSubstr("the credential endpoint refused the client certificate " + world_.folder.path("foreign.pem")));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(IotTlsTest, GoesOnWithTheLastPairWhileTheNextIsHalfWritten) {
  const TestServer server([](const std::string&) { return http_answer(200, iot_body("ASIAIOT")); }, tls());
  const auto copy = [this](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(world_.folder.path(from), world_.folder.path(to),
                               std::filesystem::copy_options::overwrite_existing);
  };
  make_certificate(world_.folder, {.name = "next", .issuer = "ca"});
  for (const std::string scheme : {"", "file:"}) {
    copy("device.pem", "now.pem");
    copy("device.key", "now.key");
    ProviderOptions options;
    options.kind = ProviderKind::kIot;
    options.iot = {"127.0.0.1:" + std::to_string(server.port()), "fleet", "bus-7", world_.folder.path("now.pem"),
                   scheme + world_.folder.path("now.key")};
    options.ca_file = world_.folder.path("ca.pem");
    CurlHttpClient http;
    const auto provider =
        make_provider(options, {http, world_.surroundings().environment, world_.surroundings().utc_now});
    ASSERT_TRUE(provider);
    const auto doubt = [&] {
      const auto fetched = (*provider)->fetch();
      return fetched ? "doubt: " + fetched->doubt : "none: " + fetched.error().what;
    };
    EXPECT_EQ(doubt(), "doubt: ");
    copy("next.pem", "now.pem");
    EXPECT_THAT(doubt(), HasSubstr("doubt: the private key is not the one of the certificate in "));
    copy("next.key", "now.key");
    EXPECT_EQ(doubt(), "doubt: ");
    std::filesystem::remove(world_.folder.path("now.key"));
    EXPECT_THAT(doubt(), HasSubstr("none: iot:fleet: ")) << "what was taken away is no more used";
    copy("foreign.key", "now.key");
    EXPECT_THAT(doubt(), HasSubstr("none: iot:fleet: ")) << "nor does it come back by itself";
  }
}

TEST_F(IotTlsTest, TellsARefusalAsItWasSaid) {
  const TestServer server(
      [](const std::string&) { return http_answer(403, R"({"message":"Invalid thing name passed"})"); }, tls());
  EXPECT_THAT(told(server, "device"),
              HasSubstr("/role-aliases/fleet/credentials: answered 403 (Invalid thing name passed), expected 200"));
}

}  // namespace
}  // namespace odograph::aws
