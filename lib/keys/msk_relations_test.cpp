#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lib/base/test_folder.h"
#include "lib/config/load.h"
#include "lib/kafka/test_pairs.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"

namespace odograph::keys {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> problems_of(std::vector<std::string> sets, const std::string& security = "tls_iam") {
  config::Schema schema{.options = link_options({.name = "program", .file = "fleet"}), .relations = msk_relations()};
  for (const auto& option : msk_options()) schema.options.push_back(option);
  sets.push_back("kafka.security=" + security);
  return config::load(schema, std::nullopt, sets).problems;
}

class MskRelations : public testing::Test {
 protected:
  void SetUp() override {
    files_.write("device.pem", kafka::kCert);
    files_.write("device.key", kafka::kKey);
    files_.write("other.key", kafka::kOtherKey);
  }

  std::vector<std::string> iot(const std::string& left_out = "-") const {
    std::vector<std::string> sets = {"kafka.region=eu-central-1",
                                     "aws.credentials=iot",
                                     "aws.iot_endpoint=a1.credentials.iot.eu-central-1.amazonaws.com",
                                     "aws.iot_role_alias=odograph-vehicle",
                                     "aws.iot_cert_file=" + folder_ + "/device.pem",
                                     "aws.iot_key=" + folder_ + "/device.key"};
    std::erase_if(sets, [&](const std::string& set) { return set.starts_with(left_out); });
    return sets;
  }
  static std::vector<std::string> with(std::vector<std::string> sets, const std::vector<std::string>& more) {
    sets.insert(sets.end(), more.begin(), more.end());
    return sets;
  }

  base::TestFolder files_;
  std::string folder_ = files_.path().string();
};

const std::string kRegion = "kafka.region=eu-central-1";
const std::string kRole = "aws.role_arn=arn:aws:iam::111122223333:role/odograph-msk";

TEST_F(MskRelations, LetSoundOnesBe) {
  const std::vector<std::string> sound[] = {
      iot(),
      with(iot(), {"aws.iot_thing_name=truck-17", "aws.proxy=http://proxy.example:3128", kRole}),
      {kRegion, "aws.credentials=process", "aws.process_command=/bin/credentials 'a b' \"c\""},
      {kRegion, "aws.sts_endpoint=https://sts.example:8443", "aws.allow_imds=false"},
      {kRegion, "aws.allow_imds=true", "aws.profile=odograph", "aws.web_identity_token_file=/token"},
      {kRegion, "aws.credentials=imds", "aws.allow_imds=true"},
      {kRegion, "aws.credentials=web-identity", "aws.role_session_name=fleet", "aws.sts_region=eu-west-1"},
      {kRegion, "aws.credentials=environment", kRole, "aws.role_external_id=7f3a", "aws.sts_region=eu-west-1"},
      {R"(kafka.brokers=["b-1.demo.abc123.c2.kafka.eu-west-1.amazonaws.com:9098"])"},
      {kRegion, "aws.credentials=iot", "aws.iot_endpoint=a1.example", "aws.iot_role_alias=x",
       "aws.iot_cert_file=" + folder_ + "/device.pem", "aws.iot_key=pkcs11:token=device"},
  };
  for (const auto& sets : sound) EXPECT_THAT(problems_of(sets), IsEmpty()) << testing::PrintToString(sets);
}

TEST_F(MskRelations, AreNotLookedAtWithoutIam) {
  for (const char* security : {"plaintext", "tls"}) {
    EXPECT_THAT(problems_of({"aws.credentials=iot", "aws.profile=odograph", "aws.role_external_id=x"}, security),
                IsEmpty());
  }
}

TEST_F(MskRelations, TellAllThatAProviderLacks) {
  const std::string needs = R"(, which aws.credentials = "iot" needs; nothing is set)";
  EXPECT_THAT(problems_of({kRegion, "aws.credentials=iot"}),
              ElementsAre("--set: aws.iot_endpoint: expected the host of IoT Core's credential provider" + needs,
                          "--set: aws.iot_role_alias: expected a role alias" + needs,
                          "--set: aws.iot_cert_file: expected the device's certificate, a PEM file" + needs,
                          "--set: aws.iot_key: expected its key, a PEM file or a URI of a key in hardware" + needs));
  for (const char* key : {"aws.iot_endpoint", "aws.iot_role_alias", "aws.iot_cert_file", "aws.iot_key"}) {
    const auto problems = problems_of(iot(key));
    ASSERT_EQ(problems.size(), 1U) << key;
    EXPECT_TRUE(problems.front().starts_with("--set: " + std::string{key} + ": expected ")) << problems.front();
  }
  EXPECT_THAT(problems_of({kRegion, "aws.credentials=process"}),
              ElementsAre("--set: aws.process_command: expected a program with its words, which aws.credentials = "
                          "\"process\" needs; nothing is set"));
}

TEST_F(MskRelations, TellAnotherProvidersKeys) {
  EXPECT_THAT(
      problems_of(with(iot(), {"aws.profile=odograph", "aws.process_command=/bin/c", "aws.allow_imds=true"})),
      ElementsAre("--set: aws.profile: expected with aws.credentials = \"profile\" only, but aws.credentials = \"iot\"",
                  "--set: aws.process_command: expected with aws.credentials = \"process\" only, but aws.credentials = "
                  "\"iot\"",
                  "--set: aws.allow_imds: expected with aws.credentials = \"default\" only, but aws.credentials = "
                  "\"iot\""));
  const auto problems = problems_of(with(iot("aws.credentials"), {"aws.credentials=default"}));
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_EQ(problems.front(),
            "--set: aws.iot_endpoint: expected with aws.credentials = \"iot\" only, but aws.credentials = \"default\"");
}

TEST_F(MskRelations, TellWhatARoleIsMissingFor) {
  EXPECT_THAT(problems_of(with(iot(), {"aws.role_external_id=7f3a", "aws.sts_region=eu-west-1"})),
              ElementsAre("--set: aws.role_external_id: expected beside aws.role_arn, the role that asks for it",
                          "--set: aws.sts_region: expected beside aws.role_arn: without a role nobody asks STS with "
                          "aws.credentials = \"iot\""));
}

TEST_F(MskRelations, TellWhereNoRegionIsKnown) {
  EXPECT_THAT(problems_of({"aws.credentials=environment", R"(kafka.brokers=["kafka.example:9098"])"}),
              ElementsAre("--set: kafka.region: expected an AWS region such as \"eu-central-1\": no AWS region in the "
                          "broker's name \"kafka.example:9098\": set kafka.region"));
}

TEST_F(MskRelations, TellWhatIsMalformedAtItsKey) {
  const std::pair<std::string, const char*> rows[] = {{"aws.iot_endpoint=https://a1.example", "aws.iot_endpoint"},
                                                      {"aws.iot_role_alias=a/b", "aws.iot_role_alias"},
                                                      {"aws.iot_thing_name=a b", "aws.iot_thing_name"},
                                                      {"aws.iot_key=pkcs11:token=d?pin-value=1234", "aws.iot_key"},
                                                      {"aws.proxy=proxy", "aws.proxy"}};
  for (const auto& [set, key] : rows) {
    const auto problems = problems_of(with(iot(std::string{key}), {set}));
    ASSERT_EQ(problems.size(), 1U) << set;
    EXPECT_TRUE(problems.front().starts_with(std::string{"--set: "} + key + ": ")) << problems.front();
    EXPECT_EQ(problems.front().find("1234"), std::string::npos);
  }
}

TEST_F(MskRelations, NeverRepeatThePasswordOfAUrl) {
  const std::string url = "https://user:sesame@host.example:8443";
  const std::string sets[] = {"aws.sts_endpoint=" + url,
                              "aws.proxy=" + url,
                              "aws.proxy=https://user:sesame@:",
                              "aws.iot_endpoint=user:sesame@host.example",
                              "aws.iot_endpoint=" + url,
                              "kafka.signing_host=" + url,
                              "kafka.region=" + url,
                              "kafka.brokers=" + url,
                              "kafka.brokers=[\"" + url + "\"]",
                              "kafka.brokers=user:sesame@host.example:9098",
                              "aws.sts_endpoint:" + url};
  for (const std::string& set : sets) {
    const auto problems = problems_of(with(iot(set.substr(0, set.find('='))), {set, kRole}));
    EXPECT_FALSE(problems.empty()) << set;
    const std::string told = testing::PrintToString(problems);
    EXPECT_EQ(told.find("sesame"), std::string::npos) << told;
  }
}

TEST_F(MskRelations, TakeNoPasswordOfAProxyWhoeverAsks) {
  // `print-config` shows what was taken.
  for (const char* security : {"plaintext", "tls", "tls_iam"}) {
    const auto problems = problems_of({kRegion, "aws.proxy=http://user:sesame@proxy.example:3128"}, security);
    ASSERT_EQ(problems.size(), 1U) << security;
    EXPECT_THAT(problems.front(), StartsWith("--set: aws.proxy: expected http://HOST:PORT or https://HOST:PORT"));
    EXPECT_EQ(problems.front().find("sesame"), std::string::npos) << problems.front();
    EXPECT_THAT(problems_of({kRegion, "aws.proxy=http://proxy.example:3128"}, security), IsEmpty());
  }
}

TEST_F(MskRelations, LeaveWhatIsNotSoundByItselfToItsOption) {
  const auto refused_at = [&](const std::string& provider, const std::string& key, const std::string& value) {
    const auto problems = problems_of({"aws.credentials=" + provider, key + "=" + value});
    const std::string told = testing::PrintToString(problems);
    EXPECT_NE(told.find("\"--set: " + key + ": expected "), std::string::npos) << provider << ": " << told;
  };
  const auto options = msk_options();
  const auto choice = std::find_if(options.begin(), options.end(), [](const auto& one) { return !one.one_of.empty(); });
  ASSERT_EQ(choice->key, "aws.credentials");
  for (const std::string& provider : choice->one_of) {
    for (const auto& option : options) {
      // No option takes a control character.
      if (option.key != choice->key) refused_at(provider, option.key, "\x01");
    }
    refused_at(provider, "kafka.region", "EU");
    refused_at(provider, "aws.sts_region", "EU");
    for (const char* url : {"http://x", "https://", "https://a:b@c", "https://a@c", "HTTPS", "ftp://x"}) {
      refused_at(provider, "aws.sts_endpoint", url);
    }
    refused_at(provider, "aws.role_session_name", "x");
    refused_at(provider, "aws.role_arn", "vehicle");
    refused_at(provider, "aws.web_identity_role_arn", "vehicle");
    refused_at(provider, "aws.allow_imds", "perhaps");
  }
  refused_at("vault", "aws.credentials", "vault");
}

TEST_F(MskRelations, TellWhatContradictsTheProvider) {
  const auto of_process = [&](const std::string& command) {
    return problems_of({kRegion, "aws.credentials=process", "aws.process_command=" + command});
  };
  EXPECT_THAT(of_process("/bin/c 'a"), ElementsAre(StartsWith("--set: aws.process_command: process: ")));
  EXPECT_THAT(of_process("/bin/c key \"endpoint"), ElementsAre(StartsWith("--set: aws.process_command: process: ")));
  EXPECT_THAT(of_process("/bin/c \\"), ElementsAre(StartsWith("--set: aws.process_command: process: ")));
  EXPECT_THAT(of_process("  "), ElementsAre(StartsWith("--set: aws.process_command: ")));
  EXPECT_THAT(problems_of({kRegion, "aws.credentials=imds", "aws.allow_imds=false"}),
              ElementsAre("--set: aws.allow_imds: expected true or nothing, as aws.credentials = \"imds\" asks it"));
  EXPECT_THAT(problems_of({kRegion, "aws.credentials=imds"}), IsEmpty());
}

TEST_F(MskRelations, OnlyDoubtDeviceFilesThatCannotServe) {
  const auto doubts = [](const std::vector<std::string>& sets) {
    config::Schema schema{.options = link_options({.name = "program", .file = "fleet"})};
    for (const auto& option : msk_options()) schema.options.push_back(option);
    auto all = sets;
    all.emplace_back("kafka.security=tls_iam");
    const auto loaded = config::load(schema, std::nullopt, all);
    EXPECT_TRUE(loaded.values);
    return msk_doubts(*loaded.values);
  };
  EXPECT_THAT(doubts(iot()), IsEmpty());
  EXPECT_THAT(doubts({kRegion, "aws.ca_file=" + folder_ + "/device.pem"}), IsEmpty());
  EXPECT_THAT(doubts(with(iot(), {"aws.ca_file=/nowhere/ca.pem"})),
              ElementsAre("aws.ca_file: /nowhere/ca.pem: No such file or directory"));
  EXPECT_THAT(doubts({kRegion, "aws.ca_file=" + folder_ + "/device.key"}),
              ElementsAre(StartsWith("aws.ca_file: " + folder_ + "/device.key: no authority could be read")));
  EXPECT_THAT(doubts(with(iot("aws.iot_key"), {"aws.iot_key=pkcs11:token=device"})), IsEmpty());
  const auto missing = with(iot("aws.iot_cert_file"), {"aws.iot_cert_file=/nowhere/device.pem"});
  EXPECT_THAT(doubts(missing), ElementsAre("aws.iot_cert_file: /nowhere/device.pem: No such file or directory"));
  EXPECT_THAT(problems_of(missing), IsEmpty());
  EXPECT_THAT(doubts(with(iot("aws.iot_key"), {"aws.iot_key=" + folder_ + "/other.key"})),
              ElementsAre("aws.iot_key: " + folder_ + "/other.key: not the key of the certificate in " + folder_ +
                          "/device.pem: key values mismatch"));
  for (const std::string& key : {folder_ + "/device.key", "file:" + folder_ + "/device.key"}) {
    const auto by_key = with(iot("aws.iot_key"), {"aws.iot_key=" + key});
    for (const mode_t mode : {0644U, 0660U, 0620U}) {
      ::chmod((folder_ + "/device.key").c_str(), mode);
      const std::string at_key = "aws.iot_key: " + folder_ + "/device.key is open to other users, mode ";
      EXPECT_THAT(doubts(by_key), ElementsAre(StartsWith(at_key)));
      EXPECT_THAT(problems_of(by_key), IsEmpty());
    }
    ::chmod((folder_ + "/device.key").c_str(), 0640);
    EXPECT_THAT(doubts(by_key), IsEmpty());
  }
}

}  // namespace
}  // namespace odograph::keys
