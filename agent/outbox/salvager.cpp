#include "agent/outbox/salvager.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "agent/outbox/batch.h"
#include "agent/outbox/original_file.h"
#include "agent/outbox/rewrite.h"
#include "agent/outbox/row_format.h"
#include "lib/base/ids.h"
#include "lib/wire/record_batch.h"

namespace odograph::outbox {
namespace fs = std::filesystem;

using base::BootTime;

namespace {

/// Nothing but what was known of the file.
bool is_gone(const fs::path& quarantine) {
  std::error_code error;
  return !fs::exists(quarantine / "outbox.db", error) && !fs::exists(quarantine / "outbox.db-wal", error);
}

}  // namespace

void Salvager::look() {
  const auto before = std::move(quarantines_.paths);
  quarantines_ = find_quarantines(directory_);
  // The one that was at work may have had to go.
  const bool is_same = !before.empty() && !quarantines_.paths.empty() && before.front() == quarantines_.paths.front();
  if (phase_ == Phase::kIdle || is_same) return;
  now_ = {};
  phase_ = Phase::kIdle;
  handout_.clear_salvaged();
}

std::variant<std::optional<BootTime>, Failure> Salvager::step(BootTime now, const Context& context) {
  using Wake = std::optional<BootTime>;
  take_acks();
  if (quarantines_.paths.empty()) return Wake();
  if (auto failure = write_mark(now, context.store)) return *std::move(failure);
  if (next_at_ && now < *next_at_) return next_at_;
  next_at_ = now + kSalvageEvery;
  if (handout_.take_salvage_rewind() && phase_ != Phase::kIdle) go_back();
  switch (phase_) {
    case Phase::kIdle: begin(now, context); break;
    case Phase::kListing: list(); break;
    case Phase::kWalking: walk(); break;
    case Phase::kClosing: close(context); break;
    case Phase::kWaiting: break;
  }
  if (quarantines_.paths.empty()) return Wake();
  // Not to be removed, or not to be opened: what failed now will not be well in a moment.
  if (phase_ == Phase::kIdle) return next_at_ = now + kSalvageRetryEvery;
  const bool waits = phase_ == Phase::kWaiting || (phase_ == Phase::kWalking && !handout_.has_salvage_room());
  if (!waits) return next_at_;
  return now_.acked == now_.marked ? Wake() : Wake(mark_written_at_ + kSalvageMarkEvery);
}

void Salvager::begin(BootTime now, const Context& context) {
  const fs::path& quarantine = quarantines_.paths.front();
  std::unique_ptr<SalvageFile> file;
  if (!is_gone(quarantine)) {
    auto opened = SalvageFile::open(quarantine, page_bytes_);
    if (std::holds_alternative<Failure>(opened)) return;
    file = std::move(std::get<0>(opened));
  }
  now_ = {};
  now_.file = std::move(file);
  now_.known = read_known(quarantine);
  now_.before = counts_;
  if (!now_.file && !now_.known.stream_id) return finish();
  know_stream();
  know_ends();
  if (auto mark = context.store.salvage_mark(); std::holds_alternative<SalvageMark>(mark)) {
    const auto& [stream, lane, id] = std::get<SalvageMark>(mark);
    if (stream == now_.known.stream_id) now_.marked = now_.acked = now_.counted = {lane, id};
  }
  mark_written_at_ = now;
  handout_.clear_salvaged();
  list_from({});
  if (!now_.file) phase_ = Phase::kClosing;
}

void Salvager::know_stream() {
  if (now_.known.stream_id) return;
  // Written down, so that a crash does not give the same records two names.
  const auto read = now_.file->meta("stream_id");
  now_.known.stream_id = read ? static_cast<std::uint64_t>(*read) : base::random_u64();
  write_known(quarantines_.paths.front(), now_.known);
}

void Salvager::know_ends() {
  if (now_.known.boot > 0) {
    const auto& lanes = now_.known.lanes;
    now_.losses.on_boot_ends(now_.known.boot, {lanes[0].last_n, lanes[1].last_n, lanes[2].last_n});
    if (now_.known.previous_boot > 0) now_.losses.on_boot_ends(now_.known.previous_boot, now_.known.previous_ends);
    return;
  }
  if (!now_.file) return;
  // Told of the last boot, if it ended cleanly or was all acknowledged at some time.
  constexpr std::int64_t kNumbersMax = 0xFFFF'FFFF;
  std::array<std::uint32_t, 4> ends{};
  const char* keys[] = {"end_boot", "end_alert", "end_event", "end_bulk"};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto value = now_.file->meta(keys[i]);
    if (!value || *value < 0 || *value > kNumbersMax) return;
    ends[i] = static_cast<std::uint32_t>(*value);
  }
  const bool clean = now_.file->meta("clean_boot") == ends[0];
  if (clean && ends[0] > 0 && ends[0] <= kBootMax) now_.losses.on_boot_ends(ends[0], {ends[1], ends[2], ends[3]});
}

void Salvager::list_from(Place after) {
  phase_ = Phase::kListing;
  listed_after_ = after;
  page_ = 1;
  candidates_.clear();
  cut_at_.reset();
  at_ = 0;
}

void Salvager::list() {
  const RawPages& pages = now_.file->pages();
  const std::uint32_t count = pages.count();
  for (std::size_t read = 0; read < kSalvageBytesAStep && page_ <= count; read += pages.page_bytes(), ++page_) {
    const std::string page = pages.read(page_);
    for (const LeafCell& cell : cells_of(page, page_)) {
      if (cell.id <= listed_after_.id || (cut_at_ && cell.id >= *cut_at_)) continue;
      candidates_.push_back({cell.id, page_, static_cast<std::uint32_t>(cell.at)});
    }
    if (candidates_.size() > 2 * kCandidatesMax) keep_smallest();
  }
  if (page_ <= count) return;
  if (candidates_.size() > kCandidatesMax) keep_smallest();
  std::sort(candidates_.begin(), candidates_.end());
  phase_ = Phase::kWalking;
}

void Salvager::keep_smallest() {
  const auto nth = candidates_.begin() + static_cast<std::ptrdiff_t>(kCandidatesMax);
  std::nth_element(candidates_.begin(), nth, candidates_.end());
  cut_at_ = nth->id;
  std::erase_if(candidates_, [&](const Candidate& each) { return each.id >= *cut_at_; });
}

void Salvager::walk() {
  std::size_t bytes = 0;
  for (int i = 0; i < kSalvageLookUpsAStep && bytes < kSalvageBytesAStep; ++i) {
    if (at_ == candidates_.size()) return next_lane();
    if (!handout_.has_salvage_room()) return;
    const std::uint64_t id = candidates_[at_].id;
    std::size_t end = at_;
    while (end < candidates_.size() && candidates_[end].id == id) ++end;
    if (id > now_.known.lanes[index_of(listed_after_.lane)].acked) {
      if (auto row = row_of(at_, end)) {
        bytes += stored_bytes(*row);
        if (!take(*std::move(row))) return;
      }
    }
    at_ = end;
  }
}

void Salvager::next_lane() {
  const model::Lane lane = listed_after_.lane;
  if (cut_at_) {
    // Of a number that every other cell has, none was kept: rot, and passed over.
    const std::uint64_t after = candidates_.empty() ? *cut_at_ : *cut_at_ - 1;
    return list_from({lane, after});
  }
  if (lane == model::kStoredLanes.back()) {
    phase_ = Phase::kClosing;
    return;
  }
  const auto next = static_cast<model::Lane>(static_cast<int>(lane) + 1);
  if (listed_after_.id > 0) return list_from({next, 0});
  listed_after_.lane = next;
  at_ = 0;
}

std::optional<Row> Salvager::row_of(std::size_t from, std::size_t to) {
  const model::Lane lane = listed_after_.lane;
  const std::uint64_t id = candidates_[from].id;
  auto found = now_.file->look_up(lane, id);
  if (found.seen == SalvageFile::Seen::kSound) return std::move(found.row);
  if (found.seen == SalvageFile::Seen::kAbsent && !is_misplaced(from, to)) return {};
  if (found.seen == SalvageFile::Seen::kBroken && Place{lane, id} > now_.counted) ++counts_.crc_failures;
  // The way there is damaged; the row itself need not be. Its checksum holds for its own lane only.
  for (std::size_t i = from; i < to; ++i) {
    const Candidate& candidate = candidates_[i];
    if (auto row = row_at(now_.file->pages(), candidate.page, {id, candidate.at}, lane)) return row;
  }
  return {};
}

/// Whether more rows of this number lie on pages in use than the tables lead to: then a signpost above them is wrong.
bool Salvager::is_misplaced(std::size_t from, std::size_t to) {
  std::size_t lying = 0;
  for (std::size_t i = from; i < to; ++i) lying += now_.file->is_in_use(candidates_[i].page) ? 1U : 0U;
  std::size_t found = 0;
  for (const auto lane : model::kStoredLanes) {
    if (found >= lying) return false;
    found += now_.file->look_up(lane, candidates_[from].id).seen == SalvageFile::Seen::kAbsent ? 0U : 1U;
  }
  return found < lying;
}

bool Salvager::take(Row row) {
  const std::size_t i = index_of(row.lane);
  const Place place{row.lane, row.id};
  // What thinning left out was told then.
  if (thinned_times(row) > 0) row.holes = last_number(row).value_or(row.last_n()) - row.last_n();
  now_.losses.on_row(row);
  if (row.lane == model::Lane::kEvent) learn_boots(row);
  if (now_.first_ids[i] == 0) now_.first_ids[i] = row.id;
  now_.last_ids[i] = std::max(now_.last_ids[i], row.id);
  if (place <= now_.acked) return true;
  const std::uint32_t records = row.count;
  const auto anchor = now_.file->anchor(row.boot());
  if (!handout_.put_salvaged(to_chunk(std::move(row), anchor))) return false;
  if (place <= now_.counted) return true;
  now_.counted = place;
  ++counts_.chunks;
  counts_.records += records;
  return true;
}

void Salvager::learn_boots(const Row& row) {
  const auto codec = static_cast<wire::Codec>(row.flags & Row::kCodecMask);
  const auto records = wire::unpack(codec, row.payload, row.first_n, row.count);
  if (!records) return;
  for (const model::Record& record : *records) {
    if (record.boot && record.boot->previous_boot > 0) {
      now_.losses.on_boot_ends(record.boot->previous_boot, record.boot->previous_ends);
    }
  }
}

Chunk Salvager::to_chunk(Row row, std::optional<Anchor> anchor) const {
  Chunk chunk;
  chunk.stream_id = *now_.known.stream_id;
  chunk.lane = row.lane;
  chunk.boot = row.boot();
  chunk.chunk_no = row.chunk_no();
  chunk.first_n = row.first_n;
  chunk.count = row.count;
  chunk.anchor = anchor;
  chunk.rule_set = row.rule_set;
  if (now_.file) chunk.boot_nonce = now_.file->boot_nonce(row.boot());
  // What is said at last is said by the vehicle that had the file last.
  if (now_.file) chunk.vehicle_id = now_.file->vehicle_id(std::min(row.boot(), now_.losses.last_boot()));
  chunk.packed.codec = static_cast<wire::Codec>(row.flags & Row::kCodecMask);
  chunk.packed.columns = std::move(row.payload);
  return chunk;
}

std::array<SalvageLosses::Ends, kLanes> Salvager::find_ends() {
  std::array<SalvageLosses::Ends, kLanes> ends;
  for (const auto lane : model::kStoredLanes) {
    const std::size_t i = index_of(lane);
    const std::uint64_t acked = now_.known.lanes[i].acked;
    const auto first = now_.file->end_of(lane, acked, SalvageFile::End::kFirst);
    const auto last = now_.file->end_of(lane, acked, SalvageFile::End::kLast);
    ends[i].first_is_sure = first == now_.first_ids[i] || (acked > 0 && now_.first_ids[i] == acked + 1);
    ends[i].last_is_sure = last == now_.last_ids[i];
  }
  return ends;
}

void Salvager::close(const Context& context) {
  const auto losses = now_.file ? now_.losses.finish(find_ends()) : SalvageLosses::all_of(now_.known);
  std::vector<model::Record> records;
  records.push_back(own_record(context.pipeline_now));
  records.back().boot =
      model::BootReport{context.agent_version, now_.losses.last_boot(), false, now_.losses.last_ends()};
  for (const model::LossReport& loss : losses) {
    records.push_back(own_record(context.pipeline_now));
    records.back().loss = loss;
    if (!now_.is_told) counts_.lost_records += loss.count;
  }
  now_.is_told = true;
  phase_ = Phase::kWaiting;
  // Of a file of which nothing is known there is nothing to say to the fleet either.
  if (now_.losses.last_boot() == 0) return keep_unrecognised();
  Batch batch;
  batch.transaction.boot = kClosingBoot;
  append(batch, model::Lane::kEvent, std::move(records), context.pipeline_now);
  for (Row& row : batch.transaction.rows) {
    now_.closing_id = row.id;
    if (!handout_.put_salvaged(to_chunk(std::move(row), context.anchor))) return;
  }
}

void Salvager::go_back() {
  const Place acked = now_.acked;
  if (!now_.file) {
    phase_ = Phase::kClosing;
    return;
  }
  if (phase_ == Phase::kListing || cut_at_ || listed_after_.id > acked.id) return list_from(acked);
  phase_ = Phase::kWalking;
  listed_after_.lane = acked.lane;
  const auto behind = std::upper_bound(candidates_.begin(), candidates_.end(), acked.id,
                                       [](std::uint64_t id, const Candidate& each) { return id < each.id; });
  at_ = static_cast<std::size_t>(behind - candidates_.begin());
}

void Salvager::take_acks() {
  const auto acked = handout_.salvage_acked();
  if (phase_ == Phase::kIdle || !acked || acked->stream_id != now_.known.stream_id) return;
  if (acked->id >> 32 != kClosingBoot) {
    now_.acked = {acked->lane, acked->id};
    return;
  }
  if (acked->id == now_.closing_id) return finish();
  now_.acked = {model::kStoredLanes.back(), now_.last_ids.back()};
}

std::optional<Failure> Salvager::write_mark(BootTime now, Store& store) {
  if (phase_ == Phase::kIdle || now_.acked == now_.marked || now < mark_written_at_ + kSalvageMarkEvery) return {};
  if (auto failure = store.put_salvage_mark({*now_.known.stream_id, now_.acked.lane, now_.acked.id})) return failure;
  now_.marked = now_.acked;
  mark_written_at_ = now;
  return {};
}

void Salvager::finish() {
  const fs::path quarantine = quarantines_.paths.front();
  if (phase_ != Phase::kIdle) {
    outcome_ = quarantine.filename().string() + ": " + std::to_string(counts_.records - now_.before.records) +
               " records sent on, " + std::to_string(counts_.lost_records - now_.before.lost_records) +
               " told as lost; removed";
  }
  forget_file();
  std::error_code ignored;
  fs::remove_all(quarantine, ignored);
  // Removed by halves it comes again, and finds its records acknowledged.
  quarantines_ = find_quarantines(directory_);
}

void Salvager::keep_unrecognised() {
  const fs::path quarantine = quarantines_.paths.front();
  if (!now_.file || !has_original(quarantine)) return finish();
  forget_file();
  const auto kept = give_back_original(quarantine);
  outcome_ = quarantine.filename().string() + ": nothing of ours was found in it; " +
             (kept ? "kept as " + kept->string() : "it stays there, as it cannot be moved");
  quarantines_ = find_quarantines(directory_);
}

void Salvager::forget_file() {
  now_ = {};
  phase_ = Phase::kIdle;
  std::vector<Candidate>().swap(candidates_);
  handout_.clear_salvaged();
}

}  // namespace odograph::outbox
