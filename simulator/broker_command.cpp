#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "simulator/broker/broker.h"
#include "simulator/commands.h"
#include "simulator/stop_signals.h"

namespace odograph::simulator {
namespace {

struct Arguments {
  std::uint16_t port = 9092;
  int partitions = 3;
  std::vector<std::string> topics;
};

base::Status run_broker(const Arguments& arguments) {
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

}  // namespace

void add_broker_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("broker", "Run the development broker: in memory, for looking, no guarantees");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--port", arguments->port, "Port of 127.0.0.1 to listen on; 0: any free one")
      ->capture_default_str();
  command->add_option("--partitions", arguments->partitions, "Partitions of a --topic that tells none")
      ->capture_default_str();
  command
      ->add_option(
          "--topic", arguments->topics,
          "NAME or NAME:PARTITIONS to make at the start; others are made at their first use, with 4 partitions")
      ->take_all();
  command->callback([arguments, &run] { run = [arguments] { return run_broker(*arguments); }; });
}

}  // namespace odograph::simulator
