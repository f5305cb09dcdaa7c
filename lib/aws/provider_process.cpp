#include "lib/aws/answer.h"
#include "lib/aws/optional_provider.h"
#include "lib/aws/run_program.h"

namespace odograph::aws {
namespace {

class ProcessProvider final : public OptionalProvider {
 public:
  explicit ProcessProvider(const ProviderOptions& options)
      : command_(options.process_command), deadline_(options.process_deadline) {}

  base::Result<std::optional<Credentials>> fetch_if_configured() override {
    if (command_.empty()) return std::optional<Credentials>{};
    // Only the program's name is told: a command line may hold what others should not see.
    const auto words = split_command(command_);
    const AnswerOrigin origin = {"process", words ? words->front() : std::string{}};
    if (!words) return named(words.error(), origin);
    const auto end = run_program(*words, deadline_);
    if (!end) return named(end.error(), origin);
    if (end->exit_code != 0) {
      const std::string said = harmless(end->errors);
      return named(base::retry_error("ended with " + std::to_string(end->exit_code) +
                                     (said.empty() ? std::string{} : " (" + said + ")") + ", expected 0"),
                   origin);
    }
    auto made = parse_process_answer(end->output);
    if (!made) return named(made.error(), origin);
    made->source = origin.provider;
    return std::optional(*made);
  }

  std::string what_is_missing() const override { return "process (no command is configured)"; }

 private:
  std::string command_;
  base::Millis deadline_;
};

}  // namespace

std::unique_ptr<OptionalProvider> make_process_provider(const ProviderOptions& options) {
  return std::make_unique<ProcessProvider>(options);
}

}  // namespace odograph::aws
