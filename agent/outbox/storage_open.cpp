// How the storage loop gets its file, and what it does about one that it cannot have.
#include <algorithm>
#include <utility>

#include "agent/outbox/lock_file.h"
#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

std::optional<Failure> StorageLoop::open(base::BootTime now) {
  auto failure = open_all();
  if (failure && failure->trouble == Trouble::kCorrupt) {
    // Found behind the schema: the file opened, and what is in it cannot be read.
    store_.reset();
    auto moved = quarantine(options_.directory);
    auto* not_moved = std::get_if<Failure>(&moved);
    failure = not_moved != nullptr ? *not_moved : open_all();
  }
  if (failure) {
    open_failed(now, *failure);
    return failure;
  }
  retry_at_.reset();
  note(State::kOk, "");
  publish();
  return {};
}

std::optional<Failure> StorageLoop::open_all() {
  auto failure = open_store();
  if (!failure && store_->stream_id() != stream_id_) failure = begin_boot();
  if (!failure) failure = load_lanes();
  if (!failure) failure = take_up_batch();
  return failure;
}

std::optional<Failure> StorageLoop::open_store() {
  const Store::Where where{options_.directory, options_.cap_bytes, options_.vfs, options_.file};
  auto opened = Store::open(where);
  if (auto* failure = std::get_if<Failure>(&opened); failure && failure->trouble == Trouble::kCorrupt) {
    auto moved = quarantine(options_.directory);
    if (auto* not_moved = std::get_if<Failure>(&moved)) return *not_moved;
    opened = Store::open(where);
  }
  if (auto* failure = std::get_if<Failure>(&opened)) return *failure;
  store_ = std::move(std::get<std::unique_ptr<Store>>(opened));
  return {};
}

std::optional<Failure> StorageLoop::begin_boot() {
  auto previous = store_->previous_boot();
  if (auto* failure = std::get_if<Failure>(&previous)) return *failure;
  previous_ = std::get<PreviousBoot>(previous);
  // Within one process ids ascend over a change of the file too, so that a late acknowledgement for the old one cannot
  // be taken for rows of the new.
  const std::uint32_t boot = std::max(previous_.boot, boot_) + 1;
  if (auto failure = store_->begin_boot(boot)) return failure;
  if (auto failure = load_flash()) return failure;
  if (!options_.source_key.empty() && !source_loaded_) {
    if (options_.source_restart) {
      if (auto failure = store_->forget_source(options_.source_key)) return failure;
    }
    auto marks = store_->source_marks(options_.source_key);
    if (auto* failure = std::get_if<Failure>(&marks)) return *failure;
    source_marks_ = std::get<SourceMarks>(marks);
    source_loaded_ = true;
  }
  boot_ = boot;
  stream_id_ = store_->stream_id();
  boot_told_ = false;
  written_anchor_ = {};
  handout_.clear();
  for (LaneState& lane : lanes_) lane = {};
  if (!held_.empty()) add_held(batch_.emplace());
  if (!batch_) return {};
  // The new file begins with its boot record as every file does; what was on its way to the old one follows.
  Batch first;
  first.transaction.boot = boot_;
  std::vector<model::Record> records;
  add_boot_report(first, records);
  append(first, model::Lane::kEvent, std::move(records), base::BootTime{});
  renumber(*batch_, boot_, first.ends);
  auto& rows = batch_->transaction.rows;
  rows.insert(rows.begin(), first.transaction.rows.begin(), first.transaction.rows.end());
  for (std::size_t i = 0; i < kLanes; ++i) {
    batch_->tally[i].records += first.tally[i].records;
    batch_->tally[i].bytes += first.tally[i].bytes;
    batch_->tally[i].own += first.tally[i].own;
  }
  return {};
}

std::optional<Failure> StorageLoop::load_flash() {
  // A file that takes another's place in this process knows less than the process does.
  if (flash_loaded_) return {};
  auto account = store_->flash_account();
  if (auto* failure = std::get_if<Failure>(&account)) return *failure;
  const bool may_have_written_more = previous_.boot != 0 && !previous_.clean;
  flash_.load(std::get<FlashAccount>(account), may_have_written_more ? kFlashSaveBytes / 2 : 0);
  flash_loaded_ = true;
  return {};
}

std::optional<Failure> StorageLoop::load_lanes() {
  for (const auto lane : model::kStoredLanes) {
    LaneState& state = of(lane);
    auto use = store_->use(lane);
    if (auto* failure = std::get_if<Failure>(&use)) return *failure;
    state.use = std::get<LaneUse>(use);
    state.last_id = std::max(state.last_id, state.use.last_id);
    state.recent.clear();
  }
  return {};
}

std::optional<Failure> StorageLoop::take_up_batch() {
  if (!batch_) return {};
  if (batch_->transaction.rows.empty()) {
    // Acknowledgements and the anchor alone: they are put together again from where they came from.
    batch_.reset();
    return {};
  }
  // The commit that failed may have reached the medium all the same. It is one transaction: one row tells of all.
  for (const Row& row : batch_->transaction.rows) {
    auto end = store_->end_of(row.lane, row.boot());
    if (auto* failure = std::get_if<Failure>(&end)) return *failure;
    if (std::get<LaneEnd>(end).chunk_no < row.chunk_no()) return {};
    // `load_lanes` has counted these rows, and `committed` will count them again.
    for (const auto lane : model::kStoredLanes) {
      auto& tally = batch_->tally[index_of(lane)];
      of(lane).use.records += tally.acked + tally.evicted + tally.corrupt - tally.records;
      of(lane).use.bytes += tally.bytes_gone - tally.bytes;
    }
    committed(base::BootTime{});
    return {};
  }
  return {};
}

void StorageLoop::open_failed(base::BootTime now, const Failure& failure) {
  store_.reset();
  retry_at_ = now + kReopenAfter;
  note(failure.trouble == Trouble::kReadonly ? State::kReadonly : State::kDegradedRam, failure.what);
}

void StorageLoop::quarantine_and_reopen(base::BootTime now) {
  note(State::kRecovering, "");
  bytes_before_ += store_->bytes_written();
  store_.reset();
  auto moved = quarantine(options_.directory);
  if (auto* failure = std::get_if<Failure>(&moved)) return open_failed(now, *failure);
  static_cast<void>(open(now));
}

void StorageLoop::note(State state, std::string trouble) {
  const std::lock_guard lock(mutex_);
  stats_.state = state;
  stats_.trouble = std::move(trouble);
}

}  // namespace odograph::outbox
