#include "lib/aws/answer.h"
#include "lib/aws/guarded_file.h"
#include "lib/aws/optional_provider.h"
#include "lib/aws/url.h"

namespace odograph::aws {
namespace {

constexpr const char* kRelativeHost = "http://169.254.170.2";

/// `text` without the line end that editors leave.
SecretString without_line_end(SecretString text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// AWS SDKs and Tools Reference Guide, "Container credential provider".
class ContainerProvider final : public OptionalProvider {
 public:
  explicit ContainerProvider(const Surroundings& surroundings) : surroundings_(surroundings) {}

  base::Result<std::optional<Credentials>> fetch_if_configured() override {
    const auto relative = surroundings_.environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = surroundings_.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) return std::optional<Credentials>{};
    HttpRequest request;
    request.url = relative ? kRelativeHost + *relative : *full;
    const auto allowed = check_url(request.url, relative);
    if (!allowed) return named(allowed.error(), {"container", ""});
    const AnswerOrigin origin = {"container", request.url};
    auto token = authorization();
    if (!token) return named(token.error(), origin);
    if (!token->empty()) request.headers.emplace_back("Authorization", std::move(*token));
    request.limits = kLocalLimits;
    const auto answer = surroundings_.http.send(request);
    if (!answer) return named(answer.error(), origin);
    if (answer->status != 200) return refusal(*answer, origin);
    auto made = accept_answer(parse_json_answer(answer->body, kEndpointNames), *answer, origin);
    if (!made) return made.error();
    return std::optional(*made);
  }

  std::string what_is_missing() const override {
    return "container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set)";
  }

 private:
  /// In the clear, a token and an identity may only go over this machine or to AWS's own link-local hosts.
  static base::Status check_url(const std::string& url, const std::optional<std::string>& relative) {
    if (relative && relative->front() != '/') {
      return base::stop_error("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with /");
    }
    const auto parts = split_url(url);
    if (!parts) return parts.error();
    if (parts->scheme == "https" || is_loopback(parts->host) || is_aws_link_local(parts->host)) return {};
    return base::stop_error("http:// to '" + parts->host +
                            "' is refused: only https, or http to this machine, 169.254.170.2, 169.254.170.23 or "
                            "fd00:ec2::23");
  }

  base::Result<SecretString> authorization() {
    // The file goes first and is read anew each time: EKS and Greengrass change it while we run.
    if (const auto file = surroundings_.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      auto text = read_guarded_file(*file, kFieldBytesMax, FileGuard::kNone);
      if (!text) return text.error();
      auto token = without_line_end(std::move(*text));
      if (token.empty()) return base::retry_error("expected a token in " + *file + ", it is empty");
      return token;
    }
    return SecretString(surroundings_.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or(""));
  }

  Surroundings surroundings_;
};

}  // namespace

std::unique_ptr<OptionalProvider> make_container_provider(const Surroundings& surroundings) {
  return std::make_unique<ContainerProvider>(surroundings);
}

}  // namespace odograph::aws
