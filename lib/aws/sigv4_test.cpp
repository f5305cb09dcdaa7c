#include "lib/aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace odograph::aws {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

Credentials credentials() {
  return {.access_key_id = "AKIDEXAMPLE",
          .secret_access_key = kSecret,
          .session_token = "",
          .expires = {},
          .source = "environment"};
}

Scope scope_at(const char* time) {
  return {.time = *base::from_rfc3339(time), .region = "eu-central-1", .service = "service"};
}

Request plain_request() {
  Request request;
  request.host = "example.amazonaws.com";
  return request;
}

std::string url(const Request& request, const Scope& scope) {
  const auto made = presign(request, scope, credentials(), seconds{900});
  return made ? made->url : made.error().what;
}

TEST(SigV4, TimesAreUtcDatesWhateverTheWidthOfTimeT) {
  const struct {
    const char* time;
    const char* date;
    const char* date_time;
  } rows[] = {
      {"1970-01-01T00:00:00Z", "19700101", "19700101T000000Z"},
      {"1969-12-31T23:59:59.999Z", "19691231", "19691231T235959Z"},
      {"2028-02-29T23:59:59.999Z", "20280229", "20280229T235959Z"},
      {"2038-01-19T03:14:08Z", "20380119", "20380119T031408Z"},
      {"2040-12-31T00:00:00Z", "20401231", "20401231T000000Z"},
      {"2106-02-07T06:28:16Z", "21060207", "21060207T062816Z"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(credential_scope(scope_at(row.time)), std::string(row.date) + "/eu-central-1/service/aws4_request");
    EXPECT_THAT(url(plain_request(), scope_at(row.time)), HasSubstr(std::string("&X-Amz-Date=") + row.date_time + "&"));
  }
}

TEST(SigV4, AnUrlHoldsItsParametersInOrderAndTheSessionTokenAmongThem) {
  Request request = plain_request();
  request.path = "/a%20b";
  request.query = {{"b", "1 2"}, {"B", ""}, {"X-Zebra", "z"}};
  Credentials temporary = credentials();
  temporary.session_token = "a+b/c==";
  const auto made = presign(request, scope_at("2026-11-23T06:00:00Z"), temporary, seconds{60});
  ASSERT_TRUE(made);
  EXPECT_THAT(made->url,
              testing::MatchesRegex(
                  "https://example\\.amazonaws\\.com/a%20b\\?B=&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                  "AKIDEXAMPLE%2F20261123%2Feu-central-1%2Fservice%2Faws4_request&X-Amz-Date=20261123T060000Z"
                  "&X-Amz-Expires=60&X-Amz-Security-Token=a%2Bb%2Fc%3D%3D&X-Amz-SignedHeaders=host&X-Zebra=z&b=1%202"
                  "&X-Amz-Signature=[0-9a-f]*"));
}

TEST(SigV4, AnEmptySessionTokenIsNone) {
  EXPECT_THAT(url(plain_request(), scope_at("2026-11-23T06:00:00Z")), Not(HasSubstr("Security-Token")));
  const auto made = sign(plain_request(), scope_at("2026-11-23T06:00:00Z"), credentials());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->headers.size(), 2U);
}

TEST(SigV4, S3sPathIsSignedAsItIsSent) {
  Scope s3 = scope_at("2026-11-23T06:00:00Z");
  s3.path_style = PathStyle::kAsSent;
  Request request = plain_request();
  const auto signed_path = [&](const char* path, const Scope& scope) {
    request.path = path;
    const auto made = sign(request, scope, credentials());
    return made ? made->string_to_sign : made.error().what;
  };
  // A key may hold what looks like a way through folders.
  EXPECT_NE(signed_path("/a//b/../c", s3), signed_path("/a/c", s3));
  EXPECT_EQ(signed_path("/a//b/../c", scope_at("2026-11-23T06:00:00Z")),
            signed_path("/a/c", scope_at("2026-11-23T06:00:00Z")));
  // Everybody else encodes once more, S3 does not.
  EXPECT_NE(signed_path("/a%20b", s3), signed_path("/a%20b", scope_at("2026-11-23T06:00:00Z")));
}

struct Refusal {
  const char* name;
  std::function<void(Request&, Scope&, Credentials&)> spoil;
  const char* says;
};

const Refusal kRefusals[] = {
    {"NoKeyId", [](auto&, auto&, auto& c) { c.access_key_id = ""; }, "the access key id from environment is empty"},
    {"KeyIdWithLineBreak", [](auto&, auto&, auto& c) { c.access_key_id += "\n"; },
     "the access key id from environment"},
    {"SecretInPlaceOfKeyId", [](auto&, auto&, auto& c) { c.access_key_id = kSecret; }, "1 to 128 letters and digits"},
    {"KeyIdTooLong", [](auto&, auto&, auto& c) { c.access_key_id = std::string(129, 'A'); }, "1 to 128 letters"},
    {"NoSecret", [](auto&, auto&, auto& c) { c.secret_access_key = ""; }, "the secret access key from environment is"},
    {"SecretWithLineBreak", [](auto&, auto&, auto& c) { c.secret_access_key += "\r\n"; }, "the secret access key from"},
    {"SecretWithBlank", [](auto&, auto&, auto& c) { c.secret_access_key += " "; }, "the secret access key from"},
    {"TokenWithLineBreak", [](auto&, auto&, auto& c) { c.session_token = "a\n"; },
     "the session token from environment"},
    {"TokenBeyondAscii", [](auto&, auto&, auto& c) { c.session_token = "\xE1"; }, "the session token from environment"},
    {"NoRegion", [](auto&, Scope& s, auto&) { s.region = ""; }, "\"\" is no region"},
    {"RegionWithSlash", [](auto&, Scope& s, auto&) { s.region = "eu/x"; }, "\"eu/x\" is no region"},
    {"NoService", [](auto&, Scope& s, auto&) { s.service = ""; }, "\"\" is no service"},
    {"ServiceInUpperCase", [](auto&, Scope& s, auto&) { s.service = "S3"; }, "\"S3\" is no service"},
    {"YearOfFiveDigits", [](auto&, Scope& s, auto&) { s.time = base::UtcTime{base::Millis{253402300800000}}; },
     "10000"},
    {"YearBeforeChrist", [](auto&, Scope& s, auto&) { s.time = base::UtcTime{base::Millis{-62167219200001}}; }, "-1"},
    {"MethodInLowerCase", [](Request& r, auto&, auto&) { r.method = "get"; }, "\"get\" is no method"},
    {"NoMethod", [](Request& r, auto&, auto&) { r.method = ""; }, "\"\" is no method"},
    {"NoHost", [](Request& r, auto&, auto&) { r.host = ""; }, "\"\" is no host"},
    {"HostInUpperCase", [](Request& r, auto&, auto&) { r.host = "A.example"; }, "no host in lower case"},
    {"HostWithPath", [](Request& r, auto&, auto&) { r.host = "a/b"; }, "\"a/b\" is no host"},
    {"HostWithLineBreak", [](Request& r, auto&, auto&) { r.host = "a\n"; }, "no host"},
    {"NoPath", [](Request& r, auto&, auto&) { r.path = ""; }, "\"\" is no path"},
    {"PathWithoutSlash", [](Request& r, auto&, auto&) { r.path = "a"; }, "\"a\" is no path"},
    {"PathWithQuery", [](Request& r, auto&, auto&) { r.path = "/a?b=c"; }, "\"/a?b=c\" is no path"},
    {"PathWithFragment", [](Request& r, auto&, auto&) { r.path = "/a#b"; }, "\"/a#b\" is no path"},
    {"PathWithLineBreak", [](Request& r, auto&, auto&) { r.path = "/a\n"; }, "is no path"},
    {"PlainPathToS3",
     [](Request& r, Scope& s, auto&) {
       r.path = "/dt=2026";
       s.path_style = PathStyle::kAsSent;
     },
     "\"/dt=2026\" is not percent-encoded"},
    {"HashTooShort", [](Request& r, auto&, auto&) { r.payload_sha256.pop_back(); }, "the payload's hash"},
    {"HashInUpperCase", [](Request& r, auto&, auto&) { r.payload_sha256[0] = 'E'; }, "the payload's hash"},
    {"NoHash", [](Request& r, auto&, auto&) { r.payload_sha256 = ""; }, "the payload's hash"},
    {"HeaderWithoutName",
     [](Request& r, auto&, auto&) {
       r.headers = {{"", "a"}};
     },
     "\"\" is no header's name"},
    {"HeaderNameWithColon",
     [](Request& r, auto&, auto&) {
       r.headers = {{"a:b", "c"}};
     },
     "is no header's name"},
    {"HeaderOfTwoLines",
     [](Request& r, auto&, auto&) {
       r.headers = {{"a", "b\nx: y"}};
     },
     "header a has a line break"},
    {"HostAsHeader",
     [](Request& r, auto&, auto&) {
       r.headers = {{"Host", "a"}};
     },
     "header Host is given twice"},
    {"DateAsHeader",
     [](Request& r, auto&, auto&) {
       r.headers = {{"X-Amz-Date", "a"}};
     },
     "X-Amz-Date is given twice"},
};

TEST(SigV4, RefusesWhatCannotBeSentSo) {
  for (const Refusal& row : kRefusals) {
    Request request = plain_request();
    Scope scope = scope_at("2026-11-23T06:00:00Z");
    Credentials with = credentials();
    ASSERT_TRUE(sign(request, scope, with));
    row.spoil(request, scope, with);
    const auto by_header = sign(request, scope, with);
    const auto by_query = presign(request, scope, with, seconds{900});
    ASSERT_FALSE(by_header) << row.name;
    ASSERT_FALSE(by_query) << row.name;
    EXPECT_EQ(by_header.error().action, base::Action::kStop) << row.name;
    EXPECT_THAT(by_header.error().what, HasSubstr(row.says)) << row.name;
    EXPECT_EQ(by_header.error().what, by_query.error().what) << row.name;
    EXPECT_THAT(by_header.error().what, Not(HasSubstr("wJalr"))) << row.name;
  }
}

TEST(SigV4, RefusesAnUrlThatIsGoodForTooLongOrNotAtAll) {
  const Scope scope = scope_at("2026-11-23T06:00:00Z");
  EXPECT_TRUE(presign(plain_request(), scope, credentials(), seconds{1}));
  EXPECT_TRUE(presign(plain_request(), scope, credentials(), kPresignedLifetimeMax));
  for (const seconds lifetime : {seconds{0}, seconds{-1}, kPresignedLifetimeMax + seconds{1}, seconds::max()}) {
    EXPECT_FALSE(presign(plain_request(), scope, credentials(), lifetime)) << lifetime.count();
  }
}

TEST(SigV4, RefusesParametersThatAreItsOwn) {
  for (const char* name : {"X-Amz-Signature", "X-Amz-Date", "x-amz-expires", "X-Amz-Security-Token"}) {
    Request request = plain_request();
    request.query = {{name, "1"}};
    const auto made = presign(request, scope_at("2026-11-23T06:00:00Z"), credentials(), seconds{900});
    ASSERT_FALSE(made) << name;
    EXPECT_THAT(made.error().what, HasSubstr(std::string("parameter ") + name + " is given twice"));
  }
}

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256_hex(""), kEmptyPayload);
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
}

}  // namespace
}  // namespace odograph::aws
