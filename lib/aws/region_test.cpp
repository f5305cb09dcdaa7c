#include "lib/aws/region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odograph::aws {
namespace {

using testing::HasSubstr;

const std::string kBroker = "b-1.fleet.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098";

TEST(RegionOfBroker, IsReadFromTheEndOfTheName) {
  const struct {
    const char* name;
    std::string broker;
    const char* region;
  } rows[] = {
      {"Provisioned", kBroker, "eu-central-1"},
      {"WithoutPort", "b-2.fleet.a1b2c3.c2.kafka.us-east-1.amazonaws.com", "us-east-1"},
      {"Public", "b-1-public.fleet.a1b2c3.c2.kafka.us-west-2.amazonaws.com:9198", "us-west-2"},
      {"Serverless", "boot-a1b2c3.c1.kafka-serverless.ap-southeast-2.amazonaws.com:9098", "ap-southeast-2"},
      {"China", "b-1.fleet.a1b2c3.c2.kafka.cn-north-1.amazonaws.com.cn:9098", "cn-north-1"},
      {"ChinaNorthwest", "b-1.fleet.a1b2c3.c2.kafka.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
      {"GovCloud", "b-1.fleet.a1b2c3.c2.kafka.us-gov-west-1.amazonaws.com:9098", "us-gov-west-1"},
      {"SovereignCloud", "b-1.fleet.a1b2c3.c2.kafka.eusc-de-east-1.amazonaws.eu:9098", "eusc-de-east-1"},
      {"Fips", "kafka-fips.us-east-2.amazonaws.com", "us-east-2"},
      {"Endpoint", "kafka.me-central-1.amazonaws.com", "me-central-1"},
      {"PrivateLink", "vpce-0a1b.kafka.eu-west-1.vpce.amazonaws.com:14001", "eu-west-1"},
      {"PrivateLinkInChina", "vpce-0a1b.kafka.cn-north-1.vpce.amazonaws.com.cn:14001", "cn-north-1"},
      {"UpperCase", "B-1.Fleet.A1B2C3.C2.KAFKA.EU-CENTRAL-1.AmazonAWS.com:9098", "eu-central-1"},
      {"FinalDot", "b-1.fleet.a1b2c3.c2.kafka.eu-central-1.amazonaws.com.:9098", "eu-central-1"},
      // What a search from the front falls for.
      {"ClusterNamedAfterARegion", "b-1.demo-us-west-1-app.a1b2c3.c2.kafka.us-west-2.amazonaws.com:9098", "us-west-2"},
      {"ClusterIsARegion", "b-1.us-east-1.a1b2c3.c2.kafka.eu-west-3.amazonaws.com", "eu-west-3"},
      {"ClusterIsAWholeName", "b-1.kafka.us-east-1.amazonaws.com.c2.kafka.eu-west-3.amazonaws.com", "eu-west-3"},
  };
  for (const auto& row : rows) EXPECT_EQ(region_of_broker(row.broker), row.region) << row.name;
}

TEST(RegionOfBroker, IsNotGuessed) {
  const struct {
    const char* name;
    std::string broker;
  } rows[] = {
      {"Empty", ""},
      {"PortAlone", ":9098"},
      {"Local", "localhost:9098"},
      {"Address", "10.0.3.7:9098"},
      {"AddressOfIpV6", "[fd00::7]:9098"},
      {"OwnName", "kafka-1.fleet.example.com:9098"},
      {"OwnNameWithRegion", "b-1.kafka.us-east-1.example.com:9098"},
      {"SuffixInTheMiddle", "b-1.kafka.us-east-1.amazonaws.com.example.com:9098"},
      {"SuffixElsewhere", "b-1.amazonaws.com.kafka.us-east-1.example-x.com"},  // As long as ours.
      {"SuffixWithoutDot", "b-1.kafka.us-east-1.notamazonaws.com"},
      {"OtherTopDomain", "b-1.kafka.us-east-1.amazonaws.com.de"},
      {"OtherService", "search-x.us-east-1.es.amazonaws.com"},
      {"LoadBalancer", "fleet-0a1b.elb.us-east-1.amazonaws.com:9098"},
      {"EndpointServiceOfOnesOwn", "vpce-0a1b.vpce-svc-0c2d.us-east-1.vpce.amazonaws.com:9098"},
      {"NoService", "us-east-1.amazonaws.com"},
      {"ServiceOnlyBeginsSo", "b-1.kafkaesque.us-east-1.amazonaws.com"},
      {"ServiceOnlyEndsSo", "b-1.notkafka.us-east-1.amazonaws.com"},
      {"NoRegion", "b-1.kafka.amazonaws.com"},
      {"RegionWithoutNumber", "b-1.kafka.us-east.amazonaws.com"},
      {"RegionWithZone", "b-1.kafka.us-east-1a.amazonaws.com"},
      {"VpceTwice", "b-1.kafka.us-east-1.vpce.vpce.amazonaws.com"},
      {"Blank", "b-1.kafka.us-east-1.amazonaws.com "},
      {"BlankBefore", " b-1.kafka.us-east-1.amazonaws.com"},
      {"EmptyLabel", "b-1..kafka.us-east-1.amazonaws.com"},
      {"BeginsWithDot", ".kafka.us-east-1.amazonaws.com"},
      {"TwoFinalDots", "b-1.kafka.us-east-1.amazonaws.com.."},
      {"Scheme", "https://b-1.kafka.us-east-1.amazonaws.com"},
      {"Path", "b-1.kafka.us-east-1.amazonaws.com/x"},
      {"TwoBrokers", kBroker + "," + kBroker},
      {"Zero", std::string("b-1.kafka.us-east-1.amazonaws.com\0", 34)},
      {"TooLong", std::string(250, 'a') + ".kafka.us-east-1.amazonaws.com"},
      {"LabelTooLong", std::string(64, 'a') + ".kafka.us-east-1.amazonaws.com"},
  };
  for (const auto& row : rows) EXPECT_EQ(region_of_broker(row.broker), std::nullopt) << row.name;
}

TEST(Region, HasAFormOfItsOwn) {
  for (const char* good : {"us-east-1", "eu-central-2", "ap-southeast-7", "us-gov-west-1", "us-iso-east-1",
                           "eusc-de-east-1", "cn-northwest-1", "mx-central-1", "xx-new-12"}) {
    EXPECT_TRUE(is_region(good)) << good;
  }
  for (const char* bad :
       {"", "-", "us", "us-1", "us-east", "us-east-", "us-east-1a", "us-east-123", "US-EAST-1", "us--east-1",
        "-us-east-1", "us_east_1", "us-east-1 ", "us-e4st-1", "1-1-1", "us-east-1-very-long-name-indeed-a-1"}) {
    EXPECT_FALSE(is_region(bad)) << bad;
  }
}

TEST(HostName, IsWhatDnsTakes) {
  for (const char* good : {"a", "kafka.cn-north-1.amazonaws.com.cn", "A-1.b"}) EXPECT_TRUE(is_host_name(good)) << good;
  EXPECT_TRUE(is_host_name(std::string(63, 'a') + "." + std::string(63, 'b')));
  for (const char* bad :
       {"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a:1", "a/b", "https://a", "a b", "\xC3\xBC"}) {
    EXPECT_FALSE(is_host_name(bad)) << bad;
  }
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
}

TEST(ChooseRegion, TheConfiguredOneHolds) {
  const auto region = choose_region("eu-west-1", {"kafka.fleet.example.com:9098"});
  ASSERT_TRUE(region);
  EXPECT_EQ(region->name, "eu-west-1");
  EXPECT_EQ(region->from, "");
  EXPECT_EQ(region->warning, "");
  EXPECT_EQ(choose_region("eu-central-1", {kBroker})->warning, "");
  EXPECT_EQ(choose_region("eu-central-1", {})->name, "eu-central-1");
}

TEST(ChooseRegion, WarnsOfBrokersElsewhere) {
  const auto region = choose_region("eu-west-1", {"10.0.0.1:9098", kBroker});
  ASSERT_TRUE(region);
  EXPECT_EQ(region->name, "eu-west-1");
  EXPECT_THAT(region->warning,
              HasSubstr("the region is set to eu-west-1, but the broker \"" + kBroker + "\" is in eu-central-1"));
}

TEST(ChooseRegion, IsToldByTheFirstBrokerThatTellsOne) {
  const auto region = choose_region("", {"kafka.fleet.example.com:9098", kBroker, kBroker});
  ASSERT_TRUE(region);
  EXPECT_EQ(region->name, "eu-central-1");
  EXPECT_EQ(region->from, kBroker);
  EXPECT_EQ(region->warning, "");
}

TEST(ChooseRegion, SaysWhatToSet) {
  const struct {
    const char* name;
    const char* configured;
    std::vector<std::string> brokers;
    const char* says;
  } rows[] = {
      {"NoBroker", "", {}, "there is no broker's name to read the AWS region from: set kafka.region"},
      {"OwnName",
       "",
       {"kafka.example.com:9098"},
       R"(no AWS region in the broker's name "kafka.example.com:9098": set)"},
      {"NotPrinted", "", {"a\nb\x1B[2J:9098"}, R"(name "a?b?[2J:9098": set kafka.region)"},
      {"TwoRegions",
       "",
       {kBroker, "b-1.x.kafka.us-east-1.amazonaws.com:9098"},
       "the brokers are in two regions, eu-central-1 (\"b-1.fleet.a1b2c3.c2.kafka.eu-central-1.amazonaws.com:9098\") "
       "and "
       "us-east-1 (\"b-1.x.kafka.us-east-1.amazonaws.com:9098\"): set kafka.region"},
      {"ConfiguredIsNone", "Frankfurt", {kBroker}, R"("Frankfurt" has not the form of a region)"},
      {"ConfiguredIsAZone", "eu-central-1a", {kBroker}, R"("eu-central-1a" has not the form)"},
  };
  for (const auto& row : rows) {
    const auto region = choose_region(row.configured, row.brokers);
    ASSERT_FALSE(region) << row.name;
    EXPECT_EQ(region.error().action, base::Action::kStop) << row.name;
    EXPECT_THAT(region.error().what, HasSubstr(row.says)) << row.name;
  }
}

}  // namespace
}  // namespace odograph::aws
