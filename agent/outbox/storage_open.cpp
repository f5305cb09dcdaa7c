// How the storage loop gets its file, and what it does about one that it cannot have.
#include <algorithm>
#include <utility>

#include "agent/outbox/boot_nonce.h"
#include "agent/outbox/quarantine.h"
#include "agent/outbox/storage_loop.h"

namespace odograph::outbox {

std::optional<Failure> StorageLoop::open(base::BootTime now) {
  auto failure = open_all();
  const bool is_broken = failure && (failure->trouble == Trouble::kCorrupt ||
                                     (failure->trouble == Trouble::kUnreadable && is_rotten(now)));
  if (is_broken) {
    const Part part = failure->part;
    close_store();
    failure = put_aside();
    if (!failure && part == Part::kWal) ++repairs_.wals_put_aside;
    if (!failure) failure = open_all();
  }
  if (failure) {
    open_failed(now, *failure);
    return failure;
  }
  retry_at_.reset();
  scan_pace_.opened(now);
  look_at_mount();
  note(State::kOk, "");
  publish();
  return {};
}

std::optional<Failure> StorageLoop::open_all() {
  if (auto failure = make_directory()) return failure;
  salvager_.look();
  cap_bytes_ = cap_beside(options_.cap_bytes, salvager_.quarantines().bytes);
  auto opened = Store::open({options_.directory, cap_bytes_, options_.vfs, options_.file, &repairs_});
  if (auto* failed = std::get_if<Failure>(&opened)) return *failed;
  store_ = std::move(std::get<std::unique_ptr<Store>>(opened));
  directory_.remember();
  cap_bytes_ = store_->room().cap;
  room_at_.reset();
  look_at_.reset();
  // An orphaned WAL may have come to lie there.
  salvager_.look();
  std::optional<Failure> failure;
  if (store_->stream_id() != stream_id_) {
    failure = begin_boot();
  } else if (store_->boot_nonce(boot_) != boot_nonce_) {
    // The medium took the beginning of this boot back, which goes on all the same.
    failure = store_->begin_boot(boot_, boot_nonce_, options_.vehicle_id);
  }
  if (!failure) failure = load_lanes();
  if (!failure) failure = take_up_batch();
  return failure;
}

KnownOfFile StorageLoop::known_of_file() {
  KnownOfFile known;
  if (stream_id_ == 0) {
    known.stream_id = read_stream_beside(options_.directory);
    return known;
  }
  known.stream_id = stream_id_;
  known.boot = boot_;
  known.previous_boot = previous_.boot;
  known.previous_ends = previous_.ends;
  const Stats told = stats();
  for (const auto lane : model::kStoredLanes) {
    const std::uint64_t thinned = told.lanes[index_of(lane)].thinned;
    known.lanes[index_of(lane)] = {of(lane).end.n, handout_.acked(lane), of(lane).use.records, thinned};
  }
  return known;
}

std::optional<Failure> StorageLoop::put_aside() {
  const KnownOfFile known = known_of_file();
  auto moved = quarantine(options_.directory, known, options_.file, options_.cap_bytes);
  if (auto* failure = std::get_if<Failure>(&moved)) return *failure;
  is_put_aside_ = true;
  unreadable_ = 0;
  read_retry_at_.reset();
  const std::lock_guard lock(mutex_);
  ++stats_.quarantines;
  return {};
}

std::optional<Failure> StorageLoop::begin_boot() {
  // Another file in the place of ours, which nobody put aside: it is gone, and that is told.
  if (stream_id_ != 0 && !is_put_aside_) {
    remember_lost(options_.directory, known_of_file());
    salvager_.look();
  }
  auto previous = store_->previous_boot();
  if (auto* failure = std::get_if<Failure>(&previous)) return *failure;
  previous_ = std::get<PreviousBoot>(previous);
  vehicle_before_ = store_->vehicle_id(previous_.boot);
  if (vehicle_before_ == options_.vehicle_id) vehicle_before_.clear();
  // Within one process ids ascend over a change of the file too, so that a late acknowledgement for the old one cannot
  // be taken for rows of the new.
  const std::uint32_t boot = std::max(previous_.boot, boot_) + 1;
  const std::uint32_t nonce = options_.file.make_boot_nonce ? options_.file.make_boot_nonce() : random_boot_nonce();
  if (auto failure = store_->begin_boot(boot, nonce, options_.vehicle_id)) return failure;
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
  boot_nonce_ = nonce;
  is_put_aside_ = false;
  stream_id_ = store_->stream_id();
  boot_told_ = false;
  written_anchor_ = {};
  handout_.begin_file(stream_id_);
  for (LaneState& lane : lanes_) lane = {};
  if (batch_ && batch_->is_thinning) batch_.reset();
  round_ = {};
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
  flash_.load(std::get<FlashAccount>(account), may_have_written_more ? kFlashSaveBytes : 0);
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
      of(lane).use.records += tally.acked + tally.evicted + tally.thinned + tally.corrupt - tally.records;
      of(lane).use.bytes += tally.bytes_gone - tally.bytes;
    }
    committed(base::BootTime{});
    return {};
  }
  return {};
}

void StorageLoop::open_failed(base::BootTime now, const Failure& failure) {
  store_.reset();
  is_in_use_ = failure.trouble == Trouble::kInUse;
  retry_at_ = now + kReopenAfter;
  note(failure.trouble == Trouble::kReadonly ? State::kReadonly : State::kDegradedRam, failure.what);
}

void StorageLoop::close_store() {
  if (!store_) return;
  bytes_before_ += store_->bytes_written();
  store_.reset();
}

void StorageLoop::quarantine_and_reopen(base::BootTime now) {
  note(State::kRecovering, "");
  close_store();
  if (auto failure = put_aside()) return open_failed(now, *failure);
  static_cast<void>(open(now));
}

void StorageLoop::reopen(base::BootTime now, const Failure& failure) {
  close_store();
  if (open(now)) return;
  note(State::kRecovering, failure.what);
  if (batch_) retry_at_ = now + kRetryAfter;
}

void StorageLoop::note(State state, std::string trouble) {
  const std::lock_guard lock(mutex_);
  stats_.state = state;
  stats_.repairs = repairs_;
  stats_.trouble = std::move(trouble);
}

}  // namespace odograph::outbox
