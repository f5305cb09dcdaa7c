#include "agent/traffic/data_keeper.h"

#include <utility>

namespace odograph::traffic {

DataKeeper::DataKeeper(const DataOptions& options) : meter_(options.meter), budget_(options.limit_bytes) {
  if (!options.file.empty()) file_.emplace(options.file);
}

DataKeeper::~DataKeeper() {
  tick(now_, utc_);
  // An account that was not read may hold more than is known here.
  if (is_loaded_) file_->save(budget_.saved(0));
}

void DataKeeper::load() {
  auto text = file_->take_loaded();
  if (!text) return;
  is_loaded_ = true;
  if (text->empty()) return;
  const auto account = from_line(*text);
  if (account) {
    budget_.load(*account);
  } else {
    broken_ = account.error().what + ", counted anew";
  }
}

void DataKeeper::tick(base::BootTime now, std::optional<base::UtcTime> utc) {
  if (file_ && !is_loaded_) load();
  budget_.note(now, utc, meter_->count());
  now_ = now;
  utc_ = utc;
  if (is_loaded_ && budget_.wants_saving()) file_->save(budget_.saved(budget_.margin()));
}

DataForecast DataKeeper::forecast() const {
  DataForecast told = budget_.forecast();
  told.counted = meter_->count();
  if (file_) told.trouble = file_->trouble();
  if (told.trouble.empty()) told.trouble = broken_;
  return told;
}

}  // namespace odograph::traffic
