// What the storage loop looks for from time to time, since nobody tells it: a file whose name is gone, because somebody
// removed it or its directory, or mounted something over it.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

namespace fs = std::filesystem;
using base::BootTime;

namespace {

/// Left behind alone it would be taken for what remains of another broken file; all of it is in `copy`.
void remove_left_wal(const fs::path& directory, const fs::path& copy) {
  constexpr const char* kWal = "outbox.db-wal";
  std::error_code ignored;
  if (fs::exists(directory / "outbox.db", ignored) || !fs::exists(directory / kWal, ignored)) return;
  std::ifstream left(directory / kWal, std::ios::binary);
  std::ifstream copied(copy / kWal, std::ios::binary);
  using Bytes = std::istreambuf_iterator<char>;
  if (std::equal(Bytes(left), Bytes(), Bytes(copied), Bytes())) fs::remove(directory / kWal, ignored);
}

}  // namespace

std::optional<BootTime> StorageLoop::look_due(BootTime now) {
  // The files of a test's own medium are not where this looks.
  if (!store_ || !options_.vfs.empty()) return {};
  if (!look_at_) look_at_ = now + kLookEvery;
  if (now < *look_at_) return look_at_;
  look_at_ = now + kLookEvery;
  look_at_mount();
  // What was composed and not committed tells after its commit.
  if (batch_ || store_->is_in_place()) return look_at_;
  file_removed(now);
  return store_ && !is_removed_ ? look_at_ : retry_at_;
}

/// A remount changes it under the open file.
void StorageLoop::look_at_mount() {
  const MountFinding found = durability_of(options_.file.mountinfo, options_.directory);
  const std::lock_guard lock(mutex_);
  stats_.durability = found.durability;
  stats_.durability_reason = found.reason;
}

/// What is open can still be read, and nowhere else: it is copied into quarantine, and salvaged from there. Only then
/// is durable what was committed last; if there is no copy, that goes into the next file, and the rest is told as lost.
void StorageLoop::file_removed(BootTime now) {
  if (store_->is_wal_astray()) return wal_removed(now);
  // What lies in its place now may be an older state of the same stream, in which a salvage would have the last word.
  std::error_code ignored;
  if (fs::exists(options_.directory / "outbox.db", ignored)) {
    is_removed_ = false;
    if (batch_) note_refused();
    close_store();
    return static_cast<void>(open(now));
  }
  if (!is_removed_) ++repairs_.files_removed;
  is_removed_ = true;
  const auto failure = rescue();
  // Where no copy can be made for now, no other file can be begun either.
  if (failure && (failure->trouble == Trouble::kMissing || failure->trouble == Trouble::kReadonly)) {
    retry_at_ = now + kReopenAfter;
    return note(failure->trouble == Trouble::kReadonly ? State::kReadonly : State::kDegradedRam,
                "outbox " + options_.directory.string() + ": its file was removed, and " + failure->what);
  }
  is_removed_ = false;
  if (failure) {
    note_refused();
  } else {
    ++repairs_.files_rescued;
    is_put_aside_ = true;
    if (batch_) committed(now);
  }
  close_store();
  static_cast<void>(open(now));
}

/// The file itself is there, and what the open WAL has can come into it.
void StorageLoop::wal_removed(BootTime now) {
  if (!is_removed_) ++repairs_.files_removed;
  const auto failure = store_->take_in_wal();
  is_removed_ = failure.has_value();
  if (failure) {
    retry_at_ = now + kReopenAfter;
    return note(failure->trouble == Trouble::kReadonly ? State::kReadonly : State::kDegradedRam,
                "outbox " + options_.directory.string() + ": its WAL was removed, and " + failure->what);
  }
  ++repairs_.files_rescued;
  if (batch_) committed(now);
  close_store();
  static_cast<void>(open(now));
}

std::optional<Failure> StorageLoop::rescue() {
  if (auto failure = make_directory()) return failure;
  // The removed file holds room that nobody will need, and its copy may.
  static_cast<void>(store_->set_cap(0));
  const KnownOfFile known = known_of_file();
  const auto copy = [this](const fs::path& to) { return store_->copy_to(to); };
  auto copied = quarantine_copy({options_.directory, known, options_.file, options_.cap_bytes}, copy);
  if (auto* failure = std::get_if<Failure>(&copied)) return std::move(*failure);
  remove_left_wal(options_.directory, std::get<fs::path>(copied));
  return {};
}

std::optional<Failure> StorageLoop::make_directory() {
  if (!options_.vfs.empty()) return {};
  auto made = directory_.make();
  if (auto* failure = std::get_if<Failure>(&made)) return std::move(*failure);
  if (std::get<DataDirectory::Made>(made) == DataDirectory::Made::kAgain) ++repairs_.directories_made_again;
  return {};
}

}  // namespace odograph::outbox
