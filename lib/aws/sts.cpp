#include "lib/aws/sts.h"

#include <utility>

#include "lib/aws/answer.h"
#include "lib/aws/guarded_file.h"
#include "lib/aws/region.h"
#include "lib/aws/sigv4.h"
#include "lib/aws/url.h"
#include "lib/base/url_password.h"

namespace odograph::aws {
namespace {

constexpr const char* kVersion = "2011-06-15";
constexpr std::size_t kTokenBytesMax = 20'000;  // STS's own limit for WebIdentityToken.
// What STS takes for the same time is 15 minutes wide; within this, another time than ours cannot have been the reason.
constexpr base::Millis kSkewMin{60'000};

std::string role_name(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

std::string session_name(const std::string& given) { return given.empty() ? kSessionName : given; }

/// STS's words for a signature that is too old or not yet good.
bool blames_the_time(const HttpAnswer& answer) {
  const std::string_view body = answer.body;
  return answer.status == 403 && (body.find("Signature expired") != std::string_view::npos ||
                                  body.find("Signature not yet current") != std::string_view::npos ||
                                  body.find("<Code>RequestExpired</Code>") != std::string_view::npos ||
                                  body.find("<Code>RequestTimeTooSkewed</Code>") != std::string_view::npos);
}

base::Result<SecretString> read_token(const std::string& file) {
  auto token = read_guarded_file(file, kTokenBytesMax, FileGuard::kNone);
  if (!token) return token;
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r' || token->back() == ' ')) token->pop_back();
  if (token->empty() || token->find_first_of("\r\n\t ") != SecretString::npos) {
    return base::retry_error("expected one token in " + file);
  }
  return token;
}

base::Result<Credentials> judge(const base::Result<HttpAnswer>& answer, const char* action,
                                const AnswerOrigin& origin) {
  if (!answer) return named(answer.error(), origin);
  if (answer->status != 200) return refusal(*answer, origin);
  return accept_answer(parse_sts_answer(answer->body, action), *answer, origin);
}

}  // namespace

StsClient::StsClient(const ProviderOptions& options, const Surroundings& surroundings, std::string profile_region)
    : options_(options), surroundings_(surroundings), profile_region_(std::move(profile_region)) {}

base::Result<StsClient::Place> StsClient::place() const {
  Place made;
  made.region = options_.sts.region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (made.region.empty()) made.region = surroundings_.environment(name).value_or("");
  }
  if (made.region.empty()) made.region = profile_region_;
  if (made.region.empty()) return base::stop_error("STS is asked in a region, and none is configured");
  if (!is_region(made.region)) return base::stop_error("'" + harmless(made.region) + "' is not a region");
  made.host = "sts." + made.region + (made.region.rfind("cn-", 0) == 0 ? ".amazonaws.com.cn" : ".amazonaws.com");
  if (!options_.sts.endpoint.empty()) {
    const auto parts = split_url(options_.sts.endpoint);
    if (!parts) return parts.error();
    if (parts->scheme != "https" && !is_loopback(parts->host)) {
      return base::stop_error("the STS endpoint '" + base::without_password(options_.sts.endpoint) +
                              "' does not begin with https://");
    }
    made.url = options_.sts.endpoint;
    while (made.url.back() == '/') made.url.pop_back();
    made.host = made.url.substr(made.url.find("//") + 2);
    if (made.host.find_first_of("/?#") != std::string::npos) {
      return base::stop_error("the STS endpoint '" + base::without_password(options_.sts.endpoint) + "' has a path");
    }
    made.url += '/';
    return made;
  }
  made.url = "https://" + made.host + "/";
  return made;
}

HttpRequest StsClient::request_to(const Place& place, const SecretString& body) const {
  HttpRequest request;
  request.method = "POST";
  request.url = place.url;
  request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
  request.body = body;
  request.tls.ca_file = options_.ca_file;
  request.proxy = options_.proxy;
  request.limits = options_.limits;
  return request;
}

base::Result<Credentials> StsClient::assume_role_with_web_identity(const WebIdentitySource& source) const {
  AnswerOrigin origin = {"web-identity:" + harmless(role_name(source.role_arn)), ""};
  if (!is_role_arn(source.role_arn)) {
    return named(base::stop_error("the role is not like arn:aws:iam::123456789012:role/NAME"), origin);
  }
  const std::string session = session_name(source.session_name);
  if (!is_session_name(session)) {
    return named(base::stop_error("the session name is not 2 to 64 letters, digits and _+=,.@-"), origin);
  }
  const auto at = place();
  if (!at) return named(at.error(), origin);
  const auto token = read_token(source.token_file);
  if (!token) return named(token.error(), origin);
  origin.endpoint = at->url;
  const HttpRequest request = request_to(*at, form_body({{"Action", "AssumeRoleWithWebIdentity"},
                                                         {"Version", kVersion},
                                                         {"RoleArn", source.role_arn},
                                                         {"RoleSessionName", session},
                                                         {"WebIdentityToken", *token}}));
  return judge(surroundings_.http.send(request), "AssumeRoleWithWebIdentity", origin);
}

base::Result<HttpAnswer> StsClient::send_signed(const Place& place, const SecretString& body, const Credentials& caller,
                                                base::UtcTime time) const {
  HttpRequest request = request_to(place, body);
  Request signed_part;
  signed_part.method = request.method;
  signed_part.host = place.host;
  signed_part.payload_sha256 = sha256_hex(body);
  for (const auto& [name, value] : request.headers) signed_part.headers.push_back({name, std::string(value)});
  auto signature = sign(signed_part, {.time = time, .region = place.region, .service = "sts"}, caller);
  if (!signature) return signature.error();
  for (Field& header : signature->headers) {
    request.headers.emplace_back(header.name, SecretString(header.value));
    wipe(header.value);
  }
  return surroundings_.http.send(request);
}

base::Result<Credentials> StsClient::assume_role(const RoleStep& step, const Credentials& caller) const {
  AnswerOrigin origin = {"role:" + harmless(role_name(step.role_arn)), ""};
  const auto at = place();
  if (!at) return named(at.error(), origin);
  auto time = surroundings_.utc_now();
  // Where no clock is believed, the host that gave the caller's credentials has just told the time.
  if (!time && caller.answered && caller.answered->is_verified) time = caller.answered->date;
  if (!time) return named(base::retry_error("no plausible time yet to sign with"), origin);
  origin.endpoint = at->url;
  const std::string duration = std::to_string(step.duration_s);
  const std::string session = session_name(step.session_name);
  std::vector<FormField> fields = {{"Action", "AssumeRole"},
                                   {"Version", kVersion},
                                   {"RoleArn", step.role_arn},
                                   {"RoleSessionName", session},
                                   {"DurationSeconds", duration}};
  if (!step.external_id.empty()) fields.emplace_back("ExternalId", step.external_id);
  const SecretString body = form_body(fields);
  auto answer = send_signed(*at, body, caller, *time);
  // Only a verified host may tell the time; and only if it tells another one than was signed with.
  if (answer && blames_the_time(*answer) && answer->time && answer->time->is_verified &&
      std::chrono::abs(answer->time->date - *time) > kSkewMin) {
    answer = send_signed(*at, body, caller, answer->time->date);
  }
  return judge(answer, "AssumeRole", origin);
}

}  // namespace odograph::aws
