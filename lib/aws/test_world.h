#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/aws/providers.h"
#include "lib/aws/test_certificates.h"

namespace odograph::aws {

/// Answers what it was told to, in order; without any left, like a link that is down.
class FakeHttp final : public HttpClient {
 public:
  base::Result<HttpAnswer> send(const HttpRequest& request) override;
  /// `date`: RFC 3339, vouched for as `is_verified` says at the moment of the call.
  void will_answer(int status, const std::string& body, const std::string& date = "2026-11-23T10:00:00Z");
  void will_fail(base::Error error) { answers_.emplace_back(std::move(error)); }

  std::vector<HttpRequest> requests;
  bool is_verified = true;

 private:
  std::deque<base::Result<HttpAnswer>> answers_;
};

/// A machine for providers: an environment, a folder, an hour, a fake network.
struct TestWorld {
  FakeHttp http;
  std::map<std::string, std::string> variables;
  std::optional<base::UtcTime> now = base::from_rfc3339("2026-11-23T10:00:00Z");
  TestFolder folder;

  Surroundings surroundings();
  base::Result<Credentials> fetch(const ProviderOptions& options);
  /// "AKIDEXAMPLE from environment", or "kStop: why".
  std::string told(const ProviderOptions& options);
};

/// "ASIA..." of a source, or "kStop: why"; the same words everywhere in these tests.
std::string told(const base::Result<Credentials>& fetched);

/// The value of a header of a request; empty if it has none.
std::string header_of(const HttpRequest& request, const std::string& name);

/// Answers as AWS gives them; they expire at 2026-11-23T11:00:00Z.
std::string iot_body(const std::string& id);
std::string endpoint_body(const std::string& id);
std::string sts_body(const std::string& action, const std::string& id);

}  // namespace odograph::aws
