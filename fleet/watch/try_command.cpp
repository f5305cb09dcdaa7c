#include "fleet/watch/try_command.h"

#include <ostream>
#include <set>

#include "fleet/decode/message_json.h"
#include "fleet/trips/line_file.h"
#include "fleet/watch/recorded.h"
#include "fleet/watch/trial_report.h"

namespace odograph::watch {
namespace {

/// Rules that need to know of trips, which records alone do not tell.
bool needs_trips(rules::RuleKind kind) {
  return kind == rules::RuleKind::kOffRoute || kind == rules::RuleKind::kDelay || kind == rules::RuleKind::kAtRisk;
}

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string not_tried(const TrialRules& rules) {
  std::set<std::string> names;
  for (const rules::RuleSpec& spec : rules.book.rules) {
    if (needs_trips(spec.kind)) names.insert(rules::to_string(spec.kind));
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

TrialSource recorded_file(const std::filesystem::path& path) {
  const auto read = [path](const TakeLine& take) -> base::Status {
    auto file = trips::LineFile::open(path);
    if (!file) return file.error();
    std::string line;
    while (true) {
      const auto more = file->next(line);
      if (!more) return more.error();
      if (!*more) return {};
      if (line.empty()) continue;
      if (auto status = take(line); !status) {
        return base::stop_error(file->name() + ':' + std::to_string(file->number()) + ": " + status.error().what);
      }
    }
  };
  return {.read = read};
}

base::Status try_rules(TrialRules rules, TrialTrips trips, const TrialSource& source, const TrialOutput& output) {
  std::ostream& out = output.out;
  std::ostream& log = output.log;
  const std::string silent = trips.arrivals == nullptr ? not_tried(rules) : "";
  TrialReport report;
  Trial trial(std::move(rules), std::move(trips), [&](const odograph::Alert& alert) {
    if (output.format == TrialFormat::kJson) {
      out << decode::to_json(alert) << '\n';
    } else {
      report.take(alert);
    }
  });
  std::uint64_t older = 0;
  const auto take = [&](const std::string& line) -> base::Status {
    const auto recorded = parse_recorded(line);
    if (!recorded) return recorded.error();
    if (!*recorded) return {};
    if (source.since && *(*recorded)->record.utc < *source.since) {
      ++older;
    } else {
      trial.on_record(**recorded);
    }
    return {};
  };
  if (auto status = source.read(take); !status) return status;
  trial.finish();
  if (output.format == TrialFormat::kTable) report.print(out);
  if (!out.flush()) return base::stop_error("write what would have been raised: cannot be written");
  const Trial::Counts counts = trial.counts();
  log << counted(counts.records, "record") << " of " << counted(trial.vehicles(), "vehicle");
  if (trial.first()) log << " from " << base::to_rfc3339(*trial.first()) << " to " << base::to_rfc3339(*trial.newest());
  log << " (" << counts.repeats << " repeated, " << counts.late << " late)\n";
  if (older > 0) log << older << " from before " << base::to_rfc3339(*source.since) << " left out\n";
  if (!silent.empty()) log << "not tried, for they need --trips: " << silent << '\n';
  return {};
}

}  // namespace odograph::watch
