#include "agent/console.h"

#include <fmt/format.h>

#include "agent/flash_words.h"
#include "agent/outbox/commit_report.h"
#include "agent/settings.h"
#include "lib/keys/msk.h"

namespace odograph::agent {

base::Result<config::Values> load_values(const ConfigArguments& arguments, Purpose purpose) {
  auto file = config::read_file(arguments.file, purpose == Purpose::kRun ? kConfigFile : "");
  if (!file) return file.error();
  auto loaded = config::load(options(purpose), *file, arguments.overrides);
  if (loaded.values) return std::move(*loaded.values);
  std::string problems;
  for (const auto& problem : loaded.problems) problems += (problems.empty() ? "" : "\n") + problem;
  if (loaded.problems_left_out > 0) problems += fmt::format("\nand {} more", loaded.problems_left_out);
  return base::stop_error(std::move(problems));
}

std::vector<std::string> doubts(const config::Values& values) {
  std::vector<std::string> found;
  if (values.count("source") == 0) found.emplace_back("no source is configured ([[source]]): nothing will be read");
  for (auto& doubt : keys::msk_doubts(values)) found.push_back(std::move(doubt));
  auto outbox = outbox_options(values, track::Setting::kLive);
  if (auto doubt = hold_doubt(outbox, values.duration("kafka.send_interval"))) {
    found.push_back(std::move(*doubt));
    outbox.hold = false;
  }
  if (auto doubt = flash_doubt(outbox)) found.push_back(std::move(*doubt));
  return found;
}

base::Result<std::shared_ptr<outbox::CommitReport>> open_commit_report(std::optional<int> fd) {
  if (!fd) return std::shared_ptr<outbox::CommitReport>();
  return outbox::CommitReport::open(*fd);
}

}  // namespace odograph::agent
