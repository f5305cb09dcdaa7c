// The processor's rules as an AWS Lambda function with a runtime of its own; packaging/aws/lambda/README.md.

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "fleet/fleet_config.h"
#include "fleet/lambda/carried_function.h"
#include "fleet/lambda/connect.h"
#include "fleet/lambda/kept_function.h"
#include "fleet/lambda/runtime_api.h"
#include "fleet/lambda/serve.h"
#include "lib/aws/secret.h"
#include "lib/cli/command_line.h"
#include "lib/service/log.h"

namespace odograph::fleet {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

/// Lambda gives a program no words, but variables: they stand for --config and --brokers.
ConfigSource source_of_environment() {
  ConfigSource source;
  source.brokers = variable("ODOGRAPH_BROKERS").value_or("");
  if (const auto file = variable("ODOGRAPH_CONFIG")) {
    source.file = *file;
  } else if (const auto task = variable("LAMBDA_TASK_ROOT")) {
    const std::filesystem::path in_zip = std::filesystem::path(*task) / "fleet.toml";
    std::error_code ignored;
    if (std::filesystem::exists(in_zip, ignored)) source.file = in_zip;
  }
  return source;
}

struct Start {
  std::unique_ptr<lambda::Function> function;
  service::LogLevel log_level = service::LogLevel::kInfo;
};

base::Result<Start> start(const base::Clock& clock) {
  const auto values = load_config(source_of_environment());
  if (!values) return values.error();
  const auto settings = process_settings(*values);
  if (!settings) return settings.error();
  const lambda::FunctionRules rules{settings->pipeline.processor, settings->alert_rules};
  Start started{nullptr, settings->log_level};
  if (values->text("lambda.state") == "caller") {
    started.function = std::make_unique<lambda::CarriedFunction>(rules);
    return started;
  }
  auto connections = lambda::connect(settings->connect);
  if (!connections) return connections.error();
  started.function = std::make_unique<lambda::KeptFunction>(rules, std::move(*connections), clock);
  return started;
}

int fail(const base::Error& error) {
  std::cerr << "odograph-lambda: " << error.what << '\n';
  return 1;
}

int run() {
  const auto address = variable("AWS_LAMBDA_RUNTIME_API");
  if (!address) {
    return fail(base::stop_error(
        "AWS_LAMBDA_RUNTIME_API is not set: this program is the runtime of an AWS Lambda function, and Lambda starts "
        "it; packaging/aws/lambda/README.md"));
  }
  const auto api = lambda::RuntimeApi::at(*address);
  if (!api) return fail(api.error());
  const base::RealClock clock;
  auto started = start(clock);
  if (!started) {
    static_cast<void>(api->fail_init(started.error()));
    return fail(started.error());
  }
  service::Log log(STDERR_FILENO, started->log_level, service::LogFormat::kHuman);
  return fail(serve(*api, *started->function, [&](const std::string& line) { log.warning("{}", line); }));
}

}  // namespace
}  // namespace odograph::fleet

int main(int argc, char** argv) {
  CLI::App app(
      "The fleet processor's rules as an AWS Lambda function: Lambda starts it, with AWS_LAMBDA_RUNTIME_API set, "
      "ODOGRAPH_CONFIG or fleet.toml beside it and ODOGRAPH_BROKERS (packaging/aws/lambda/README.md)",
      "odograph-lambda");
  if (const auto code = odograph::cli::parse(app, argc, argv, {std::cout, std::cerr})) return *code;
  // Before a configuration is read, which may lead to a secret. Without it the program still does its work.
  if (const auto hidden = odograph::aws::keep_memory_private(); !hidden) {
    std::cerr << "odograph-lambda: warning: " << hidden.error().what << '\n';
  }
  return odograph::fleet::run();
}
