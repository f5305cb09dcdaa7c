#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/console.h"
#include "lib/base/result.h"

namespace odograph::agent {

struct ReplayArguments {
  ConfigArguments config;
  std::filesystem::path file;
  std::string driver = "nmea";
  std::vector<std::string> options;  ///< KEY=VALUE of the driver.
  double speed = 1;                  ///< Times the recording's own pace; 0: as fast as possible.
  enum class Stamp { kRecorded, kNow } stamp = Stamp::kRecorded;
  enum class From { kWhereItEnded, kBeginning } from = From::kWhereItEnded;
  /// When the program ends: as soon as every record is stored, or acknowledged; or only when it is told to.
  enum class Until { kAcked, kStored, kStopped } until = Until::kAcked;
  std::optional<int> commit_report;  ///< --commit-report: a descriptor that is told what is durable.
};

/// Takes a recording through the agent's own pipeline, outbox and uplink. Goes on where the last durable record of an
/// earlier run ended. SIGTERM and SIGINT end it within 5 s; what is durable stays.
base::Status replay(const ReplayArguments& arguments);

}  // namespace odograph::agent
