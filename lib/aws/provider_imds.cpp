#include "lib/aws/answer.h"
#include "lib/aws/optional_provider.h"
#include "lib/aws/url.h"

namespace odograph::aws {
namespace {

constexpr const char* kV4 = "http://169.254.169.254";
constexpr const char* kV6 = "http://[fd00:ec2::254]";
constexpr const char* kRolesPath = "/latest/meta-data/iam/security-credentials/";

/// Amazon EC2 User Guide, "Use IMDS" and "Retrieve security credentials from instance metadata". Version 1, which
/// answers whoever can make us send a GET, is never asked.
class ImdsProvider final : public OptionalProvider {
 public:
  ImdsProvider(const ProviderOptions& options, const Surroundings& surroundings)
      : allowed_(options.allows_instance_metadata), surroundings_(surroundings) {}

  base::Result<std::optional<Credentials>> fetch_if_configured() override {
    if (!allowed_ || surroundings_.environment("AWS_EC2_METADATA_DISABLED").value_or("") == "true") {
      return std::optional<Credentials>{};
    }
    const auto base = endpoint();
    if (!base) return named(base.error(), {"imds", ""});
    const auto token = session_token(*base);
    if (!token) return token.error();
    const auto role = role_name(*base, *token);
    if (!role) return role.error();
    const AnswerOrigin origin = {"imds:" + *role, *base + kRolesPath + *role};
    const auto answer = ask("GET", origin, {"x-aws-ec2-metadata-token", *token});
    if (!answer) return answer.error();
    auto made = accept_answer(parse_json_answer(answer->body, kEndpointNames), *answer, origin);
    if (!made) return made.error();
    return std::optional(*made);
  }

  std::string what_is_missing() const override {
    return allowed_ ? "imds (AWS_EC2_METADATA_DISABLED is true)" : "imds (not allowed by the configuration)";
  }

 private:
  base::Result<std::string> endpoint() {
    if (auto own = surroundings_.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
      const auto parts = split_url(*own);
      if (!parts) return parts.error();
      if (parts->scheme == "http" && !is_loopback(parts->host) && !is_aws_link_local(parts->host)) {
        return base::stop_error("AWS_EC2_METADATA_SERVICE_ENDPOINT is http:// to '" + parts->host +
                                "', neither this machine nor the metadata service");
      }
      while (!own->empty() && own->back() == '/') own->pop_back();
      return std::move(*own);
    }
    const std::string mode = surroundings_.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("IPv4");
    if (mode == "IPv4" || mode == "ipv4") return std::string(kV4);
    if (mode == "IPv6" || mode == "ipv6") return std::string(kV6);
    return base::stop_error("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6");
  }

  base::Result<HttpAnswer> ask(const std::string& method, const AnswerOrigin& origin,
                               const std::pair<std::string, SecretString>& header) {
    HttpRequest request;
    request.method = method;
    request.url = origin.endpoint;
    request.headers.push_back(header);
    request.limits = kLocalLimits;
    auto answer = surroundings_.http.send(request);
    if (!answer) return named(answer.error(), origin);
    if (answer->status != 200) return refusal(*answer, origin);
    return answer;
  }

  base::Result<SecretString> session_token(const std::string& base) {
    const AnswerOrigin origin = {"imds", base + "/latest/api/token"};
    auto answer = ask("PUT", origin, {"x-aws-ec2-metadata-token-ttl-seconds", "21600"});
    if (!answer) return answer.error();
    const bool plain = !answer->body.empty() && answer->body.size() <= kFieldBytesMax &&
                       answer->body.find_first_of("\r\n <") == SecretString::npos;
    if (!plain) return named(base::retry_error("expected a token, got other text"), origin);
    return std::move(answer->body);
  }

  base::Result<std::string> role_name(const std::string& base, const SecretString& token) {
    const AnswerOrigin origin = {"imds", base + kRolesPath};
    const auto answer = ask("GET", origin, {"x-aws-ec2-metadata-token", token});
    if (!answer) return answer.error();
    std::string role(answer->body.substr(0, answer->body.find('\n')));
    if (!role.empty() && role.back() == '\r') role.pop_back();
    // It becomes a part of the next URL.
    if (!is_name(role, "_+=,.@-"))
      return named(base::retry_error("expected the name of a role, got other text"), origin);
    return role;
  }

  bool allowed_;
  Surroundings surroundings_;
};

}  // namespace

std::unique_ptr<OptionalProvider> make_imds_provider(const ProviderOptions& options, const Surroundings& surroundings) {
  return std::make_unique<ImdsProvider>(options, surroundings);
}

}  // namespace odograph::aws
