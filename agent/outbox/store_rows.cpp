// What is done with an open store: transactions and reads. store.cpp opens it.
#include <algorithm>
#include <limits>
#include <utility>

#include "agent/outbox/boot_nonce.h"
#include "agent/outbox/row_format.h"
#include "agent/outbox/store.h"
#include "lib/base/crc32c.h"

namespace odograph::outbox {
namespace {

using Step = Query::Step;
constexpr std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
constexpr std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }
constexpr std::uint32_t low32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

Row row_from(const Query& query, model::Lane lane) {
  Row row;
  row.lane = lane;
  row.id = as_unsigned(query.integer_at(0));
  row.first_n = low32(query.integer_at(1));
  row.count = low32(query.integer_at(2));
  row.t0_ms = query.integer_at(3);
  row.t1_ms = query.integer_at(4);
  row.made_ms = query.integer_at(5);
  row.flags = low32(query.integer_at(6));
  return row;
}

std::uint32_t checksum(const Row& row) {
  std::string columns;
  const std::uint64_t values[] = {static_cast<std::uint64_t>(row.lane),
                                  row.id,
                                  row.first_n,
                                  row.count,
                                  as_unsigned(row.t0_ms),
                                  as_unsigned(row.t1_ms),
                                  as_unsigned(row.made_ms),
                                  stored_flags(row)};
  for (const std::uint64_t value : values) {
    for (int shift = 0; shift < 64; shift += 8) columns += static_cast<char>(value >> shift & 0xFF);
  }
  columns += stored_prefix(row);
  return base::crc32c(row.payload, base::crc32c(columns));
}

std::optional<Failure> Store::run(Query& query, std::string_view doing) {
  if (query.step() == Step::kFailed) return database_->failure(doing);
  return {};
}

std::optional<Failure> Store::put_meta(std::string_view key, std::int64_t value) {
  Query query(set_meta_);
  return run(query.text(1, key).integer(2, value), "write meta");
}

std::variant<std::int64_t, Failure> Store::meta(std::string_view key) {
  Query query(get_meta_);
  switch (query.text(1, key).step()) {
    case Step::kRow: return query.integer_at(0);
    case Step::kDone: return std::int64_t{0};
    case Step::kFailed: break;
  }
  return database_->failure("read meta");
}

std::variant<PreviousBoot, Failure> Store::previous_boot() {
  std::int64_t values[6] = {};
  const char* keys[6] = {"boot", "clean_boot", "end_boot", "end_alert", "end_event", "end_bulk"};
  for (int i = 0; i < 6; ++i) {
    auto got = meta(keys[i]);
    if (auto* failed = std::get_if<Failure>(&got)) return *failed;
    values[i] = std::get<std::int64_t>(got);
  }
  // A number that rot made smaller would give old ids to new rows.
  for (const auto lane : model::kStoredLanes) {
    Query last(of(lane).end);
    const Step step = last.integer(1, 0).integer(2, std::numeric_limits<std::int64_t>::max()).step();
    if (step == Step::kFailed) return database_->failure("read last chunk");
    if (step == Step::kRow) values[0] = std::max(values[0], last.integer_at(0) >> 32);
  }
  if (values[0] < 0 || values[0] >= kBootMax) {
    return Failure{Trouble::kCorrupt, "outbox: no boot has the number " + std::to_string(values[0])};
  }
  PreviousBoot previous;
  previous.boot = low32(values[0]);
  previous.clean = previous.boot != 0 && values[1] == values[0];
  if (values[2] == values[0]) previous.ends = {low32(values[3]), low32(values[4]), low32(values[5])};
  std::uint32_t* ends[kLanes] = {&previous.ends.alert, &previous.ends.event, &previous.ends.bulk};
  for (const auto lane : model::kStoredLanes) {
    auto end = end_of(lane, previous.boot);
    if (auto* failed = std::get_if<Failure>(&end)) return *failed;
    *ends[index_of(lane)] = std::max(*ends[index_of(lane)], std::get<LaneEnd>(end).n);
  }
  return previous;
}

std::variant<SalvageMark, Failure> Store::salvage_mark() {
  std::int64_t values[3] = {};
  const char* keys[3] = {"salvage_stream", "salvage_lane", "salvage_id"};
  for (int i = 0; i < 3; ++i) {
    auto got = meta(keys[i]);
    if (auto* failed = std::get_if<Failure>(&got)) return *failed;
    values[i] = std::get<std::int64_t>(got);
  }
  const bool is_lane = values[1] >= 1 && values[1] <= static_cast<std::int64_t>(kLanes);
  if (values[0] == 0 || !is_lane) return SalvageMark{};
  return SalvageMark{as_unsigned(values[0]), static_cast<model::Lane>(values[1]), as_unsigned(values[2])};
}

std::optional<Failure> Store::put_salvage_mark(const SalvageMark& mark) {
  const std::pair<const char*, std::int64_t> values[] = {{"salvage_stream", as_signed(mark.stream_id)},
                                                         {"salvage_lane", static_cast<std::int64_t>(mark.lane)},
                                                         {"salvage_id", as_signed(mark.id)}};
  auto failed = database_->exec("BEGIN IMMEDIATE");
  for (const auto& [key, value] : values) {
    if (!failed) failed = put_meta(key, value);
  }
  if (!failed) failed = database_->exec("COMMIT");
  if (failed && database_->in_transaction()) static_cast<void>(database_->exec("ROLLBACK"));
  return failed;
}

std::optional<Failure> Store::begin_boot(std::uint32_t boot, std::uint32_t nonce, const std::string& vehicle_id) {
  // Anchors, nonces and vehicle ids serve the chunks of their boot; ids ascend with the boot, so the first one left
  // tells.
  std::string first_boot = "coalesce((SELECT min(b) FROM (";
  for (const auto lane : model::kStoredLanes) {
    if (lane != model::kStoredLanes.front()) first_boot += " UNION ALL ";
    first_boot += std::string("SELECT min(id)>>32 AS b FROM ") + model::to_string(lane);
  }
  first_boot += "))," + std::to_string(boot) + ")";
  const std::string nonce_row = "('" + nonce_key(boot) + "'," + std::to_string(stored_nonce(boot, nonce)) + ")";
  std::string rows = nonce_row;
  if (const auto row = vehicle_row(boot, vehicle_id); !row.empty()) rows += "," + row;
  auto failed = database_->exec("BEGIN IMMEDIATE;INSERT OR REPLACE INTO meta VALUES('boot'," + std::to_string(boot) +
                                ")," + rows + ";DELETE FROM anchors WHERE boot<" + first_boot +
                                ";DELETE FROM meta WHERE k>='nonce_' AND k<'nonce`' AND CAST(substr(k,7) AS INTEGER)<" +
                                first_boot + ";" + forget_vehicles_sql(first_boot) + "COMMIT;");
  if (failed && database_->in_transaction()) static_cast<void>(database_->exec("ROLLBACK"));
  if (!failed) boot_nonces_[boot] = nonce;
  if (!failed) boot_vehicles_[boot] = vehicle_id;
  return failed;
}

std::uint32_t Store::boot_nonce(std::uint32_t boot) const {
  const auto found = boot_nonces_.find(boot);
  return found == boot_nonces_.end() ? 0 : found->second;
}

std::variant<FlashAccount, Failure> Store::flash_account() {
  std::int64_t values[3] = {};
  const char* keys[3] = {"flash_bytes", "flash_age_ms", "flash_utc_ms"};
  for (int i = 0; i < 3; ++i) {
    auto got = meta(keys[i]);
    if (auto* failed = std::get_if<Failure>(&got)) return *failed;
    values[i] = std::get<std::int64_t>(got);
  }
  FlashAccount account{static_cast<double>(values[0]), base::Millis{values[1]}, std::nullopt};
  if (values[2] != 0) account.utc = base::UtcTime{base::Millis{values[2]}};
  return account;
}

std::variant<SourceMarks, Failure> Store::source_marks(const std::string& source_key) {
  Statement select;
  const char* sql = "SELECT lane,offset,idx FROM source_marks WHERE source_key=?1";
  if (auto failed = database_->prepare(sql, select)) return *std::move(failed);
  Query query(select);
  query.text(1, source_key);
  SourceMarks marks;
  Step step = query.step();
  for (; step == Step::kRow; step = query.step()) {
    const std::int64_t lane = query.integer_at(0);
    if (lane < 1 || lane > static_cast<std::int64_t>(kLanes)) continue;
    marks[static_cast<std::size_t>(lane) - 1] = {as_unsigned(query.integer_at(1)), low32(query.integer_at(2))};
  }
  if (step == Step::kFailed) return database_->failure("read source marks");
  return marks;
}

std::optional<Failure> Store::forget_source(const std::string& source_key) {
  Statement erase;
  if (auto failed = database_->prepare("DELETE FROM source_marks WHERE source_key=?1", erase)) return failed;
  Query query(erase);
  return run(query.text(1, source_key), "forget source marks");
}

std::optional<Failure> Store::commit(const Transaction& transaction) {
  auto failed = database_->exec("BEGIN IMMEDIATE");
  if (!failed) failed = apply(transaction);
  if (!failed) failed = database_->exec("COMMIT");
  // SQLite may have rolled back by itself, and a second ROLLBACK would then be an error of its own.
  if (failed && database_->in_transaction()) static_cast<void>(database_->exec("ROLLBACK"));
  if (!failed && transaction.anchor) anchors_[transaction.boot] = *transaction.anchor;
  return failed;
}

std::optional<Failure> Store::apply(const Transaction& transaction) {
  // Deleting first lets the new rows take the freed pages.
  for (const auto lane : model::kStoredLanes) {
    const auto& acked = transaction.acked[index_of(lane)];
    if (!acked) continue;
    if (auto failed = erase({lane, 0, *acked})) return failed;
  }
  for (const IdRange& range : transaction.evicted) {
    if (auto failed = erase(range)) return failed;
  }
  for (const auto* rows : {&transaction.rewritten, &transaction.rows}) {
    for (const Row& row : *rows) {
      if (auto failed = insert(row)) return failed;
    }
  }
  if (transaction.anchor) {
    if (auto failed = put_anchor(transaction.boot, *transaction.anchor)) return failed;
  }
  if (auto failed = put_marks(transaction.source_key, transaction.marks)) return failed;
  if (transaction.ends) {
    if (auto failed = put_ends(transaction.boot, *transaction.ends)) return failed;
  }
  if (transaction.flash) {
    if (auto failed = put_flash(*transaction.flash)) return failed;
  }
  if (transaction.clean_end) return put_meta("clean_boot", transaction.boot);
  return {};
}

std::optional<Failure> Store::insert(const Row& row) {
  Query query(of(row.lane).insert);
  query.integer(1, as_signed(row.id)).integer(2, row.first_n).integer(3, row.count).integer(4, row.t0_ms);
  query.integer(5, row.t1_ms).integer(6, row.made_ms).integer(7, stored_flags(row)).integer(8, checksum(row));
  const std::string payload = stored_prefix(row) + row.payload;
  return run(query.blob(9, payload), "insert chunk");
}

std::optional<Failure> Store::erase(const IdRange& range) {
  Query query(of(range.lane).erase);
  return run(query.integer(1, as_signed(range.first)).integer(2, as_signed(range.last)), "delete chunks");
}

std::optional<Failure> Store::put_anchor(std::uint32_t boot, const Anchor& anchor) {
  Query query(set_anchor_);
  query.integer(1, boot).integer(2, anchor.offset.count()).integer(3, static_cast<std::int64_t>(anchor.quality));
  return run(query, "write anchor");
}

std::optional<Failure> Store::put_marks(const std::string& source_key, const SourceMarks& marks) {
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (!marks[i]) continue;
    Query query(set_mark_);
    query.text(1, source_key).integer(2, static_cast<std::int64_t>(i + 1));
    query.integer(3, as_signed(marks[i]->offset)).integer(4, marks[i]->index);
    if (auto failed = run(query, "write source mark")) return failed;
  }
  return {};
}

std::optional<Failure> Store::put_flash(const FlashAccount& account) {
  const std::int64_t utc_ms = account.utc ? account.utc->time_since_epoch().count() : 0;
  const std::pair<const char*, std::int64_t> values[] = {{"flash_bytes", static_cast<std::int64_t>(account.bytes)},
                                                         {"flash_age_ms", account.age.count()},
                                                         {"flash_utc_ms", utc_ms}};
  for (const auto& [key, value] : values) {
    if (auto failed = put_meta(key, value)) return failed;
  }
  return {};
}

std::optional<Failure> Store::put_ends(std::uint32_t boot, const model::LaneEnds& ends) {
  const std::pair<const char*, std::uint32_t> values[] = {
      {"end_boot", boot}, {"end_alert", ends.alert}, {"end_event", ends.event}, {"end_bulk", ends.bulk}};
  for (const auto& [key, value] : values) {
    if (auto failed = put_meta(key, value)) return failed;
  }
  return {};
}

std::variant<std::optional<Store::Found>, Failure> Store::next(model::Lane lane, std::uint64_t after) {
  Query query(of(lane).next);
  switch (query.integer(1, as_signed(after)).step()) {
    case Step::kDone: return std::optional<Found>();
    case Step::kFailed: return database_->failure("read chunk");
    case Step::kRow: break;
  }
  Found found{row_from(query, lane), false};
  // A table that is out of order is not seen as broken by SQLite, and would be read round and round.
  if (found.row.id <= after) return Failure{Trouble::kCorrupt, "outbox: read chunk: the table is out of order"};
  found.row.payload = query.blob_at(8);
  take_prefix(found.row);
  found.sound = query.integer_at(7) == checksum(found.row);
  return std::optional<Found>(std::move(found));
}

std::variant<std::vector<Store::Weighed>, Failure> Store::oldest(model::Lane lane, std::uint64_t after,
                                                                 std::uint64_t bytes) {
  Query query(of(lane).oldest);
  query.integer(1, as_signed(after));
  std::vector<Weighed> rows;
  std::uint64_t sum = 0;
  while (sum < bytes) {
    const Step step = query.step();
    if (step == Step::kFailed) return database_->failure("read oldest chunks");
    if (step == Step::kDone) break;
    rows.push_back({row_from(query, lane), as_unsigned(query.integer_at(7)) + kRowOverheadBytes});
    sum += rows.back().bytes;
  }
  return rows;
}

std::variant<LaneUse, Failure> Store::use_through(model::Lane lane, std::uint64_t through) {
  Query query(of(lane).use_through);
  if (query.integer(1, as_signed(through)).step() != Step::kRow) return database_->failure("count chunks");
  const auto rows = as_unsigned(query.integer_at(2));
  return LaneUse{as_unsigned(query.integer_at(0)), as_unsigned(query.integer_at(1)) + rows * kRowOverheadBytes,
                 as_unsigned(query.integer_at(3))};
}

std::variant<LaneUse, Failure> Store::use(model::Lane lane) {
  return use_through(lane, as_unsigned(std::numeric_limits<std::int64_t>::max()));
}

std::variant<LaneEnd, Failure> Store::end_of(model::Lane lane, std::uint32_t boot) {
  Query query(of(lane).end);
  query.integer(1, as_signed(chunk_id(boot, 0))).integer(2, as_signed(chunk_id(boot, ~0U)));
  switch (query.step()) {
    case Step::kDone: return LaneEnd{};
    case Step::kFailed: return database_->failure("read last chunk");
    case Step::kRow: break;
  }
  return LaneEnd{low32(query.integer_at(0)), low32(query.integer_at(1)) + low32(query.integer_at(2)) - 1};
}

std::uint64_t Store::used_bytes() {
  Query count(page_count_);
  Query free(freelist_count_);
  if (count.step() != Step::kRow || free.step() != Step::kRow) return 0;
  return as_unsigned(count.integer_at(0) - free.integer_at(0)) * page_bytes_;
}

}  // namespace odograph::outbox
