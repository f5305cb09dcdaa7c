#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/base/test_folder.h"
#include "lib/config/load.h"
#include "lib/keys/link.h"
#include "lib/keys/speed_limit.h"

namespace odograph::keys {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> problems_of(const std::vector<std::string>& sets) {
  config::Schema schema{.options = link_options({.name = "program", .file = "fleet"}),
                        .groups = {zone_group()},
                        .relations = link_relations()};
  for (const auto& option : rule_options("The limit.")) schema.options.push_back(option);
  for (const auto& relation : rule_relations()) schema.relations.push_back(relation);
  return config::load(schema, std::nullopt, sets).problems;
}

/// A folder with files that look like what they should be; only OpenSSL would find out.
class LinkFiles : public testing::Test {
 protected:
  LinkFiles() {
    write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    write("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  }

  std::string path(const std::string& name) const { return folder_.path(name); }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  std::vector<std::string> tls(const std::string& ca, const std::string& cert, const std::string& key) const {
    std::vector<std::string> sets = {"kafka.security=tls"};
    if (!ca.empty()) sets.push_back("kafka.ca_file=" + path(ca));
    if (!cert.empty()) sets.push_back("kafka.cert_file=" + path(cert));
    if (!key.empty()) sets.push_back("kafka.key_file=" + path(key));
    return sets;
  }

  base::TestFolder folder_;
};

TEST_F(LinkFiles, AreTakenWhereTheyCanBeUsed) {
  EXPECT_THAT(problems_of(tls("", "", "")), IsEmpty());
  EXPECT_THAT(problems_of(tls("cert.pem", "", "")), IsEmpty());
  EXPECT_THAT(problems_of(tls("cert.pem", "cert.pem", "key.pem")), IsEmpty());
}

TEST_F(LinkFiles, AreNotLookedAtWithoutTls) {
  auto sets = tls("nothing", "nothing", "");
  sets.front() = "kafka.security=plaintext";
  EXPECT_THAT(problems_of(sets), IsEmpty());
}

TEST_F(LinkFiles, AreAllToldThatCannotBeRead) {
  const std::string why = ": No such file or directory";
  EXPECT_THAT(problems_of(tls("a", "b", "c")), ElementsAre("--set: kafka.ca_file: cannot read " + path("a") + why,
                                                           "--set: kafka.cert_file: cannot read " + path("b") + why,
                                                           "--set: kafka.key_file: cannot read " + path("c") + why));
}

TEST_F(LinkFiles, OfACertificateAndItsKeyNeedEachOther) {
  EXPECT_THAT(problems_of(tls("a", "cert.pem", "")),
              ElementsAre("--set: kafka.ca_file: cannot read " + path("a") + ": No such file or directory",
                          "--set: kafka.cert_file: needs kafka.key_file beside it"));
  EXPECT_THAT(problems_of(tls("", "", "key.pem")),
              ElementsAre("--set: kafka.key_file: needs kafka.cert_file beside it"));
}

TEST_F(LinkFiles, AreToldThatCannotBeUsed) {
  ::chmod(path("key.pem").c_str(), 0644);
  EXPECT_THAT(
      problems_of(tls("key.pem", "cert.pem", "key.pem")),
      ElementsAre("--set: kafka.ca_file: " + path("key.pem") + ": no PEM block that ends in \"CERTIFICATE-----\"",
                  "--set: kafka.key_file: " + path("key.pem") + " is open to other users, mode 0644: chmod " +
                      (::geteuid() == 0 ? "640 " : "600 ") + path("key.pem")));
}

std::vector<std::string> zone(const std::string& limit, const std::string& outline) {
  return {"zone.0.id=z", "zone.0.limit_kmh=" + limit, "zone.0.outline=" + outline};
}

TEST(RuleRelations, AreToldAtTheKeyThatHasToChange) {
  const std::string triangle = "[[1, 1], [1, 2], [2, 2]]";
  EXPECT_THAT(problems_of({"rules.speed_limit_kmh=20", "rules.hysteresis_kmh=19"}), IsEmpty());
  EXPECT_THAT(
      problems_of({"rules.speed_limit_kmh=20", "rules.hysteresis_kmh=20"}),
      ElementsAre("--set: rules.hysteresis_kmh: expected less than rules.speed_limit_kmh, which is 20, found 20"));
  EXPECT_THAT(problems_of(zone("4", triangle)).size(), 1U) << "out of its range, which is all that is told";
  EXPECT_THAT(problems_of(zone("30", triangle)), IsEmpty());
  auto both = zone("10", "[[1, 179], [1, -179], [2, -179]]");
  both.emplace_back("rules.hysteresis_kmh=10");
  EXPECT_THAT(problems_of(both),
              ElementsAre("--set: zone.0.limit_kmh: expected more than rules.hysteresis_kmh, which is 10, found 10",
                          "--set: zone.0.outline: corner 1: the side to it crosses the date line"));
}

}  // namespace
}  // namespace odograph::keys
