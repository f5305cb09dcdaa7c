#include "lib/aws/msk_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lib/aws/sigv4.h"

namespace odograph::aws {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* kSessionToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

base::UtcTime utc(const char* text) { return *base::from_rfc3339(text); }

Credentials credentials() {
  return {.access_key_id = "AKIDEXAMPLE",
          .secret_access_key = kSecret,
          .session_token = "",
          .expires = {},
          .source = "environment"};
}

MskTokenOrder order_at(const char* time) {
  return {.region = "us-east-1",
          .signing_host = "",
          .user_agent = "example-agent/1.0",
          .now = utc(time),
          .earliest = utc("2015-01-01T00:00:00Z")};
}

struct Vector {
  const char* name = nullptr;
  const char* region = nullptr;
  const char* time = nullptr;
  Credentials credentials;
  std::int64_t expires_ms = 0;
  std::size_t chars = 0;
  const char* sha256 = nullptr;
};

// Made with AWS's own signer for JavaScript and by hand with an independent HMAC, which agreed.
const Vector kVectors[] = {
    {"LongTermKeys",
     "us-east-1",
     "2015-08-30T12:36:00Z",
     {"AKIDEXAMPLE", kSecret, "", {}, ""},
     1440939060000,
     491,
     "20bed0d2a57076f8e6d44d401aa17a9f30d9a6632c97003eb879e7d0d75f7ce5"},
    {"SessionToken",
     "us-east-1",
     "2015-08-30T12:36:00Z",
     {"AKIDEXAMPLE", kSecret, kSessionToken, {}, ""},
     1440939060000,
     606,
     "365c43e6891d958dea81b68e366e803752d0e342283e73c6f365c305d65e8029"},
    {"LastSecondOfFebruary",
     "eu-central-1",
     "2026-02-28T23:59:59Z",
     {"ASIAEXAMPLE", "a/b+c=d~e.f_g-h", "IQoJb3JpZ2luX2VjEA8aCXVzLWVhc3QtMSJHMEUCIQ/+abc==~._-", {}, ""},
     1772324099000,
     610,
     "445f7f4e4d25a3619e49d7636989485f34c66d397670cf9dabc15bb51b505e8f"},
    {"China",
     "cn-north-1",
     "2026-03-01T00:00:00Z",
     {"AKIDEXAMPLE", kSecret, "", {}, ""},
     1772324100000,
     494,
     "47a700f3e10521640f30dcaa5d20d4120e11b7116bac06e90f848d4e488fedcc"},
};

TEST(MskToken, IsThatOfAwssOwnSigners) {
  for (const Vector& row : kVectors) {
    MskTokenOrder order = order_at(row.time);
    order.region = row.region;
    const auto made = msk_token(order, row.credentials);
    ASSERT_TRUE(made) << row.name << ": " << made.error().what;
    EXPECT_EQ(made->token.size(), row.chars) << row.name;
    EXPECT_EQ(sha256_hex(made->token), row.sha256) << row.name;
    EXPECT_EQ(made->expires.time_since_epoch().count(), row.expires_ms) << row.name;
    EXPECT_EQ(made->issued, utc(row.time)) << row.name;
    EXPECT_EQ(made->lifetime, kMskTokenLifetime) << row.name;
    EXPECT_EQ(made->host, std::string("kafka.") + row.region + ".amazonaws.com") << row.name;
  }
}

TEST(MskToken, IsAnUrlInBase64) {
  const auto made = msk_token(order_at("2015-08-30T12:36:00Z"), credentials());
  ASSERT_TRUE(made);
  EXPECT_EQ(
      made->token,
      "aHR0cHM6Ly9rYWZrYS51cy1lYXN0LTEuYW1hem9uYXdzLmNvbS8_QWN0aW9uPWthZmthLWNsdXN0ZXIlM0FDb25uZWN0JlgtQW16LUFsZ29y"
      "aXRobT1BV1M0LUhNQUMtU0hBMjU2JlgtQW16LUNyZWRlbnRpYWw9QUtJREVYQU1QTEUlMkYyMDE1MDgzMCUyRnVzLWVhc3QtMSUyRmthZmth"
      "LWNsdXN0ZXIlMkZhd3M0X3JlcXVlc3QmWC1BbXotRGF0ZT0yMDE1MDgzMFQxMjM2MDBaJlgtQW16LUV4cGlyZXM9OTAwJlgtQW16LVNpZ25l"
      "ZEhlYWRlcnM9aG9zdCZYLUFtei1TaWduYXR1cmU9YzQxM2E4M2JjNjRhMzM5ZTMxYTVlNWU5ZWQ5OWQ3NzhmZjg0MzIwNmI0Mjc1NDBjYWZh"
      "NTEyMmMwMWUzZTk5MyZVc2VyLUFnZW50PWV4YW1wbGUtYWdlbnQlMkYxLjA");
  EXPECT_EQ(made->scope, "20150830/us-east-1/kafka-cluster/aws4_request");
}

TEST(MskToken, HasOnlyCharactersThatSaslTakes) {
  Credentials all = credentials();
  for (char c = '!'; c <= '~'; ++c) all.session_token += c;
  const auto made = msk_token(order_at("2028-02-29T00:00:00Z"), all);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(MskToken, IsForTheHostThatIsAskedFor) {
  MskTokenOrder order = order_at("2028-02-29T00:00:00Z");
  order.region = "cn-north-1";
  const auto usual = msk_token(order, credentials());
  order.signing_host = "Kafka.cn-north-1.amazonaws.com.cn";
  const auto asked = msk_token(order, credentials());
  ASSERT_TRUE(usual && asked);
  EXPECT_EQ(asked->host, "kafka.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(asked->scope, usual->scope);
  EXPECT_NE(asked->token, usual->token);
}

TEST(MskToken, LivesNoLongerThanTheCredentials) {
  const struct {
    const char* name;
    const char* now;
    const char* expire;
    seconds lifetime;
  } rows[] = {
      {"Tomorrow", "2028-02-29T12:00:00Z", "2028-03-01T12:00:00Z", seconds{900}},
      {"WithTheToken", "2028-02-29T12:00:00Z", "2028-02-29T12:15:00Z", seconds{900}},
      {"ASecondBefore", "2028-02-29T12:00:00Z", "2028-02-29T12:14:59Z", seconds{899}},
      {"AMillisecondBefore", "2028-02-29T12:00:00Z", "2028-02-29T12:14:59.999Z", seconds{899}},
      {"OverMidnight", "2028-02-29T23:59:30Z", "2028-03-01T00:01:00Z", seconds{90}},
      {"JustLongEnough", "2028-02-29T12:00:00Z", "2028-02-29T12:01:00Z", seconds{60}},
      {"In2040", "2040-06-01T12:00:00Z", "2040-06-01T12:02:00Z", seconds{120}},
  };
  for (const auto& row : rows) {
    Credentials temporary = credentials();
    temporary.expires = utc(row.expire);
    const auto made = msk_token(order_at(row.now), temporary);
    ASSERT_TRUE(made) << row.name << ": " << made.error().what;
    EXPECT_EQ(made->lifetime, row.lifetime) << row.name;
    EXPECT_EQ(made->expires, utc(row.now) + row.lifetime) << row.name;
    EXPECT_LE(made->expires, *temporary.expires) << row.name;
  }
}

TEST(MskToken, IsNotMadeOfCredentialsThatEndTooSoon) {
  const struct {
    const char* name;
    const char* expire;
    const char* says;
  } rows[] = {
      {"In59Seconds", "2028-02-29T12:00:59.999Z", "(AKIDEXAMPLE) expire at 2028-02-29T12:00:59.999Z, in 59 s; a token"},
      {"Now", "2028-02-29T12:00:00Z", "the credentials from environment (AKIDEXAMPLE) expired at 2028-02-29T12:00:00"},
      {"LastYear", "2027-02-28T12:00:00Z", "(AKIDEXAMPLE) expired at 2027-02-28T12:00:00.000Z: new ones are needed"},
  };
  for (const auto& row : rows) {
    Credentials temporary = credentials();
    temporary.session_token = kSessionToken;
    temporary.expires = utc(row.expire);
    const auto made = msk_token(order_at("2028-02-29T12:00:00Z"), temporary);
    ASSERT_FALSE(made) << row.name;
    EXPECT_EQ(made.error().action, base::Action::kRetry) << row.name;
    EXPECT_THAT(made.error().what, HasSubstr(row.says)) << row.name;
    EXPECT_THAT(made.error().what, Not(HasSubstr("wJalr"))) << row.name;
    EXPECT_THAT(made.error().what, Not(HasSubstr("6e86291e"))) << row.name;
  }
}

TEST(MskToken, CountsMillisecondsBeyond2038) {
  const auto made = msk_token(order_at("2040-12-31T23:50:00.500Z"), credentials());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->issued.time_since_epoch().count(), 2240610600000);
  EXPECT_EQ(made->expires.time_since_epoch().count(), 2240611500000);
  EXPECT_EQ(made->lifetime.count(), 899'500);
  EXPECT_EQ(made->scope, "20401231/us-east-1/kafka-cluster/aws4_request");
}

TEST(MskToken, IsNotMadeBeforeTheTimeIsKnown) {
  MskTokenOrder order = order_at("1970-01-01T00:00:03Z");
  order.earliest = utc("2026-11-23T00:00:00Z");
  for (const char* early : {"1970-01-01T00:00:03Z", "1969-12-31T23:59:59Z", "2026-11-22T23:59:59.999Z"}) {
    order.now = utc(early);
    const auto made = msk_token(order, credentials());
    ASSERT_FALSE(made) << early;
    EXPECT_EQ(made.error().action, base::Action::kRetry) << early;
    EXPECT_EQ(made.error().what, "no token is signed before the time is known: the clock says " +
                                     base::to_rfc3339(utc(early)) +
                                     ", which is before this program was built (2026-11-23T00:00:00.000Z)");
  }
  order.now = order.earliest;
  EXPECT_TRUE(msk_token(order, credentials()));
}

TEST(MskToken, IsNotMadeByAClockThatNobodyBelieves) {
  MskTokenOrder order = order_at("2059-12-31T23:59:59Z");
  EXPECT_TRUE(msk_token(order, credentials()));
  for (const char* late : {"2060-01-01T00:00:00Z", "2080-01-06T00:00:00Z", "2106-02-07T06:28:16Z"}) {
    order.now = utc(late);
    const auto made = msk_token(order, credentials());
    ASSERT_FALSE(made) << late;
    EXPECT_EQ(made.error().action, base::Action::kRetry) << late;
    EXPECT_EQ(made.error().what, "no token is signed before the time is known: the clock says " +
                                     base::to_rfc3339(utc(late)) +
                                     ", which is not believed of any clock (from 2060-01-01T00:00:00.000Z on)");
  }
}

TEST(MskToken, RefusesWhatNoTokenCanBeMadeOf) {
  const struct {
    const char* name;
    std::function<void(MskTokenOrder&, Credentials&)> spoil;
    const char* says;
  } rows[] = {
      {"NoRegion", [](auto& o, auto&) { o.region = ""; }, "\"\" has not the form of a region"},
      {"RegionInUpperCase", [](auto& o, auto&) { o.region = "EU-CENTRAL-1"; }, "has not the form of a region"},
      {"RegionIsAHost", [](auto& o, auto&) { o.region = "us-east-1.example.com"; }, "has not the form of a region"},
      {"HostWithPort", [](auto& o, auto&) { o.signing_host = "a:443"; },
       "kafka.signing_host: \"a:443\" is no host's name"},
      {"HostWithScheme", [](auto& o, auto&) { o.signing_host = "https://a"; },
       "kafka.signing_host: \"https://a\" is no"},
      {"NoUserAgent", [](auto& o, auto&) { o.user_agent = ""; }, "the user agent of a token"},
      {"UserAgentOfTwoLines", [](auto& o, auto&) { o.user_agent = "a\nb"; }, "the user agent of a token"},
      {"UserAgentTooLong", [](auto& o, auto&) { o.user_agent = std::string(257, 'a'); }, "the user agent of a token"},
      {"NoKeyId", [](auto&, auto& c) { c.access_key_id = ""; }, "the access key id from environment is empty"},
      {"NoSecret", [](auto&, auto& c) { c.secret_access_key = ""; }, "the secret access key from environment is empty"},
      {"SecretWithLineBreak", [](auto&, auto& c) { c.secret_access_key += "\n"; }, "the secret access key from env"},
      {"SecretInPlaceOfKeyId",
       [](auto&, auto& c) {
         c.access_key_id = kSecret;
         c.expires = utc("2020-01-01T00:00:00Z");
       },
       "the access key id from environment is none"},
  };
  for (const auto& row : rows) {
    MskTokenOrder order = order_at("2028-02-29T12:00:00Z");
    Credentials with = credentials();
    row.spoil(order, with);
    const auto made = msk_token(order, with);
    ASSERT_FALSE(made) << row.name;
    EXPECT_EQ(made.error().action, base::Action::kStop) << row.name;
    EXPECT_THAT(made.error().what, HasSubstr(row.says)) << row.name;
    EXPECT_THAT(made.error().what, Not(HasSubstr("wJalr"))) << row.name;
  }
}

}  // namespace
}  // namespace odograph::aws
