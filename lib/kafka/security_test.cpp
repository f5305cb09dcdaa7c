#include "lib/kafka/security.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "lib/base/test_folder.h"
#include "lib/kafka/producer.h"
#include "lib/kafka/security_settings.h"
#include "lib/kafka/test_pairs.h"

namespace odograph::kafka {
namespace {

class SecurityFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.emplace();
    folder_->write("ca.pem", kCert, 0644);
    folder_->write("cert.pem", kCert, 0644);
    folder_->write("key.pem", kKey, 0600);
    security_ = {Protocol::kTls, path("ca.pem"), path("cert.pem"), path("key.pem")};
  }

  std::string path(const std::string& name) const { return folder_->path(name); }
  base::Status refused_or_made() {
    ProducerOptions options;
    options.brokers = "127.0.0.1:1";
    options.security = security_;
    const auto producer = Producer::create(options);
    if (!producer) return producer.error();
    return {};
  }

  std::optional<base::TestFolder> folder_;
  Security security_;
};

TEST_F(SecurityFiles, GoodOnesAreTaken) {
  const base::Status made = refused_or_made();
  EXPECT_TRUE(made) << made.error().what;
  const auto settings = security_settings(security_);
  ASSERT_TRUE(settings);
  const Settings expected = {{"security.protocol", "ssl"},
                             {"ssl.cipher.suites", settings->at(1).second},
                             {"ssl.ca.location", path("ca.pem")},
                             {"ssl.certificate.location", path("cert.pem")},
                             {"ssl.key.location", path("key.pem")}};
  EXPECT_EQ(*settings, expected);
}

TEST_F(SecurityFiles, AKeyMayBeLentToAGroup) {
  ::chmod(path("key.pem").c_str(), 0640);
  const base::Status made = refused_or_made();
  EXPECT_TRUE(made) << made.error().what;
}

TEST_F(SecurityFiles, AKeyOfSomebodyElseIsRefused) {
  // Only root can give a file away; for anybody else it stays a good one.
  const bool is_given = ::chown(path("key.pem").c_str(), 4242, 4242) == 0;
  const base::Status made = refused_or_made();
  EXPECT_EQ(made ? "" : made.error().what, is_given ? "kafka.key_file " + path("key.pem") +
                                                          " belongs to user 4242, not to root: change its owner (chown)"
                                                    : "");
}

TEST_F(SecurityFiles, TlsWithTheSystemsAuthoritiesNeedsNone) {
  security_ = {Protocol::kTls, "", "", ""};
  EXPECT_TRUE(refused_or_made());
}

TEST_F(SecurityFiles, PlaintextLooksAtNoFile) {
  security_ = {Protocol::kPlaintext, "/nowhere", "/nowhere", "/nowhere"};
  EXPECT_TRUE(refused_or_made());
}

struct BadFiles {
  const char* name;
  std::function<void(const std::string& folder, Security&)> change;
  std::vector<std::string> says;
};

void write(const std::string& file, const std::string& text, mode_t mode) {
  std::ofstream{file} << text;
  ::chmod(file.c_str(), mode);
}

TEST_F(SecurityFiles, BadOnesAreNamed) {
  const std::string spoilt = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string spoilt_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  const std::string locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
  const BadFiles cases[] = {
      {"CaMissing",
       [](auto& f, auto&) { ::unlink((f + "/ca.pem").c_str()); },
       {"kafka.ca_file", "ca.pem", "No such file"}},
      {"CaIsAFolder", [](auto& f, auto& s) { s.ca_file = f; }, {"ca_file", "directory"}},
      {"CaIsNoPem", [](auto& f, auto&) { write(f + "/ca.pem", "hello", 0644); }, {"ca_file", "ca.pem", "PEM"}},
      {"CaIsAKey", [](auto& f, auto& s) { s.ca_file = f + "/key.pem"; }, {"ca_file", "CERTIFICATE"}},
      {"CaIsSpoilt", [&](auto& f, auto&) { write(f + "/ca.pem", spoilt, 0644); }, {"ca.pem"}},
      {"CertMissing", [](auto& f, auto&) { ::unlink((f + "/cert.pem").c_str()); }, {"cert_file", "cert.pem"}},
      {"CertIsSpoilt", [&](auto& f, auto&) { write(f + "/cert.pem", spoilt, 0644); }, {"cert.pem"}},
      {"CertWithoutKey", [](auto&, auto& s) { s.key_file.clear(); }, {"kafka.cert_file", "kafka.key_file"}},
      {"KeyWithoutCert", [](auto&, auto& s) { s.cert_file.clear(); }, {"kafka.key_file", "kafka.cert_file"}},
      {"KeyMissing",
       [](auto& f, auto&) { ::unlink((f + "/key.pem").c_str()); },
       {"kafka.key_file /", "key.pem: No such file"}},
      {"KeyWrittenByAll", [](auto& f, auto&) { ::chmod((f + "/key.pem").c_str(), 0622); }, {"key_file", "0622"}},
      {"KeyWrittenByTheGroup", [](auto& f, auto&) { ::chmod((f + "/key.pem").c_str(), 0660); }, {"key.pem", "0660"}},
      {"KeyForAll", [](auto& f, auto&) { ::chmod((f + "/key.pem").c_str(), 0604); }, {"key.pem", "0604"}},
      {"KeyIsACertificate", [](auto& f, auto&) { write(f + "/key.pem", kCert, 0600); }, {"key.pem", "PRIVATE KEY"}},
      {"KeyIsSpoilt", [&](auto& f, auto&) { write(f + "/key.pem", spoilt_key, 0600); }, {"key.pem"}},
      {"KeyIsLocked", [&](auto& f, auto&) { write(f + "/key.pem", locked, 0600); }, {"key.pem", "passphrase"}},
      {"Iam", [](auto&, auto& s) { s.protocol = Protocol::kTlsIam; }, {"kafka.security tls_iam", "tokens"}},
  };
  for (const BadFiles& row : cases) {
    SetUp();
    row.change(folder_->path().string(), security_);
    const base::Status made = refused_or_made();
    ASSERT_FALSE(made) << row.name;
    EXPECT_EQ(made.error().action, base::Action::kStop) << row.name;
    for (const std::string& part : row.says) {
      EXPECT_NE(made.error().what.find(part), std::string::npos) << row.name << ": " << made.error().what;
    }
  }
}

}  // namespace
}  // namespace odograph::kafka
