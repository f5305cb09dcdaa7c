// What AWS publishes: signatures of its SigV4 test suite (all but the cases whose requests HTTP forbids), and the
// examples in the documentation of IAM and of S3. Requests are told here in our own words; a case keeps the suite's
// name, so that it can be looked up.
#include <gtest/gtest.h>

#include "lib/aws/encoding.h"
#include "lib/aws/sigv4.h"

namespace odograph::aws {
namespace {

base::UtcTime utc(const char* text) { return *base::from_rfc3339(text); }

const std::string kUnreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const std::string kLongToken =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthA"
    "x7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY"
    "9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

Credentials suite_credentials(std::string session_token = "") {
  return {.access_key_id = "AKIDEXAMPLE",
          .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
          .session_token = std::move(session_token),
          .expires = {},
          .source = "suite"};
}

Scope suite_scope() { return {.time = utc("2015-08-30T12:36:00Z"), .region = "us-east-1", .service = "service"}; }

Request request(std::string method, std::string path, std::vector<Field> query = {}, std::vector<Field> headers = {}) {
  return {.method = std::move(method),
          .host = "example.amazonaws.com",
          .path = std::move(path),
          .query = std::move(query),
          .headers = std::move(headers)};
}

Request with_body(Request request, std::string_view body) {
  request.payload_sha256 = sha256_hex(body);
  return request;
}

/// The hex digits after the last `=`.
std::string signature_of(const base::Result<SignedHeaders>& made) {
  if (!made) return made.error().what;
  const std::string& value = made->headers.back().value;
  return value.substr(value.rfind('=') + 1);
}
std::string signature_of(const base::Result<PresignedUrl>& made) {
  return made ? made->url.substr(made->url.rfind('=') + 1) : made.error().what;
}

TEST(SigV4Suite, PathsAndQueries) {
  const struct {
    const char* name = nullptr;
    Request request;
    const char* by_header = nullptr;
    const char* by_query = nullptr;  ///< Good for 3600 s.
  } rows[] = {
      {"get-vanilla", request("GET", "/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
       "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
      {"get-vanilla-empty-query-key", request("GET", "/", {{"Param1", "value1"}}),
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
       "49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de"},
      {"get-vanilla-query-order-key-case", request("GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}),
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
       "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5"},
      {"get-vanilla-query-order-encoded",
       request("GET", "/", {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\xE1\x88\xB4", "Value1"}}),
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
       "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787"},
      {"get-vanilla-query-unreserved", request("GET", "/", {{kUnreserved, kUnreserved}}),
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
       "8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf"},
      {"get-vanilla-utf8-query", request("GET", "/", {{"\xE1\x88\xB4", "bar"}}),
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
       "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600"},
      {"get-utf8", request("GET", "/\xE1\x88\xB4"), "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
       "10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44"},
      {"get-unreserved", request("GET", "/" + kUnreserved),
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
       "95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005"},
      {"get-space", request("GET", "/example space/"),
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
       "7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6"},
      {"get-slashes", request("GET", "//example//"), "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
       "c1834e8fb0307243711f0f907f6ab7311ed300d87f13792d7ee4da89ab93e082"},
      {"get-slash", request("GET", "//"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
       "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
      {"get-slash-dot-slash", request("GET", "/./"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
       "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
      {"get-slash-pointless-dot", request("GET", "/./example"),
       "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
       "35034b1a0bdd969f346975386daf8aedfd4976573b8348cf4f67eaa41c5857de"},
      {"get-relative-relative", request("GET", "/example1/example2/../.."),
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
       "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
      {"post-vanilla", request("POST", "/"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
       "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b"},
      {"post-vanilla-query", request("POST", "/", {{"Param1", "value1"}}),
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
       "a9ef26247f293bffe40eeff86a0480ba8c14d31503b2e0c3399e3a16bf1a3682"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(signature_of(sign(row.request, suite_scope(), suite_credentials())), row.by_header) << row.name;
    const auto url = presign(row.request, suite_scope(), suite_credentials(), std::chrono::seconds{3600});
    EXPECT_EQ(signature_of(url), row.by_query) << row.name;
  }
}

TEST(SigV4Suite, Headers) {
  const struct {
    const char* name = nullptr;
    Request request;
    const char* by_header = nullptr;
  } rows[] = {
      {"post-header-key-sort", request("POST", "/", {}, {{"My-Header1", "value1"}}),
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-header-value-case", request("POST", "/", {}, {{"My-Header1", "VALUE1"}}),
       "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
      {"get-header-value-trim", request("GET", "/", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-header-key-duplicate",
       request("GET", "/", {}, {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}),
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-order",
       request(
           "GET", "/", {},
           {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}),
       "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"post-x-www-form-urlencoded",
       with_body(request("POST", "/", {}, {{"Content-Type", "application/x-www-form-urlencoded"}}), "Param1=value1"),
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      {"get-vanilla-query-order-value", request("GET", "/", {{"Param1", "value2"}, {"Param1", "value1"}}),
       "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(signature_of(sign(row.request, suite_scope(), suite_credentials())), row.by_header) << row.name;
  }
}

TEST(SigV4Suite, SessionTokens) {
  const auto by_token = suite_credentials("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267");
  EXPECT_EQ(signature_of(sign(request("GET", "/"), suite_scope(), by_token)),
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
  const auto url = presign(request("GET", "/"), suite_scope(), by_token, std::chrono::seconds{3600});
  EXPECT_EQ(signature_of(url), "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->string_to_sign,
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
            "cb30434103085aa9e73780fc60dc9a9df818fd2a7b1de12a9f6f4d791f898761");
  // post-sts-header-before
  EXPECT_EQ(signature_of(sign(request("POST", "/"), suite_scope(), suite_credentials(kLongToken))),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(SigV4Documentation, IamListUsers) {
  Request list = request("GET", "/", {{"Action", "ListUsers"}, {"Version", "2010-05-08"}},
                         {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}});
  list.host = "iam.amazonaws.com";
  Scope scope = suite_scope();
  scope.service = "iam";
  const auto made = sign(list, scope, suite_credentials());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->headers,
            (std::vector<Field>{{"x-amz-date", "20150830T123600Z"},
                                {"authorization",
                                 "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                                 "SignedHeaders=content-type;host;x-amz-date, "
                                 "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"}}));
}

TEST(SigV4Documentation, S3) {
  const Credentials credentials{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                .session_token = "",
                                .expires = {},
                                .source = "documentation"};
  const Scope scope{
      .time = utc("2013-05-24T00:00:00Z"), .region = "us-east-1", .service = "s3", .path_style = PathStyle::kAsSent};
  const auto s3 = [](Request request, std::string_view body) {
    request.host = "examplebucket.s3.amazonaws.com";
    request.payload_sha256 = sha256_hex(body);
    request.headers.push_back({"x-amz-content-sha256", request.payload_sha256});
    return request;
  };
  const struct {
    const char* name = nullptr;
    Request request;
    const char* signature = nullptr;
  } rows[] = {
      {"GET Object", s3(request("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}), ""),
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"PUT Object",
       s3(request("PUT", percent_encode_path("/test$file.text"), {},
                  {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}),
          "Welcome to Amazon S3."),
       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
      {"GET Bucket Lifecycle", s3(request("GET", "/", {{"lifecycle", ""}}), ""),
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"List Objects", s3(request("GET", "/", {{"max-keys", "2"}, {"prefix", "J"}}), ""),
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(signature_of(sign(row.request, scope, credentials)), row.signature) << row.name;
  }
  Request presigned = request("GET", "/test.txt");
  presigned.host = "examplebucket.s3.amazonaws.com";
  presigned.payload_sha256 = kUnsignedPayload;
  EXPECT_EQ(signature_of(presign(presigned, scope, credentials, std::chrono::seconds{86400})),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

}  // namespace
}  // namespace odograph::aws
