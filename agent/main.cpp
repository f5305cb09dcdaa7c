#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "agent/config_words.h"
#include "agent/console.h"
#include "agent/decode.h"
#include "agent/replay.h"
#include "agent/run.h"
#include "agent/settings.h"
#include "agent/status.h"
#include "agent/token_command.h"
#include "drivers/api/driver_table.h"
#include "lib/aws/secret.h"
#include "lib/base/output.h"
#include "lib/cli/command_line.h"
#include "lib/config/render.h"
#include "lib/service/status_socket.h"

namespace odograph::agent {
namespace {

using Work = std::function<base::Status()>;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void add_config_options(CLI::App& command, ConfigArguments& arguments) {
  command.add_option("--config", arguments.file,
                     "Configuration file; without it /etc/odograph/agent.toml, if there is one");
  command.add_option("--set", arguments.overrides, "KEY=VALUE, over the file; any key, any number of times")
      ->take_all()
      ->allow_extra_args(false);
}

void add_commit_report(CLI::App& command, std::optional<int>& fd) {
  command.add_option("--commit-report", fd,
                     "Descriptor (a pipe or socket, as in 3>&1 | feeder) that is told what is durable: a JSON object a "
                     "line, after each commit");
}

void add_driver_options(CLI::App& command, std::string& driver, std::vector<std::string>& options) {
  command.add_option("--driver", driver, "Who reads it")->capture_default_str();
  command.add_option("--option", options, "KEY=VALUE of the driver, as in its [[source]]; any number of times")
      ->take_all()
      ->allow_extra_args(false);
}

void add_run(CLI::App& app, RunArguments& arguments, Work& work) {
  auto* command = app.add_subcommand("run", "Read the vehicle's devices, store, send");
  add_config_options(*command, arguments.config);
  add_commit_report(*command, arguments.commit_report);
  command->callback([&] { work = [&] { return run(arguments); }; });
}

/// Why that is no pace; empty for one that is.
std::string refused_speed(const std::string& text) {
  const std::string why = CLI::Range(0.001, 1e6)(text).empty() ? "" : "expected 0.001 to 1000000, found " + text;
  return why.empty() ? why : why + " (--as-fast-as-possible is without any pace)";
}

void add_replay(CLI::App& app, ReplayArguments& arguments, Work& work) {
  auto* command = app.add_subcommand("replay", "Take a recording through the same pipeline");
  command->footer(
      "It ends when the broker has every record. Stopped before (Ctrl-C is safe), it goes on there when called again.\n"
      "Exit code 1 if the recording cannot be read to its end, or if there is no sentence in it.");
  command->add_option("file", arguments.file, "The recording, a file: plain, gzip or zstd")->required();
  add_config_options(*command, arguments.config);
  add_commit_report(*command, arguments.commit_report);
  add_driver_options(*command, arguments.driver, arguments.options);
  auto* speed = command->add_option("--speed", arguments.speed, "Times the recording's own pace")
                    ->check(CLI::Validator(refused_speed, "0.001 - 1000000"))
                    ->capture_default_str();
  command
      ->add_flag_callback(
          "--as-fast-as-possible", [&] { arguments.speed = 0; }, "No pace at all")
      ->excludes(speed);
  command->add_flag_callback(
      "--restamp", [&] { arguments.stamp = ReplayArguments::Stamp::kNow; },
      "Stamp records as of now instead of the recording's time; not at more than its own pace");
  command->add_flag_callback(
      "--restart", [&] { arguments.from = ReplayArguments::From::kBeginning; },
      "Begin anew instead of where an earlier replay ended");
  auto* stored = command->add_flag_callback(
      "--until-stored", [&] { arguments.until = ReplayArguments::Until::kStored; },
      "End without waiting for the broker");
  command
      ->add_flag_callback(
          "--stay", [&] { arguments.until = ReplayArguments::Until::kStopped; },
          "Stay until stopped, for looking at the status")
      ->excludes(stored);
  command->callback([&] { work = [&] { return replay(arguments); }; });
}

struct StatusArguments {
  std::string socket = "/run/odograph/agent.sock";
  bool json = false;
};

base::Status print_status(const StatusArguments& arguments) {
  constexpr base::Millis kTimeout{5'000};
  const auto document = service::read_status(arguments.socket, kTimeout);
  if (!document) return document.error();
  const auto words = arguments.json ? *document : to_words(*document);
  if (!words) return words.error();
  print(*words);
  return {};
}

void add_status(CLI::App& app, StatusArguments& arguments, Work& work) {
  auto* command = app.add_subcommand("status", "Ask the running agent how it is");
  command->add_option("--socket", arguments.socket, "Where it listens")->capture_default_str();
  command->add_flag("--json", arguments.json, "Everything, for programs");
  command->callback([&] { work = [&] { return print_status(arguments); }; });
}

void add_decode(CLI::App& app, DecodeArguments& arguments, Work& work) {
  auto* command = app.add_subcommand("decode", "Print what a driver makes of a recording, one JSON object a line");
  command->footer("Exit code 1 if the recording cannot be read to its end, or if there is no sentence in it.");
  command->add_option("file", arguments.file, "The recording: plain, gzip or zstd; - for standard input")->required();
  add_driver_options(*command, arguments.driver, arguments.options);
  command->callback([&] { work = [&] { return decode(arguments, stdout, stderr); }; });
}

void add_config_commands(CLI::App& app, ConfigArguments& config, Work& work) {
  auto* check = app.add_subcommand("check-config", "Say whether the configuration is sound, or everything that is not");
  add_config_options(*check, config);
  check->callback([&] {
    work = [&]() -> base::Status {
      const auto values = load_values(config, Purpose::kRun);
      if (!values) return values.error();
      if (const auto made = settings(*values, track::Setting::kLive); !made) return made.error();
      for (const auto& doubt : doubts(*values)) {
        std::fprintf(stderr, "odograph-agent: warning: %s\n", doubt.c_str());
      }
      print("The configuration is sound: " + in_words(*values) + ".\n");
      return {};
    };
  });
  auto* printed = app.add_subcommand("print-config", "Print every key with its value and where that came from");
  add_config_options(*printed, config);
  printed->callback([&] {
    work = [&]() -> base::Status {
      const auto values = load_values(config, Purpose::kRun);
      if (!values) return values.error();
      print(config::print_config(options(Purpose::kRun), *values));
      return {};
    };
  });
  auto* example = app.add_subcommand("example-config", "Print a configuration that explains every key");
  example->callback([&] {
    work = []() -> base::Status {
      print(config::example(options(Purpose::kRun)));
      return {};
    };
  });
}

void add_token(CLI::App& app, TokenArguments& arguments, Work& work) {
  auto* command = app.add_subcommand("token", "Show what would be signed for Amazon MSK, with whose key, until when");
  add_config_options(*command, arguments.config);
  // By function, because CLI11 takes an empty text for an optional that is not given.
  const auto add = [command](const char* name, std::optional<std::string>& value, const char* about) {
    command->add_option_function<std::string>(
        name, [&value](const std::string& text) { value = text; }, about);
  };
  add("--host", arguments.host, "A broker, instead of kafka.brokers");
  add("--region", arguments.region, "The AWS region, instead of kafka.region");
  add("--at", arguments.at, "A time such as 2026-11-23T06:00:00Z, instead of now");
  command->add_flag_callback(
      "--raw", [&] { arguments.show = TokenArguments::Show::kRaw; },
      "Print the token alone. Whoever has it is you for as long as it lasts");
  command->callback([&] { work = [&] { return print_token(arguments); }; });
}

void add_drivers(CLI::App& app, Work& work) {
  auto* command = app.add_subcommand("drivers", "List the drivers that are built in");
  command->callback([&] {
    work = []() -> base::Status {
      for (const auto* driver : drivers::driver_table()) {
        print(std::string(driver->name) + "  " + std::string(driver->summary) + "\n");
      }
      return {};
    };
  });
}

int main(int argc, char** argv) {
  // Before a configuration is read, which may lead to a secret. Without it the program still does its work.
  if (const auto hidden = aws::keep_memory_private(); !hidden) {
    std::fprintf(stderr, "odograph-agent: warning: %s\n", hidden.error().what.c_str());
  }
  CLI::App app("Odograph agent: from the vehicle's devices to Kafka, losing nothing");
  app.require_subcommand(1);
  ConfigArguments config;
  RunArguments run_arguments;
  ReplayArguments replay_arguments;
  StatusArguments status_arguments;
  DecodeArguments decode_arguments;
  TokenArguments token_arguments;
  Work work;
  add_run(app, run_arguments, work);
  add_replay(app, replay_arguments, work);
  add_status(app, status_arguments, work);
  add_decode(app, decode_arguments, work);
  add_config_commands(app, config, work);
  add_token(app, token_arguments, work);
  add_drivers(app, work);
  if (const auto code = cli::parse(app, argc, argv, {std::cout, std::cerr})) return *code;
  auto status = work();
  if (status) status = base::finish_output(stdout);
  if (!status) {
    std::fputs(cli::error_text("odograph-agent", status.error().what).c_str(), stderr);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace odograph::agent

int main(int argc, char** argv) { return odograph::agent::main(argc, argv); }
