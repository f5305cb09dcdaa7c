#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "lib/base/unique_fd.h"
#include "simulator/broker/broker.h"

namespace odograph {
namespace {

/// Readable after SIGTERM or SIGINT, which no longer end the program. Called before there are threads, so that all
/// inherit the mask.
base::UniqueFd stop_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return base::UniqueFd(signalfd(-1, &signals, SFD_CLOEXEC));
}

struct BrokerArguments {
  std::uint16_t port = 9092;
  int partitions = 3;
  std::vector<std::string> topics;
};

void add_broker_command(CLI::App& app, BrokerArguments& arguments) {
  CLI::App* command = app.add_subcommand("broker", "Run the development broker: in memory, for looking, no guarantees");
  command->add_option("--port", arguments.port, "Port of 127.0.0.1 to listen on; 0: any free one")->capture_default_str();
  command->add_option("--partitions", arguments.partitions, "Partitions of a --topic that tells none")
      ->capture_default_str();
  command
      ->add_option("--topic", arguments.topics,
                   "NAME or NAME:PARTITIONS to make at the start; others are made at their first use, with 4 partitions")
      ->take_all();
}

base::Status run_broker_command(const BrokerArguments& arguments) {
  broker::BrokerOptions options{.port = arguments.port, .topics = {}};
  for (const std::string& text : arguments.topics) {
    auto topic = broker::parse_topic(text, arguments.partitions);
    if (!topic) return topic.error();
    options.topics.push_back(*topic);
  }
  const base::UniqueFd stop = stop_on_signals();
  if (!stop) return base::stop_error("cannot wait for signals");
  return broker::run_broker(options, stop.get(), std::cout);
}

int run(int argc, char** argv) {
  CLI::App app("Odograph simulator: the development broker");
  app.require_subcommand(1);
  BrokerArguments broker_arguments;
  add_broker_command(app, broker_arguments);
  CLI11_PARSE(app, argc, argv);
  if (auto status = run_broker_command(broker_arguments); !status) {
    std::cerr << "odograph-sim: " << status.error().what << '\n';
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace odograph

int main(int argc, char** argv) { return odograph::run(argc, argv); }
