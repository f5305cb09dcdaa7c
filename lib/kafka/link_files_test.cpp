#include "lib/kafka/link_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "lib/base/test_folder.h"
#include "lib/kafka/test_pairs.h"

namespace odograph::kafka {
namespace {

using Verdict = LinkFiles::Verdict;

class LinkFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    put("ca.pem", kCert);
    put("cert.pem", kCert);
    put("key.pem", kKey);
    security_ = {Protocol::kTls, path("ca.pem"), path("cert.pem"), path("key.pem")};
  }

  std::string path(const std::string& name) const { return folder_.path(name); }
  /// As a careful rotation does it: the file is there at once.
  void put(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::filesystem::rename(folder_.write(name + ".new", text, mode), path(name));
  }

  base::TestFolder folder_;
  Security security_;
};

TEST_F(LinkFilesTest, ThatNobodyTouchedAreTheSame) {
  LinkFiles files{security_};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(files.look(), Verdict::kSame);
  EXPECT_EQ(files.why(), "");
}

TEST_F(LinkFilesTest, OfAnotherPairAreTakenOnceTheyHaveSettled) {
  LinkFiles files{security_};
  put("cert.pem", kOtherCert);
  EXPECT_EQ(files.look(), Verdict::kUnfit);
  EXPECT_EQ(files.why(), "") << "the key may be on its way";
  EXPECT_EQ(files.look(), Verdict::kUnfit);
  EXPECT_EQ(files.why(),
            "the certificate files are others, which cannot serve; those from before stay in use: " + path("key.pem") +
                ": not the key of the certificate in " + path("cert.pem") + ": key values mismatch");
  put("key.pem", kOtherKey);
  EXPECT_EQ(files.look(), Verdict::kUnfit);
  EXPECT_EQ(files.look(), Verdict::kRenew);
  EXPECT_EQ(files.look(), Verdict::kRenew) << "it stays said";
}

TEST_F(LinkFilesTest, ThatAreAsBeforeAgainAreLookedAtAgain) {
  LinkFiles files{security_};
  std::filesystem::rename(path("key.pem"), path("away"));
  for (unsigned i = 0; i < LinkFiles::kGoneLooks - 1; ++i) EXPECT_EQ(files.look(), Verdict::kUnfit);
  // Another file as far as the kernel is concerned, so that a new handle is made; it does no harm.
  std::filesystem::rename(path("away"), path("key.pem"));
  EXPECT_EQ(files.look(), Verdict::kUnfit);
  EXPECT_EQ(files.look(), Verdict::kRenew);
}

struct Row {
  const char* name;
  std::function<void(const std::string& folder)> change;
  std::vector<Verdict> looks;
  const char* says;
};

void write(const std::string& file, const std::string& text) { std::ofstream{file} << text; }

TEST_F(LinkFilesTest, AreJudgedByWhatIsThere) {
  const std::string cert{kCert};
  const Verdict unfit = Verdict::kUnfit;
  const Row rows[] = {
      {"CaIsAnother", [](auto& f) { write(f + "/ca.pem", kOtherCert); }, {unfit, Verdict::kRenew}, "are others"},
      {"CaIsGone",
       [](auto& f) { ::unlink((f + "/ca.pem").c_str()); },
       {unfit, unfit, Verdict::kGone, Verdict::kGone},
       "kafka.ca_file"},
      {"CertIsGone",
       [](auto& f) { ::unlink((f + "/cert.pem").c_str()); },
       {unfit, unfit, Verdict::kGone},
       "cert.pem was taken away"},
      {"KeyIsGone",
       [](auto& f) { ::unlink((f + "/key.pem").c_str()); },
       {unfit, unfit, Verdict::kGone},
       "kafka.key_file"},
      {"CertIsHalf",
       [&](auto& f) { write(f + "/cert.pem", cert.substr(0, 300)); },
       {unfit, unfit, unfit, unfit},
       "a PEM block in it is not whole"},
      {"ChainIsHalf",
       [&](auto& f) { write(f + "/cert.pem", cert + cert.substr(0, 300)); },
       {unfit, unfit, unfit},
       "a PEM block in it is not whole"},
      {"CaIsHalf",
       [&](auto& f) { write(f + "/ca.pem", cert + cert.substr(0, 300)); },
       {unfit, unfit, unfit},
       "ca.pem: a PEM block in it is not whole"},
      {"CertIsEmpty", [](auto& f) { write(f + "/cert.pem", ""); }, {unfit, unfit, unfit}, "kafka.cert_file"},
      {"KeyIsAnothers", [](auto& f) { write(f + "/key.pem", kOtherKey); }, {unfit, unfit, unfit}, "not the key of"},
      {"KeyIsOpen", [](auto& f) { ::chmod((f + "/key.pem").c_str(), 0644); }, {unfit, unfit, unfit}, "chmod"},
      {"SameAgain", [&](auto& f) { write(f + "/cert.pem", kCert); }, {unfit, Verdict::kRenew}, "are others"},
  };
  for (const Row& row : rows) {
    put("ca.pem", kCert);
    put("cert.pem", kCert);
    put("key.pem", kKey);
    LinkFiles files{security_};
    row.change(folder_.path().string());
    for (const Verdict expected : row.looks) EXPECT_EQ(files.look(), expected) << row.name;
    EXPECT_NE(files.why().find(row.says), std::string::npos) << row.name << ": " << files.why();
  }
}

TEST_F(LinkFilesTest, ThatSettleLateAreNotTakenInBetween) {
  LinkFiles files{security_};
  for (int i = 1; i < 5; ++i) {
    put("ca.pem", std::string{kCert} + kOtherCert + std::string(static_cast<std::size_t>(i), '\n'));
    EXPECT_EQ(files.look(), Verdict::kUnfit) << i;
  }
  EXPECT_EQ(files.look(), Verdict::kRenew);
}

TEST_F(LinkFilesTest, AreNotLookedAtWithoutTls) {
  security_.protocol = Protocol::kPlaintext;
  LinkFiles files{security_};
  std::filesystem::remove_all(folder_.path());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(files.look(), Verdict::kSame);
}

}  // namespace
}  // namespace odograph::kafka
