// Signs what stands on stdin, one JSON object a line, and prints what came of it, a line each: the Authorization
// header, or the URL. For comparing with AWS's own signer (requests_test.py, which says what a line holds).
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/aws/sigv4.h"

namespace odograph::aws {
namespace {

using nlohmann::json;

std::vector<Field> fields(const json& pairs) {
  std::vector<Field> out;
  for (const auto& pair : pairs) out.push_back({pair.at(0), pair.at(1)});
  return out;
}

std::string signed_as_asked(const json& asked) {
  const Request request{.method = asked.at("method"),
                        .host = asked.at("host"),
                        .path = asked.at("path"),
                        .query = fields(asked.at("query")),
                        .headers = fields(asked.at("headers")),
                        .payload_sha256 = asked.at("payload_sha256")};
  const Scope scope{.time = base::UtcTime{base::Millis{asked.at("time_ms").get<std::int64_t>()}},
                    .region = asked.at("region"),
                    .service = asked.at("service"),
                    .path_style = asked.at("service") == "s3" ? PathStyle::kAsSent : PathStyle::kNormalised};
  const Credentials credentials{.access_key_id = asked.at("key"),
                                .secret_access_key = asked.at("secret"),
                                .session_token = asked.at("session"),
                                .expires = {},
                                .source = "test"};
  if (asked.at("by") == "header") {
    const auto made = sign(request, scope, credentials);
    return made ? made->headers.back().value : made.error().what;
  }
  const auto made = presign(request, scope, credentials, std::chrono::seconds{asked.at("lifetime_s").get<int>()});
  return made ? made->url : made.error().what;
}

}  // namespace
}  // namespace odograph::aws

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto asked = nlohmann::json::parse(line, nullptr, false);
    if (asked.is_discarded()) return 1;
    std::printf("%s\n", odograph::aws::signed_as_asked(asked).c_str());
  }
  return 0;
}
