#include "lib/aws/pem_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "lib/aws/test_certificates.h"

namespace odograph::aws {
namespace {

class PemFiles : public ::testing::Test {
 protected:
  PemFiles() {
    make_certificate(folder_, {.name = "ca", .is_authority = true});
    make_certificate(folder_, {.name = "one", .issuer = "ca"});
    make_certificate(folder_, {.name = "two", .issuer = "ca"});
  }
  std::string text(const std::string& name) const {
    std::ifstream file(folder_.path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TestFolder folder_;
};

TEST_F(PemFiles, OfAPairAreTaken) {
  folder_.write("chain.pem", text("one.pem") + text("ca.pem"));
  for (const char* certificate : {"one.pem", "chain.pem"}) {
    const auto sound = check_pem_pair(folder_.path(certificate), folder_.path("one.key"));
    EXPECT_TRUE(sound) << sound.error().what;
  }
  folder_.write("bundle.pem", "# Ours.\n" + text("ca.pem") + "\n" + text("one.pem"));
  const auto sound = check_pem_authorities(folder_.path("bundle.pem"));
  EXPECT_TRUE(sound) << sound.error().what;
}

TEST_F(PemFiles, ThatAreNoPairAreRefusedByName) {
  const std::string one = text("one.pem");
  const std::string key = text("one.key");
  folder_.write("half.pem", one.substr(0, one.size() / 2));
  folder_.write("half-chain.pem", one + text("ca.pem").substr(0, 200));
  folder_.write("half.key", key.substr(0, key.size() / 2));
  folder_.write("empty", "");
  folder_.write("locked.key",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHjME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAg=\n"
                "-----END ENCRYPTED PRIVATE KEY-----\n");
  struct Row {
    const char* certificate;
    const char* key;
    const char* names;
  };
  const Row rows[] = {{"one.pem", "two.key", "two.key"},      {"two.pem", "one.key", "one.key"},
                      {"half.pem", "one.key", "half.pem"},    {"half-chain.pem", "one.key", "half-chain.pem"},
                      {"one.pem", "half.key", "half.key"},    {"empty", "one.key", "empty"},
                      {"one.pem", "empty", "empty"},          {"none.pem", "one.key", "none.pem"},
                      {"one.pem", "none.key", "none.key"},    {"one.key", "one.key", "one.key"},
                      {"one.pem", "locked.key", "locked.key"}};
  for (const Row& row : rows) {
    const auto sound = check_pem_pair(folder_.path(row.certificate), folder_.path(row.key));
    ASSERT_FALSE(sound) << row.certificate << " " << row.key;
    EXPECT_EQ(sound.error().action, base::Action::kStop);
    EXPECT_NE(sound.error().what.find(row.names), std::string::npos) << sound.error().what;
  }
  for (const char* name : {"half.pem", "half-chain.pem", "empty", "none.pem", "one.key"}) {
    const auto sound = check_pem_authorities(folder_.path(name));
    ASSERT_FALSE(sound) << name;
    EXPECT_NE(sound.error().what.find(name), std::string::npos) << sound.error().what;
  }
}

TEST_F(PemFiles, AreMarkedByEachWriting) {
  const auto before = mark_of(folder_.path("one.pem"));
  ASSERT_TRUE(before);
  EXPECT_EQ(mark_of(folder_.path("one.pem")), before);
  EXPECT_FALSE(mark_of(folder_.path("none.pem")));
  std::filesystem::rename(folder_.path("two.pem"), folder_.path("one.pem"));
  EXPECT_NE(mark_of(folder_.path("one.pem")), before);
  folder_.write("one.pem", "longer " + text("one.pem"));
  EXPECT_NE(mark_of(folder_.path("one.pem")), before);
}

}  // namespace
}  // namespace odograph::aws
