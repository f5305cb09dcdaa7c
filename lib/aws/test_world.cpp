#include "lib/aws/test_world.h"

namespace odograph::aws {

base::Result<HttpAnswer> FakeHttp::send(const HttpRequest& request) {
  requests.push_back(request);
  if (answers_.empty()) return base::retry_error("the link is down");
  auto answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

void FakeHttp::will_answer(int status, const std::string& body, const std::string& date) {
  HttpAnswer answer;
  answer.status = status;
  answer.body.assign(body.data(), body.size());
  if (!date.empty()) answer.time = AnswerTime{*base::from_rfc3339(date), base::Millis{100}, is_verified};
  answers_.emplace_back(std::move(answer));
}

Surroundings TestWorld::surroundings() {
  return {http,
          [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end() || found->second.empty()) return std::nullopt;
            return found->second;
          },
          [this] { return now; }};
}

base::Result<Credentials> TestWorld::fetch(const ProviderOptions& options) {
  const auto provider = make_provider(options, surroundings());
  if (!provider) return provider.error();
  return (*provider)->fetch();
}

std::string TestWorld::told(const ProviderOptions& options) { return aws::told(fetch(options)); }

std::string told(const base::Result<Credentials>& fetched) {
  if (fetched) return fetched->access_key_id + " from " + fetched->source;
  return std::string(fetched.error().action == base::Action::kStop ? "kStop: " : "kRetry: ") + fetched.error().what;
}

std::string header_of(const HttpRequest& request, const std::string& name) {
  for (const auto& [one, value] : request.headers) {
    if (one == name) return std::string(value);
  }
  return {};
}

std::string iot_body(const std::string& id) {
  return R"({"credentials":{"accessKeyId":")" + id +
         R"(","secretAccessKey":"s","sessionToken":"t","expiration":"2026-11-23T11:00:00Z"}})";
}

std::string endpoint_body(const std::string& id) {
  return R"({"Code":"Success","AccessKeyId":")" + id +
         R"(","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-23T11:00:00Z"})";
}

std::string sts_body(const std::string& action, const std::string& id) {
  return "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>" + id +
         "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
         "<Expiration>2026-11-23T11:00:00Z</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

}  // namespace odograph::aws
