#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "agent/traffic/account_file.h"
#include "agent/traffic/data_budget.h"
#include "lib/base/socket_meter.h"
#include "lib/base/time.h"

namespace odograph::traffic {

struct DataOptions {
  double limit_bytes = 0;  ///< A month; 0: none.
  /// Where the account is kept from one start to the next; empty: nowhere (a replay).
  std::filesystem::path file{};
  std::shared_ptr<base::SocketMeter> meter = std::make_shared<base::SocketMeter>();
};

/// The budget, what it counts by and where it is kept. One thread.
class DataKeeper {
 public:
  explicit DataKeeper(const DataOptions& options);
  /// Saves what is counted until now: make sure that all connections have ended.
  ~DataKeeper();
  DataKeeper(const DataKeeper&) = delete;
  DataKeeper& operator=(const DataKeeper&) = delete;

  /// Brings the account up to date, and saves it where that is worth it. `utc`: where the calendar is known.
  void tick(base::BootTime now, std::optional<base::UtcTime> utc);
  DataForecast forecast() const;
  /// True once the account of earlier starts is in, or is known to be none.
  bool is_loaded() const { return is_loaded_; }

 private:
  void load();

  const std::shared_ptr<base::SocketMeter> meter_;
  DataBudget budget_;
  std::optional<AccountFile> file_;
  bool is_loaded_ = false;
  std::string broken_;  ///< What was wrong with the account that was found; empty if nothing was.
  base::BootTime now_;
  std::optional<base::UtcTime> utc_;
};

}  // namespace odograph::traffic
