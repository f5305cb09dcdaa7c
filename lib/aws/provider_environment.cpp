#include <cstdlib>

#include "lib/aws/answer.h"
#include "lib/aws/optional_provider.h"

namespace odograph::aws {
namespace {

class EnvironmentProvider final : public OptionalProvider {
 public:
  explicit EnvironmentProvider(const Surroundings& surroundings) : surroundings_(surroundings) {}

  base::Result<std::optional<Credentials>> fetch_if_configured() override {
    Credentials made;
    made.source = "environment";
    const AnswerOrigin origin = {made.source, ""};
    made.access_key_id = surroundings_.environment("AWS_ACCESS_KEY_ID").value_or("");
    made.secret_access_key = surroundings_.environment("AWS_SECRET_ACCESS_KEY").value_or("");
    made.session_token = surroundings_.environment("AWS_SESSION_TOKEN").value_or("");
    if (made.access_key_id.empty() && made.secret_access_key.empty()) {
      return std::optional<Credentials>{};  // A token alone was left over from somewhere; it names nobody.
    }
    if (made.secret_access_key.empty()) {
      return named(base::stop_error("AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not"), origin);
    }
    if (made.access_key_id.empty()) {
      return named(base::stop_error("AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"), origin);
    }
    const auto sound = check_keys(made);
    if (!sound) return named(sound.error(), origin);
    return std::optional(made);
  }

  std::string what_is_missing() const override { return "environment (AWS_ACCESS_KEY_ID is not set)"; }

 private:
  Surroundings surroundings_;
};

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

std::unique_ptr<OptionalProvider> make_environment_provider(const Surroundings& surroundings) {
  return std::make_unique<EnvironmentProvider>(surroundings);
}

}  // namespace odograph::aws
