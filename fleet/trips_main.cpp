#include "fleet/trips_main.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "fleet/broker_session.h"
#include "fleet/config_options.h"
#include "fleet/dispatch/trips_commands.h"
#include "lib/base/time.h"

namespace odograph::fleet {
namespace {

constexpr char kClientId[] = "odograph-fleet-trips";

base::Status run_verb(const TripsArguments& arguments, const std::string& verb, const trips::TripFile& file,
                      const dispatch::Broker& broker) {
  if (verb == "list") {
    using Format = dispatch::ListOptions::Format;
    return dispatch::list_trips({arguments.vehicle_id, arguments.json ? Format::kJson : Format::kTable}, broker,
                                std::cout, std::cerr);
  }
  if (verb == "cancel") return dispatch::cancel_trips(arguments.trip_ids, arguments.vehicle_ids, broker, std::cout);
  const auto dry_run = arguments.dry_run ? dispatch::DryRun::kYes : dispatch::DryRun::kNo;
  // A machine without the time leaves all as it is.
  const auto now = base::RealClock().utc_now();
  return dispatch::put_trips(file, broker, {now ? now->time : base::UtcTime{}, dry_run}, std::cout);
}

}  // namespace

void add_trips(CLI::App& app, TripsArguments& arguments) {
  CLI::App* command =
      app.add_subcommand("trips", "What vehicles are to drive and serve; docs/trips.md has the formats");
  command->require_subcommand(1);
  CLI::App* put = command->add_subcommand("put", "Bring the trips of files into force, all of them or none");
  put->add_option("files", arguments.files, "JSON or CSV, plain or .gz")->required()->option_text("FILE ...");
  put->add_flag("--dry-run", arguments.dry_run, "Check against what is in force, and write nothing");
  CLI::App* list = command->add_subcommand("list", "Print the trips in force");
  list->add_option("--vehicle", arguments.vehicle_id, "Of this vehicle only");
  list->add_flag("--json", arguments.json, "A trip a line, as put takes them");
  CLI::App* cancel = command->add_subcommand("cancel", "Take trips out of force");
  auto* what = cancel->add_option_group("what");
  what->add_option("trips", arguments.trip_ids, "Ids of trips")->option_text("TRIP ...");
  what->add_option("--vehicle", arguments.vehicle_ids, "All trips of this vehicle")->allow_extra_args(false);
  what->require_option(1, 2);
  for (CLI::App* each : {put, list, cancel}) add_config_options(*each, arguments.source);
}

int trips_main(const TripsArguments& arguments, const std::string& verb) {
  trips::TripFile file;
  if (verb == "put") {
    // Before anything else: whether the files are sound needs no broker.
    auto read = dispatch::read_files(arguments.files);
    if (!read) return fail(read.error());
    file = *std::move(read);
  }
  return with_broker(arguments.source, kClientId,
                     [&](const dispatch::Broker& broker) { return run_verb(arguments, verb, file, broker); });
}

}  // namespace odograph::fleet
