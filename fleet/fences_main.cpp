#include "fleet/fences_main.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "fleet/broker_session.h"
#include "fleet/config_options.h"
#include "fleet/dispatch/fence_commands.h"

namespace odograph::fleet {
namespace {

using dispatch::FenceTimes;

base::Result<FenceTimes> times_of(const FencesArguments& arguments) {
  const auto now = base::RealClock().utc_now();
  if (!now) return base::stop_error("this machine has no clock");
  FenceTimes times{.now = now->time, .valid_from = std::nullopt, .past = FenceTimes::Past::kRefused};
  if (arguments.past) times.past = FenceTimes::Past::kAccepted;
  if (arguments.valid_from.empty()) return times;
  times.valid_from = base::from_rfc3339(arguments.valid_from);
  if (times.valid_from) return times;
  return base::stop_error("--valid-from: " + arguments.valid_from +
                          ", expected a time as RFC 3339 has it (2026-03-02T08:00:00Z)");
}

base::Status run_verb(const FencesArguments& arguments, const std::string& verb, const fences::FenceFile& file,
                      const dispatch::Broker& broker) {
  if (verb == "list") {
    using Format = dispatch::ListOptions::Format;
    return dispatch::list_fences(arguments.json ? Format::kJson : Format::kTable, broker, std::cout, std::cerr);
  }
  const auto times = times_of(arguments);
  if (!times) return times.error();
  if (verb == "remove") return dispatch::remove_fences(arguments.ids, *times, broker, std::cout);
  const auto dry_run = arguments.dry_run ? dispatch::DryRun::kYes : dispatch::DryRun::kNo;
  return dispatch::put_fences(file, {*times, dry_run}, broker, std::cout);
}

}  // namespace

void add_fences(CLI::App& app, FencesArguments& arguments) {
  CLI::App* command =
      app.add_subcommand("fences", "Fences that change while the processors run; docs/alerts.md has the format");
  command->require_subcommand(1);
  CLI::App* put = command->add_subcommand("put", "Bring the fences of files into force, all of them or none");
  put->add_option("files", arguments.files, "GeoJSON, plain or .gz")->required()->option_text("FILE ...");
  put->add_flag("--dry-run", arguments.dry_run, "Check against what is in force, and write nothing");
  CLI::App* list = command->add_subcommand("list", "Print the fences in force, each version");
  list->add_flag("--json", arguments.json, "GeoJSON, as put takes it");
  CLI::App* remove = command->add_subcommand("remove", "End fences");
  remove->add_option("fences", arguments.ids, "Ids of fences")->required()->option_text("ID ...");
  for (CLI::App* each : {put, remove}) {
    each->add_option("--valid-from", arguments.valid_from,
                     "From records of this time on (RFC 3339); else from a minute ahead of now");
    each->add_flag("--past", arguments.past, "Also from earlier on, though such records may be judged already");
  }
  for (CLI::App* each : {put, list, remove}) add_config_options(*each, arguments.source);
}

int fences_main(const FencesArguments& arguments, const std::string& verb) {
  fences::FenceFile file;
  // Before anything else: whether what was told is sound needs no broker.
  if (const auto times = times_of(arguments); !times) return fail(times.error());
  if (verb == "put") {
    auto read = fences::read_fences(arguments.files);
    if (!read) return fail(read.error());
    file = *std::move(read);
  }
  return with_broker(arguments.source, "odograph-fleet-fences",
                     [&](const dispatch::Broker& broker) { return run_verb(arguments, verb, file, broker); });
}

}  // namespace odograph::fleet
