#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "fleet/config_options.h"
#include "fleet/decode/read_topic.h"
#include "fleet/fences_main.h"
#include "fleet/fleet_config.h"
#include "fleet/process_command.h"
#include "fleet/replay/replay_command.h"
#include "fleet/rules_command.h"
#include "fleet/scale_command.h"
#include "fleet/status_command.h"
#include "fleet/topics/topics_commands.h"
#include "fleet/trips_main.h"
#include "lib/aws/secret.h"
#include "lib/base/output.h"
#include "lib/cli/command_line.h"
#include "lib/config/render.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"

namespace odograph::fleet {
namespace {

/// What the subcommands share.
struct Common {
  ConfigSource source;
};

void add_common(CLI::App& command, Common& common) { add_config_options(command, common.source); }

kafka::Admin::Options admin_options(const config::Values& values, const kafka::Security& security) {
  return {.brokers = keys::brokers_of(values), .client_id = "odograph-fleet", .security = security};
}

int process_main(const Common& common, const std::string& report) {
  const auto signals = service::Signals::create();
  if (!signals) return fail(signals.error());
  const auto values = load_config(common.source);
  if (!values) return fail(values.error());
  auto settings = process_settings(*values);
  if (!settings) return fail(settings.error());
  service::Log log(STDERR_FILENO, settings->log_level, service::log_format_for(STDERR_FILENO));
  for (const auto& doubt : keys::msk_doubts(*values)) log.warning("{}", doubt);
  ProcessCommand command{std::move(*settings), std::nullopt};
  if (!report.empty()) command.report = report;
  const auto status = run_process(command, log, *signals);
  return status ? 0 : fail(status.error());
}

struct TopicsArguments {
  Common common;
  bool development = false;
  std::optional<int> partitions;
  std::optional<int> replication;
  topics::ListFormat format = topics::ListFormat::kTable;
  ScaleCommand scale;
};

topics::Layout layout_of(const TopicsArguments& arguments) {
  // The broker's arguments are for the development broker, whatever else is told.
  const bool development = arguments.development || arguments.format == topics::ListFormat::kBrokerArgs;
  topics::Layout layout = development ? topics::kDevelopment : topics::kProduction;
  if (arguments.partitions) layout.partitions = *arguments.partitions;
  if (arguments.replication) layout.replication = *arguments.replication;
  return layout;
}

int topics_main(const TopicsArguments& arguments, const std::string& verb) {
  if (verb == "scale") {
    const auto status = run_scale(arguments.scale, std::cout);
    return status ? 0 : fail(status.error());
  }
  const topics::Layout layout = layout_of(arguments);
  if (auto status = topics::validate(layout); !status) return fail(status.error());
  if (verb == "list") {
    topics::list(layout, arguments.format, std::cout);
    return 0;
  }
  const auto values = load_config(arguments.common.source);
  if (!values) return fail(values.error());
  const auto secured = security(*values);
  if (!secured) return fail(secured.error());
  const auto admin = kafka::Admin::create(admin_options(*values, *secured));
  if (!admin) return fail(admin.error());
  const auto outcome =
      verb == "create" ? topics::create(**admin, layout, std::cout) : topics::check(**admin, layout, std::cout);
  return outcome ? *outcome : fail(outcome.error());
}

struct DecodeArguments {
  Common common;
  decode::ReadOptions read;
  std::string file;
  bool until_end = false;
  bool from_end = false;
  bool from_beginning = false;  ///< As it is without the flag; lets a script say so.
  bool with_offsets = false;
};

/// A file that holds one message of raw-data-topic.
int decode_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || !(bytes << file.rdbuf()))
    return fail(base::stop_error("read " + path + ": cannot be read, or is empty"));
  kafka::Message message;
  message.topic = topics::kRawData;
  message.value = bytes.str();
  const auto lines = decode::lines_of(message, decode::Place::kLeftOut);
  if (!lines) return fail({lines.error().action, path + ": " + lines.error().what});
  for (const std::string& line : *lines) std::cout << line << '\n';
  return 0;
}

int decode_main(const DecodeArguments& arguments) {
  if (!arguments.file.empty()) return decode_file(arguments.file);
  const auto signals = service::Signals::create();
  if (!signals) return fail(signals.error());
  const auto values = load_config(arguments.common.source);
  if (!values) return fail(values.error());
  const auto secured = security(*values);
  if (!secured) return fail(secured.error());
  const auto admin = kafka::Admin::create(admin_options(*values, *secured));
  if (!admin) return fail(admin.error());
  const auto consumer = kafka::Consumer::create(
      {.brokers = keys::brokers_of(*values), .client_id = "odograph-fleet-decode", .security = *secured});
  if (!consumer) return fail(consumer.error());
  decode::ReadOptions read = arguments.read;
  if (arguments.until_end) read.until = decode::ReadOptions::Until::kEnd;
  if (arguments.from_end) read.from = decode::ReadOptions::From::kEnd;
  if (arguments.with_offsets) read.place = decode::Place::kShown;
  const auto stopped = [&] { return signals->next() == service::Signal::kStop; };
  const auto status = decode::read_topic(read, **admin, **consumer, {std::cout, std::cerr, stopped});
  return status ? 0 : fail(status.error());
}

void add_topics(CLI::App& app, TopicsArguments& arguments) {
  CLI::App* command = app.add_subcommand("topics", "The topics of Odograph: one table for all who make or check them");
  command->require_subcommand(1);
  const std::map<std::string, topics::ListFormat> formats = {{"table", topics::ListFormat::kTable},
                                                             {"names", topics::ListFormat::kNames},
                                                             {"broker-args", topics::ListFormat::kBrokerArgs}};
  CLI::App* list = command->add_subcommand("list", "Print the table");
  list->add_option("--format", arguments.format, "table, names, or broker-args for odograph-sim broker")
      ->transform(CLI::CheckedTransformer(formats))
      ->option_text("FORMAT");
  CLI::App* create = command->add_subcommand("create", "Create what is missing; leave what is there as it is");
  CLI::App* check = command->add_subcommand("check", "Say what is wrong and what to do; exit 1 if something is");
  for (CLI::App* each : {list, create, check}) {
    each->add_flag("--dev", arguments.development, "The layout for development: 3 partitions, 1 replica");
    each->add_option("--partitions", arguments.partitions, "Of the topics that are partitioned by vehicle");
    each->add_option("--replication", arguments.replication, "Replicas of every partition");
  }
  CLI::App* scale = command->add_subcommand(
      "scale", "Add partitions while vehicles send: stop the processors first, start them when it is done");
  scale->add_option("--partitions", arguments.scale.partitions, "Up to how many")->required();
  scale
      ->add_option("--settle", arguments.scale.settle_s,
                   "Seconds until every vehicle knows of them: longer than its topic.metadata.refresh.interval.ms")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  add_config_options(*scale, arguments.scale.source);
  add_common(*create, arguments.common);
  add_common(*check, arguments.common);
}

void add_decode(CLI::App& app, DecodeArguments& arguments) {
  CLI::App* command = app.add_subcommand("decode", "Print a topic as JSON, one object a line");
  add_common(*command, arguments.common);
  auto* source = command->add_option_group("source");
  source->add_option("--topic", arguments.read.topic, "Which topic");
  source->add_option("--file", arguments.file, "A file with one message of raw-data-topic instead");
  source->require_option(1);
  command->add_flag("--until-end", arguments.until_end, "Stop where the topic ends now");
  auto* from_end = command->add_flag("--from-end", arguments.from_end, "Only what comes from now on");
  command->add_flag("--from-beginning", arguments.from_beginning, "All that is there (the default)")
      ->excludes(from_end);
  command->add_flag("--with-offsets", arguments.with_offsets,
                    "Begin each line with topic, partition, offset and Kafka's timestamp");
  command->add_option("--limit", arguments.read.limit, "Lines at most");
}

void add_eta_replay(CLI::App& app, replay::ReplayCommand& command) {
  CLI::App* eta = app.add_subcommand("eta-replay", "Estimate arrivals over recorded trips and positions; docs/eta.md");
  eta->add_option("--trips", command.trips, "Trips, a JSON object a line, plain or .gz")->required();
  eta->add_option("--positions", command.positions, "Positions in time order, likewise")->required();
  eta->add_option("--profile", command.profile, "What was learnt before, to start from");
  eta->add_option("--learn", command.learn, "File that gets what is learnt at the end");
}

void add_rules(CLI::App& app, RulesTryCommand& command) {
  CLI::App* rules = app.add_subcommand("rules", "Alert rules; docs/alerts.md");
  rules->require_subcommand(1);
  CLI::App* attempt = rules->add_subcommand("try", "Run rules over records of the past and show what they would raise");
  attempt->add_option("RULES", command.rules, "The rules: a file of them, or a whole fleet.toml")->required();
  auto* records = attempt->add_option(
      "RECORDS", command.records, "What `decode --topic raw-data-topic` printed, plain or .gz; else the topic itself");
  attempt->add_option("--trips", command.trips,
                      "Trips, as `trips put` takes them: rules about trips are tried as well");
  attempt->add_option("--fences", command.fences,
                      "Fences, as `fences put` takes them and `fences list --json` has them");
  attempt->add_option("--since", command.since, "How far back the topic is read")->excludes(records);
  attempt->add_flag_callback(
      "--json", [&command] { command.format = watch::TrialFormat::kJson; },
      "Every alert that would be sent, a line each");
  attempt->add_option("--config", command.source.file, "Where the broker is; else " + std::string(kConfigFile));
  attempt->add_option("--set", command.source.overrides, "KEY=VALUE: as in that file, but stronger")
      ->take_all()
      ->allow_extra_args(false);
  attempt->add_option("--brokers", command.source.brokers, "host:port[,host:port]; stands for kafka.brokers");
}

void add_status(CLI::App& app, StatusCommand& command) {
  CLI::App* status = app.add_subcommand("status", "Ask the processor on this machine how it is");
  add_config_options(*status, command.source);
  status->add_option("--socket", command.socket,
                     "Where it listens; else status.socket, else " + std::string(kStatusSocket));
  status->add_flag_callback(
      "--json", [&command] { command.format = StatusCommand::Format::kJson; }, "Everything, for programs");
}

int run(int argc, char** argv) {
  CLI::App app("Odograph in the cloud: from the vehicles' records to reports and alerts");
  app.require_subcommand(1);
  Common process_common;
  std::string report;
  CLI::App* process = app.add_subcommand("process", "Read raw-data-topic; write processed-data-topic and alerts-topic");
  add_common(*process, process_common);
  process->add_option("--report", report, "File that gets the counts as JSON at the end");
  TopicsArguments topics_arguments;
  add_topics(app, topics_arguments);
  DecodeArguments decode_arguments;
  add_decode(app, decode_arguments);
  replay::ReplayCommand replay_command;
  add_eta_replay(app, replay_command);
  TripsArguments trips_arguments;
  add_trips(app, trips_arguments);
  FencesArguments fences_arguments;
  add_fences(app, fences_arguments);
  RulesTryCommand rules_command;
  add_rules(app, rules_command);
  StatusCommand status_command;
  add_status(app, status_command);
  Common check_common;
  CLI::App* check_config = app.add_subcommand("check-config", "Say everything that is wrong with the configuration");
  add_common(*check_config, check_common);
  app.add_subcommand("example-config", "Print a configuration file that explains every key");
  if (const auto code = cli::parse(app, argc, argv, {std::cout, std::cerr})) return *code;

  const CLI::App* chosen = app.get_subcommands().front();
  if (chosen->get_name() == "process") return process_main(process_common, report);
  if (chosen->get_name() == "topics")
    return topics_main(topics_arguments, chosen->get_subcommands().front()->get_name());
  if (chosen->get_name() == "decode") return decode_main(decode_arguments);
  if (chosen->get_name() == "trips") return trips_main(trips_arguments, chosen->get_subcommands().front()->get_name());
  if (chosen->get_name() == "fences")
    return fences_main(fences_arguments, chosen->get_subcommands().front()->get_name());
  if (chosen->get_name() == "eta-replay") {
    const auto status = replay::run(replay_command, std::cout, std::cerr);
    return status ? 0 : fail(status.error());
  }
  if (chosen->get_name() == "rules") {
    const auto status = run_rules_try(rules_command, std::cout, std::cerr);
    return status ? 0 : fail(status.error());
  }
  if (chosen->get_name() == "status") {
    const auto status = run_status(status_command, std::cout);
    return status ? 0 : fail(status.error());
  }
  if (chosen->get_name() == "example-config") {
    std::cout << config::example(schema());
    return 0;
  }
  const auto values = load_config(check_common.source);
  if (!values) return fail(values.error());
  if (const auto settings = process_settings(*values); !settings) return fail(settings.error());
  for (const auto& doubt : keys::msk_doubts(*values)) std::cerr << "odograph-fleet: warning: " << doubt << '\n';
  std::cout << "The configuration is sound: " << in_words(*values) << ".\n";
  return 0;
}

}  // namespace
}  // namespace odograph::fleet

int main(int argc, char** argv) {
  // Before a configuration is read, which may lead to a secret. Without it the program still does its work.
  if (const auto hidden = odograph::aws::keep_memory_private(); !hidden) {
    std::cerr << "odograph-fleet: warning: " << hidden.error().what << '\n';
  }
  const int code = odograph::fleet::run(argc, argv);
  const auto written = odograph::base::finish_output(stdout);
  if (code != 0 || written) return code;
  std::cerr << "odograph-fleet: " << written.error().what << '\n';
  return 1;
}
