// How the storage loop makes the oldest bulk coarser before any of it is dropped.
#include <algorithm>
#include <utility>

#include "agent/outbox/row_format.h"
#include "agent/outbox/storage_loop.h"
#include "agent/outbox/thin_plan.h"
#include "lib/wire/record_batch.h"

namespace odograph::outbox {

using base::BootTime;

namespace {

constexpr model::Lane kBulk = model::Lane::kBulk;

/// One loss record for consecutive runs of one boot.
void add_thinned(std::vector<model::Record>& told, model::Record record) {
  if (told.empty() || told.back().loss->boot != record.loss->boot) return told.push_back(std::move(record));
  model::LossReport& loss = *told.back().loss;
  loss.last_n = record.loss->last_n;
  loss.last_ago = record.loss->last_ago;
  loss.count += record.loss->count;
  loss.error_m = std::max(loss.error_m, record.loss->error_m);
}

/// A round is repeated if it saved this share of what it went through.
constexpr std::uint64_t kWorthwhileShare = 16;
/// And packing ends after so many runs in a row that it did not make smaller.
constexpr int kFruitlessRunsMax = 4;
/// A row of so many records is packed.
constexpr std::size_t kPackedRecords = kRunRecordsMax / 2;

bool may_join(const Row& a, const Row& b) {
  return a.boot() == b.boot() && a.rule_set == b.rule_set && thinned_times(a) == thinned_times(b);
}

/// Consecutive rows that may become one.
class RunOfRows {
 public:
  enum class Added { kTaken, kSkipped, kComplete };
  /// Rows with fewer than `records_max` records that were thinned fewer than `times_max` times.
  RunOfRows(std::size_t row_records_max, std::uint32_t times_max)
      : row_records_max_(row_records_max), times_max_(times_max) {}

  Added add(Store::Found found) {
    const Row& row = found.row;
    const bool wanted = found.sound && thinned_times(row) < times_max_ && row.count < row_records_max_;
    if (rows_.empty() && !wanted) return Added::kSkipped;
    const std::uint64_t bytes = stored_bytes(row);
    if (!rows_.empty() && (!wanted || !may_join(row, rows_.back()) || records_ + row.count > kRunRecordsMax ||
                           bytes_ + bytes > kRunBytesMax)) {
      return Added::kComplete;
    }
    bytes_ += bytes;
    records_ += row.count;
    rows_.push_back(std::move(found.row));
    return Added::kTaken;
  }
  std::size_t records() const { return records_; }
  std::vector<Row> take() { return std::move(rows_); }

 private:
  std::size_t row_records_max_;
  std::uint32_t times_max_;
  std::vector<Row> rows_;
  std::uint64_t bytes_ = 0;
  std::size_t records_ = 0;
};

}  // namespace

std::optional<BootTime> StorageLoop::thin_due(BootTime now) {
  if (!store_ || batch_ || !held_.empty()) return {};
  const std::uint64_t used = store_->used_bytes();
  if (wanted_thinning(used, cap_bytes_) == 0) return {};
  if (round_.due && now < *round_.due && (round_.came < kRunRecordsMax || round_.rests)) return round_.due;
  round_.rests = false;
  round_.due = now + kThinEvery;
  // It will be here again after that alert's commit.
  if (alert_waits()) return round_.due;
  Batch batch = compose_thinning(now);
  if (batch.transaction.rewritten.empty()) return round_.due;
  batch_ = std::move(batch);
  try_commit(now);
  return batch_ ? retry_at_ : round_.due;
}

bool StorageLoop::alert_waits() const { return rings_[index_of(model::Lane::kAlert)]->level().waiting > 0; }

Batch StorageLoop::compose_thinning(BootTime now) {
  Batch batch;
  batch.is_thinning = true;
  batch.transaction.boot = boot_;
  for (const auto lane : model::kStoredLanes) batch.ends[index_of(lane)] = of(lane).end;
  // Twice what came in: a record is looked at more than once before the file is full.
  const std::uint64_t enough = std::clamp<std::uint64_t>(2 * round_.came, kRunRecordsMax, kThinRecordsMax);
  round_.came = 0;
  std::vector<Rewrite> rewrites;
  for (std::uint64_t records = 0; records < enough && !alert_waits();) {
    const std::vector<Row> rows = next_run();
    if (rows.empty()) break;
    for (const Row& row : rows) records += row.count;
    auto made = rewrite(rows, round_.how);
    round_.fruitless = made ? 0 : round_.fruitless + 1;
    if (made) rewrites.push_back(*std::move(made));
  }
  for (const Rewrite& made : rewrites) round_.saved += made.bytes_before - made.bytes_after;
  // Where some runs are packed as well as can be, so are the others, about.
  const bool is_packed = round_.how == Rewriting::kPack && round_.fruitless >= kFruitlessRunsMax;
  if (round_.is_over() || is_packed) round_ = next_round(now);
  tell_thinned(batch, std::move(rewrites), now);
  return batch;
}

/// Nothing is left out while packing alone still saves; where neither does it is no use to look again soon.
StorageLoop::ThinRound StorageLoop::next_round(BootTime now) const {
  const bool saved_much = round_.saved >= round_.limit / kWorthwhileShare;
  ThinRound next;
  if (round_.how == Rewriting::kPack && !saved_much) next.how = Rewriting::kThin;
  next.rests = round_.how == Rewriting::kThin && round_.saved == 0;
  next.due = now + (next.rests ? kThinAgainAfter : kThinEvery);
  return next;
}

/// The oldest rows that may be rewritten and have not been, as many as become one.
std::vector<Row> StorageLoop::next_run() {
  LaneState& bulk = of(kBulk);
  const bool packs = round_.how == Rewriting::kPack;
  if (round_.limit == 0) round_.limit = std::max<std::uint64_t>(1, packs ? bulk.use.bytes : bulk.use.bytes / 2);
  // What was handed out may be on its way: it is left alone.
  round_.next = std::max({round_.next, bulk.cursor, handout_.acked(kBulk)});
  const std::uint64_t used = store_->used_bytes();
  const std::uint32_t wanted = wanted_thinning(used, cap_bytes_);
  RunOfRows run(packs ? kPackedRecords : wire::kRecordsMax + 1, packs ? ~0U : wanted);
  for (std::size_t looked = 0; looked < kRunRecordsMax && !round_.is_over(); ++looked) {
    auto next = store_->next(kBulk, round_.next);
    auto* found = std::get_if<std::optional<Store::Found>>(&next);
    // The newest row tells how far the numbering went.
    if (found == nullptr || !*found || (*found)->row.id >= bulk.last_id) {
      round_.passed = round_.limit;
      // The next rows will come to these.
      return packs && run.records() < kPackedRecords ? std::vector<Row>{} : run.take();
    }
    const std::uint64_t id = (*found)->row.id;
    const std::uint64_t bytes = stored_bytes((*found)->row);
    if (run.add(*std::move(*found)) == RunOfRows::Added::kComplete) break;
    round_.next = id;
    round_.passed += bytes;
  }
  return run.take();
}

void StorageLoop::tell_thinned(Batch& batch, std::vector<Rewrite> rewrites, BootTime now) {
  auto& tally = batch.tally[index_of(kBulk)];
  std::vector<model::Record> told;
  for (Rewrite& made : rewrites) {
    tally.thinned += made.dropped;
    tally.bytes_gone += made.bytes_before - made.bytes_after;
    if (made.dropped > 0) {
      Row run = made.row;
      run.payload.clear();
      run.count = made.last_n - run.first_n + 1;
      auto record = loss_records({run}, model::LossReason::kThinned, loss_context()).front();
      record.loss->count = made.dropped;
      record.loss->error_m = made.error_m;
      add_thinned(told, std::move(record));
    }
    batch.transaction.evicted.push_back({kBulk, made.first_id, made.row.id});
    batch.transaction.rewritten.push_back(std::move(made.row));
  }
  batch.tally[index_of(model::Lane::kEvent)].own += told.size();
  append(batch, model::Lane::kEvent, std::move(told), now);
}

void StorageLoop::tell_thinned_ends(std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (thinned_times(rows[i]) == 0 || (i + 1 < rows.size() && rows[i + 1].boot() == rows[i].boot())) continue;
    auto next = store_->next(rows[i].lane, rows[i].id - 1);
    auto* found = std::get_if<std::optional<Store::Found>>(&next);
    if (found == nullptr || !*found || !(*found)->sound) continue;
    if (const auto last_n = last_number((*found)->row)) rows[i].holes = *last_n - rows[i].last_n();
  }
}

void StorageLoop::give_up_thinning(BootTime now) {
  // The file system is full, and so is the WAL: an ordinary commit makes room, in it and in the file.
  batch_.reset();
  round_ = {.rests = true, .due = now + kThinAgainAfter};
}

}  // namespace odograph::outbox
