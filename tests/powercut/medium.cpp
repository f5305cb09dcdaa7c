#include "tests/powercut/medium.h"

#include <algorithm>
#include <cstring>

namespace odograph::powercut {

Done Medium::next_change() {
  if (is_off_) return Done::kPowerOff;
  if (changes_left_ == 0) is_off_ = true;
  if (changes_left_ != std::numeric_limits<std::uint64_t>::max() && changes_left_ > 0) --changes_left_;
  const std::uint64_t number = changes_++;
  if (number < faults_.first || number - faults_.first >= faults_.count) return Done::kOk;
  ++(faults_.how == Done::kNoSpace ? seen_.no_space : seen_.failed);
  return faults_.how;
}

bool Medium::is_hit(Window& window, std::uint64_t& count) {
  if (window.count == 0 || is_off_) return false;
  if (window.first > 0) {
    --window.first;
    return false;
  }
  --window.count;
  ++count;
  ++seen_.failed;
  return true;
}

void Medium::apply(std::string& image, const Change& change) {
  if (change.kind == Change::Kind::kTruncate) return image.resize(change.at);
  if (image.size() < change.at + change.bytes.size()) image.resize(change.at + change.bytes.size());
  image.replace(change.at, change.bytes.size(), change.bytes);
}

Done Medium::create(const std::string& path) {
  if (const Done done = next_change(); done != Done::kOk) return done;
  files_[path];
  return is_off_ ? Done::kPowerOff : Done::kOk;
}

Done Medium::remove(const std::string& path, bool flush_directory) {
  const Done done = next_change();
  if (done != Done::kOk) return done;
  auto found = files_.extract(path);
  if (found.empty()) return Done::kOk;
  const bool is_certain = flush_directory && !is_off_ && honesty_ != Honesty::kSyncLies;
  if (!is_certain && found.mapped().has_durable_name) removed_[path] = std::move(found.mapped());
  return is_off_ ? Done::kPowerOff : Done::kOk;
}

bool Medium::read(const std::string& path, std::uint64_t at, char* to, std::size_t size) const {
  const auto file = files_.find(path);
  const std::string_view bytes = file == files_.end() ? std::string_view() : std::string_view(file->second.now);
  const std::size_t there = at < bytes.size() ? std::min(size, bytes.size() - at) : 0;
  if (there > 0) std::memcpy(to, bytes.data() + at, there);
  std::memset(to + there, 0, size - there);
  return there == size;
}

Done Medium::write(const std::string& path, std::uint64_t at, std::string_view bytes) {
  const Done done = next_change();
  if (done == Done::kPowerOff) return done;
  File& file = files_[path];
  // A write that fails may have got some of its way.
  if (done != Done::kOk) bytes = bytes.substr(0, dice_.below(bytes.size()));
  file.changes.push_back({Change::Kind::kWrite, at, std::string(bytes)});
  apply(file.now, file.changes.back());
  dirty_again(file, at, bytes.size());
  return is_off_ ? Done::kPowerOff : done;
}

Done Medium::truncate(const std::string& path, std::uint64_t size) {
  const Done done = next_change();
  if (done != Done::kOk) return done;
  File& file = files_[path];
  file.changes.push_back({Change::Kind::kTruncate, size, {}});
  apply(file.now, file.changes.back());
  return is_off_ ? Done::kPowerOff : Done::kOk;
}

Done Medium::flush(const std::string& path) {
  Done done = next_change();
  if (done == Done::kOk && is_hit(flushes_to_fail_, seen_.failed_flushes)) done = Done::kIoError;
  if (done != Done::kOk && done != Done::kPowerOff && faults_.dirty == Dirty::kDropped) {
    drop_dirty(files_[path]);
  }
  if (done != Done::kOk) return done;
  // The cut comes while it flushes: some of it is done, which is what `power_on` makes of it.
  if (is_off_) return Done::kPowerOff;
  ++seen_.flushes;
  if (honesty_ == Honesty::kSyncLies) return Done::kOk;
  File& file = files_[path];
  for (const Change& change : file.changes) apply(file.durable, change);
  file.changes.clear();
  return Done::kOk;
}

void Medium::drop_dirty(File& file) {
  for (const Change& change : file.changes) {
    keep_part(file.durable, change, 50);
    if (change.bytes.empty()) continue;
    const std::uint64_t last = (change.at + change.bytes.size() - 1) / kCachePageBytes;
    for (std::uint64_t page = change.at / kCachePageBytes; page <= last; ++page) file.dropped.insert(page);
  }
  file.changes.clear();
}

void Medium::dirty_again(File& file, std::uint64_t at, std::size_t size) {
  if (size == 0 || file.dropped.empty()) return;
  for (std::uint64_t page = at / kCachePageBytes; page <= (at + size - 1) / kCachePageBytes; ++page) {
    if (file.dropped.erase(page) == 0) continue;
    const std::uint64_t from = page * kCachePageBytes;
    file.changes.push_back({Change::Kind::kWrite, from, file.now.substr(from, kCachePageBytes)});
  }
}

void Medium::forget_cached(const std::string& path) {
  const auto found = files_.find(path);
  if (found == files_.end()) return;
  auto& [now, durable, has_name, changes, dropped] = found->second;
  for (const std::uint64_t page : dropped) {
    const std::uint64_t from = page * kCachePageBytes;
    for (std::uint64_t i = from; i < std::min<std::uint64_t>(now.size(), from + kCachePageBytes); ++i) {
      now[i] = i < durable.size() ? durable[i] : '\0';
    }
  }
  dropped.clear();
}

void Medium::flush_directory() {
  if (next_change() == Done::kPowerOff || is_off_ || honesty_ == Honesty::kSyncLies) return;
  removed_.clear();
  for (auto& [path, file] : files_) file.has_durable_name = true;
}

std::uint64_t Medium::size(const std::string& path) const {
  const auto file = files_.find(path);
  return file == files_.end() ? 0 : file->second.now.size();
}

void Medium::keep_part(std::string& image, const Change& change, std::uint64_t keep_percent) {
  if (change.kind == Change::Kind::kTruncate) {
    if (dice_.percent(keep_percent)) apply(image, change);
    return;
  }
  std::size_t kept = 0;
  std::size_t lost = 0;
  for (std::size_t from = 0; from < change.bytes.size();) {
    const std::size_t to = std::min(change.bytes.size(), from + kSectorBytes - (change.at + from) % kSectorBytes);
    if (dice_.percent(keep_percent)) {
      apply(image, {Change::Kind::kWrite, change.at + from, change.bytes.substr(from, to - from)});
      ++kept;
    } else {
      ++lost;
    }
    from = to;
  }
  seen_.sectors_lost += lost;
  if (kept > 0 && lost > 0) ++seen_.writes_torn;
}

void Medium::garble(File& file) {
  // Mostly what was written last, else anything that the device may have been writing out.
  const std::size_t which = dice_.percent(60) ? file.changes.size() - 1 : dice_.below(file.changes.size());
  const Change& change = file.changes[which];
  if (change.kind != Change::Kind::kWrite || change.bytes.empty()) return;
  const std::uint64_t at = (change.at + dice_.below(change.bytes.size())) / kSectorBytes * kSectorBytes;
  if (file.durable.size() < at + kSectorBytes) file.durable.resize(at + kSectorBytes);
  for (std::size_t i = 0; i < kSectorBytes; ++i) file.durable[at + i] = static_cast<char>(dice_.below(256));
  ++seen_.sectors_garbled;
}

void Medium::cut(File& file) {
  if (!file.changes.empty()) {
    constexpr std::uint64_t kShares[] = {0, 20, 50, 80, 95, 100};
    const std::uint64_t keep_percent = kShares[dice_.below(std::size(kShares))];
    for (const Change& change : file.changes) keep_part(file.durable, change, keep_percent);
    if (dice_.percent(60)) garble(file);
  }
  file.changes.clear();
  file.dropped.clear();
  file.has_durable_name = true;
  file.now = file.durable;
}

void Medium::next_process() {
  is_off_ = false;
  changes_left_ = std::numeric_limits<std::uint64_t>::max();
  faults_ = {};
  flushes_to_fail_ = {};
  reads_to_fail_ = {};
}

void Medium::power_on() {
  next_process();
  for (auto& [path, file] : removed_) {
    // A file of the same name that came after it means that the name's removal came before.
    if (!files_.contains(path) && dice_.percent(50)) files_[path] = std::move(file);
  }
  removed_.clear();
  for (auto it = files_.begin(); it != files_.end();) {
    if (!it->second.has_durable_name && dice_.percent(50)) {
      it = files_.erase(it);
      continue;
    }
    cut(it->second);
    ++it;
  }
}

}  // namespace odograph::powercut
