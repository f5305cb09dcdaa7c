#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "lib/aws/http_client.h"
#include "lib/aws/test_certificates.h"
#include "lib/aws/test_server.h"

namespace odograph::aws {
namespace {

using base::Action;

class HttpTlsTest : public ::testing::Test {
 protected:
  HttpTlsTest() {
    make_certificate(folder_, {.name = "ca", .is_authority = true});
    make_certificate(folder_, {.name = "other-ca", .is_authority = true});
    make_certificate(folder_, {.name = "server", .issuer = "ca", .alt_name = "IP:127.0.0.1"});
    make_certificate(folder_, {.name = "device", .issuer = "ca"});
    make_certificate(folder_, {.name = "foreign", .issuer = "other-ca"});
  }

  TestTls tls(const std::string& name, const std::string& client_ca = {}) const {
    return {folder_.path(name + ".pem"), folder_.path(name + ".key"),
            client_ca.empty() ? std::string{} : folder_.path(client_ca + ".pem")};
  }

  HttpRequest request(const TestServer& server) const {
    HttpRequest made;
    made.url = server.url();
    made.tls.ca_file = folder_.path("ca.pem");
    made.limits = {base::Millis{5000}, base::Millis{10'000}};
    return made;
  }

  static TestAnswer ok() {
    return [](const std::string&) { return http_answer(200, "ok"); };
  }

  TestFolder folder_;
};

TEST_F(HttpTlsTest, VouchesForTheDateOfAVerifiedServer) {
  const TestServer server(ok(), tls("server"));
  const auto answer = CurlHttpClient{}.send(request(server));
  ASSERT_TRUE(answer) << answer.error().what;
  ASSERT_TRUE(answer->time);
  EXPECT_TRUE(answer->time->is_verified);
}

TEST_F(HttpTlsTest, RefusesServersThatItCannotTrust) {
  make_certificate(folder_, {.name = "other-name", .issuer = "ca", .alt_name = "DNS:elsewhere.example"});
  make_certificate(folder_,
                   {.name = "expired", .issuer = "ca", .alt_name = "IP:127.0.0.1", .begins_s = -99, .ends_s = -9});
  make_certificate(folder_,
                   {.name = "tomorrow", .issuer = "ca", .alt_name = "IP:127.0.0.1", .begins_s = 9999, .ends_s = 99999});
  make_certificate(folder_, {.name = "self-signed", .alt_name = "IP:127.0.0.1"});
  make_certificate(folder_, {.name = "stranger", .issuer = "other-ca", .alt_name = "IP:127.0.0.1"});
  struct Row {
    const char* certificate;
    const char* word;
  };
  const Row rows[] = {{"other-name", "127.0.0.1"},
                      {"expired", "expired"},
                      {"tomorrow", "not yet valid"},
                      {"self-signed", "self-signed"},
                      {"stranger", "unable to get local issuer"}};
  for (const Row& row : rows) {
    const TestServer server(ok(), tls(row.certificate));
    const auto answer = CurlHttpClient{}.send(request(server));
    ASSERT_FALSE(answer) << row.certificate;
    EXPECT_EQ(answer.error().action, Action::kRetry);
    EXPECT_NE(answer.error().what.find(row.word), std::string::npos) << answer.error().what;
    EXPECT_NE(answer.error().what.find("captive portal"), std::string::npos) << answer.error().what;
    EXPECT_TRUE(server.requests().empty())
        << row.certificate << ": nothing may be told to a server that is not trusted";
  }
}

TEST_F(HttpTlsTest, RefusesAServerThatSpeaksInTheClear) {
  const TestServer server(ok());
  auto made = request(server);
  made.url.replace(0, 4, "https");
  made.limits.connect = base::Millis{200};
  const auto answer = CurlHttpClient{}.send(made);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, Action::kRetry);
}

TEST_F(HttpTlsTest, ShowsTheClientCertificate) {
  const TestServer server(ok(), tls("server", "ca"));
  auto made = request(server);
  made.tls.certificate_file = folder_.path("device.pem");
  made.tls.key = folder_.path("device.key");
  const auto answer = CurlHttpClient{}.send(made);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 200);
}

TEST_F(HttpTlsTest, LoadsAKeyByItsUri) {
  const TestServer server(ok(), tls("server", "ca"));
  auto made = request(server);
  made.tls.certificate_file = folder_.path("device.pem");
  // OpenSSL's own loader for file: stands in for a provider's pkcs11: or handle:, all through the same store.
  made.tls.key = "file:" + folder_.path("device.key");
  const auto answer = CurlHttpClient{}.send(made);
  ASSERT_TRUE(answer) << answer.error().what;
}

TEST_F(HttpTlsTest, IsRefusedWithoutTheRightClientCertificate) {
  const TestServer server(ok(), tls("server", "ca"));
  for (const char* name : {"", "foreign"}) {
    auto made = request(server);
    if (*name != '\0') made.tls.certificate_file = folder_.path(std::string(name) + ".pem");
    if (*name != '\0') made.tls.key = folder_.path(std::string(name) + ".key");
    const auto answer = CurlHttpClient{}.send(made);
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().action, Action::kRetry);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpTlsTest, RotatedFilesCountFromTheNextRequestOn) {
  const TestServer server(ok(), tls("server", "ca"));
  std::filesystem::copy_file(folder_.path("foreign.pem"), folder_.path("current.pem"));
  std::filesystem::copy_file(folder_.path("foreign.key"), folder_.path("current.key"));
  auto made = request(server);
  made.tls.certificate_file = folder_.path("current.pem");
  made.tls.key = folder_.path("current.key");
  CurlHttpClient client;
  ASSERT_FALSE(client.send(made));
  std::filesystem::rename(folder_.path("device.pem"), folder_.path("current.pem"));
  std::filesystem::rename(folder_.path("device.key"), folder_.path("current.key"));
  EXPECT_TRUE(client.send(made));
}

TEST_F(HttpTlsTest, StopsAtFilesThatCannotServe) {
  const TestServer server(ok(), tls("server", "ca"));
  folder_.write("text", "not PEM\n");
  folder_.write("locked.key",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHjME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAg=\n"
                "-----END ENCRYPTED PRIVATE KEY-----\n");
  std::ifstream key(folder_.path("device.key"));
  folder_.write("open.key", {std::istreambuf_iterator<char>(key), {}}, 0644);
  const std::string device = folder_.path("device.pem");
  struct Row {
    const char* name;
    std::string certificate;
    std::string key;
    const char* word;
  };
  const Row rows[] = {
      {"NoCertificate", folder_.path("none.pem"), folder_.path("device.key"), "none.pem"},
      {"NotACertificate", folder_.path("text"), folder_.path("device.key"), "text"},
      {"NoKey", device, folder_.path("none.key"), "none.key"},
      {"NotAKey", device, folder_.path("text"), "no private key could be read from"},
      {"EncryptedKey", device, folder_.path("locked.key"), "no private key could be read from"},
      {"KeyOpenToOthers", device, folder_.path("open.key"), "chmod"},
      {"KeyOfAnother", device, folder_.path("foreign.key"), "is not the one of the certificate"},
      {"NoKeyNamed", device, "", "cannot open"},
      {"KeyFileOfAUri", device, "file:" + folder_.path("none.key"), "none.key: No such file"},
      {"NoKeyInAUri", device, "file:" + folder_.path("text"), "by its file: URI"},
      {"UriOpenToOthers", device, "file:" + folder_.path("open.key"), "chmod"},
      {"UriWithHostOpenToOthers", device, "FILE://localhost" + folder_.path("open.key"), "chmod"},
      {"SchemeWithoutLoader", device, "handle:0x81000000?pin=1234", "no loader for 'handle:' keys"},
  };
  for (const Row& row : rows) {
    auto made = request(server);
    made.tls.certificate_file = row.certificate;
    made.tls.key = row.key;
    const auto answer = CurlHttpClient{}.send(made);
    ASSERT_FALSE(answer) << row.name;
    EXPECT_EQ(answer.error().action, Action::kStop) << row.name << ": " << answer.error().what;
    EXPECT_NE(answer.error().what.find(row.word), std::string::npos) << row.name << ": " << answer.error().what;
    EXPECT_EQ(answer.error().what.find("1234"), std::string::npos) << "a PIN in an error: " << answer.error().what;
  }
  auto made = request(server);
  made.tls.ca_file = folder_.path("none.pem");
  const auto answer = CurlHttpClient{}.send(made);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().action, Action::kStop) << answer.error().what;
}

}  // namespace
}  // namespace odograph::aws
