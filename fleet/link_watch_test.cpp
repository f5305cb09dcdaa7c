#include "fleet/link_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "lib/base/test_folder.h"
#include "lib/kafka/test_pairs.h"

namespace odograph::fleet {
namespace {

using Kind = LinkWatch::News::Kind;

class LinkWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    files_.write("cert", kafka::kCert);
    files_.write("key", kafka::kKey);
  }
  kafka::Security security() const {
    kafka::Security security;
    security.protocol = kafka::Protocol::kTls;
    security.cert_file = files_.path() / "cert";
    security.key_file = files_.path() / "key";
    return security;
  }
  LinkWatch::News next(LinkWatch& watch) {
    now_ += LinkWatch::kEvery;
    return watch.look(now_);
  }

  base::TestFolder files_;
  base::BootTime now_{base::Millis{1000}};
};

TEST_F(LinkWatchTest, LooksNoMoreOftenThanEveryFiveSeconds) {
  LinkWatch watch{security(), now_};
  std::filesystem::remove(files_.path() / "key");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(watch.look(now_ + base::Millis{i * 49}).kind, Kind::kNone);
  EXPECT_EQ(next(watch).kind, Kind::kNone);
  EXPECT_EQ(next(watch).kind, Kind::kNone);
  const auto gone = next(watch);
  EXPECT_EQ(gone.kind, Kind::kGone) << "for three looks";
  EXPECT_EQ(gone.why, "kafka.key_file " + (files_.path() / "key").string() + " was taken away");
}

TEST_F(LinkWatchTest, TellsOnceWhatCannotServeAndRenewsWhatCan) {
  LinkWatch watch{security(), now_};
  EXPECT_EQ(next(watch).kind, Kind::kNone);
  files_.write("key", kafka::kOtherKey);
  EXPECT_EQ(next(watch).kind, Kind::kNone) << "it may be half-written";
  const auto unfit = next(watch);
  EXPECT_EQ(unfit.kind, Kind::kTrouble);
  EXPECT_NE(unfit.why.find("which cannot serve"), std::string::npos) << unfit.why;
  EXPECT_EQ(next(watch).kind, Kind::kNone) << "told";
  files_.write("cert", kafka::kOtherCert);
  EXPECT_EQ(next(watch).kind, Kind::kNone);
  EXPECT_EQ(next(watch).kind, Kind::kRenew);
}

TEST_F(LinkWatchTest, HasNothingToLookAtWithoutTls) {
  kafka::Security plain = security();
  plain.protocol = kafka::Protocol::kPlaintext;
  LinkWatch watch{plain, now_};
  std::filesystem::remove(files_.path() / "key");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(next(watch).kind, Kind::kNone);
}

}  // namespace
}  // namespace odograph::fleet
