#include <algorithm>

#include "lib/wire/column.h"
#include "lib/wire/columns.h"
#include "lib/wire/limits.h"
#include "lib/wire/present.h"
#include "lib/wire/rice.h"

namespace odograph::wire {
namespace {

using model::Record;

constexpr std::int32_t kLatMax = 900'000'000;
constexpr std::int32_t kLonMax = 1'800'000'000;
constexpr std::size_t kUnitBytesMax = 64;

template <class Enum>
bool is_within(std::uint32_t number, Enum first, Enum last) {
  return number >= static_cast<std::uint32_t>(first) && number <= static_cast<std::uint32_t>(last);
}

bool is_signal_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

/// Puts columns into records; each step answers with what is wrong, or nullptr.
class ColumnsReader {
 public:
  ColumnsReader(const raw::Columns& columns, std::vector<Record>& records) : columns_(columns), records_(records) {
    scratch_.Reserve(static_cast<int>(records.size()));
  }

  const char* numbers(std::uint32_t first_n) {
    const Unsigned& gaps = columns_.n_gap();
    if (first_n == 0) return gaps.empty() ? nullptr : "numbers where there are none";
    if (static_cast<std::size_t>(gaps.size()) >= records_.size()) return "n_gap does not fit";
    std::uint64_t n = first_n;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const auto gap = static_cast<int>(i) - 1;
      if (i > 0) n += 1 + (gap < gaps.size() ? std::uint64_t{gaps.Get(gap)} : 0);
      if (n > std::numeric_limits<std::uint32_t>::max()) return "n beyond 32 bits";
      records_[i].n = static_cast<std::uint32_t>(n);
    }
    return nullptr;
  }

  /// `put(record, value)` answers whether the value is in range.
  template <class Reader, class Put>
  bool optional(std::uint32_t bit, const Signed& values, const Unsigned& at, Put put) {
    PresenceReader presence(at, (columns_.present_in_all() & bit) != 0);
    Reader reader(values);
    for (Record& record : records_) {
      bool present = false;
      if (!presence.next(present)) return false;
      if (present && !put(record, reader)) return false;
    }
    return presence.at_end() && reader.at_end();
  }

  /// As `optional`, from Rice code.
  template <class Reader, class Put>
  bool optional_rice(std::uint32_t bit, const std::string& code, const Unsigned& at, Put put) {
    scratch_.Clear();
    return rice_unpack(code, records_.size(), scratch_) && optional<Reader>(bit, scratch_, at, put);
  }

  template <class Put>
  bool runs(const Unsigned& in, Put put) {
    RunReader<std::uint32_t, Unsigned> reader(in);
    for (Record& record : records_) {
      std::uint32_t value = 0;
      if (!reader.next(value) || !put(record, value)) return false;
    }
    return reader.at_end();
  }

  const char* times() {
    const auto put_utc = [](Record& record, SecondDifferenceReader<std::int64_t>& reader) {
      std::int64_t ms = 0;
      if (!reader.next(ms) || ms < kUtcMsMin || ms > kUtcMsMax) return false;
      record.utc = base::UtcTime(base::Millis(ms));
      return true;
    };
    const auto put_boot_time = [](Record& record, SecondDifferenceReader<std::int64_t>& reader) {
      std::int64_t ms = 0;
      if (!reader.next(ms)) return false;
      record.boot_time = base::BootTime(base::Millis(ms));
      return true;
    };
    const auto put_quality = [](Record& record, std::uint32_t value) {
      record.time_quality = static_cast<model::TimeQuality>(value);
      return value <= static_cast<std::uint32_t>(model::TimeQuality::kGnss);
    };
    using Reader = SecondDifferenceReader<std::int64_t>;
    if (!optional<Reader>(kUtc, columns_.utc(), columns_.utc_at(), put_utc)) return "utc does not fit";
    if (!optional<Reader>(kBootTime, columns_.boot_time(), columns_.boot_time_at(), put_boot_time)) {
      return "boot_time does not fit";
    }
    return runs(columns_.time_quality(), put_quality) ? nullptr : "time_quality does not fit";
  }

  const char* runs_of_all() {
    const auto put_flags = [](Record& record, std::uint32_t value) { return record.flags = value, true; };
    const auto put_reason = [](Record& record, std::uint32_t value) { return record.reason = value, true; };
    const auto put_mode = [](Record& record, std::uint32_t value) {
      if (value != 0) record.mode = static_cast<model::FixMode>(value);
      return value <= static_cast<std::uint32_t>(model::FixMode::k3d);
    };
    if (!runs(columns_.flags(), put_flags)) return "flags does not fit";
    if (!runs(columns_.reason(), put_reason)) return "reason does not fit";
    return runs(columns_.mode(), put_mode) ? nullptr : "mode does not fit";
  }

  const char* positions() {
    Signed lon_differences;
    lon_differences.Reserve(static_cast<int>(records_.size()));
    if (!rice_unpack(columns_.lon(), records_.size(), lon_differences)) return "lon is unsound";
    SecondDifferenceReader<std::int32_t> lon(lon_differences);
    const auto put = [&lon](Record& record, SecondDifferenceReader<std::int32_t>& lat) {
      model::Position& position = record.position.emplace();
      if (!lat.next(position.lat_e7) || !lon.next(position.lon_e7)) return false;
      return position.lat_e7 >= -kLatMax && position.lat_e7 <= kLatMax && position.lon_e7 >= -kLonMax &&
             position.lon_e7 <= kLonMax;
    };
    using Reader = SecondDifferenceReader<std::int32_t>;
    return optional_rice<Reader>(kPosition, columns_.lat(), columns_.position_at(), put) && lon.at_end()
               ? nullptr
               : "position does not fit";
  }

  const char* motion() {
    using Differences = FirstDifferenceReader<std::int32_t>;
    using Runs = RunReader<std::int32_t, Signed>;
    const auto into = [](std::optional<std::int32_t> Record::*member) {
      return [member](Record& record, auto& reader) { return reader.next((record.*member).emplace()); };
    };
    const raw::Columns& c = columns_;
    if (!optional_rice<Differences>(kAlt, c.alt(), c.alt_at(), into(&Record::alt_cm))) return "alt does not fit";
    if (!optional_rice<Differences>(kSpeed, c.speed(), c.speed_at(), into(&Record::speed_cmps)))
      return "speed does not fit";
    if (!optional_rice<Differences>(kCourse, c.course(), c.course_at(), into(&Record::course_cdeg))) {
      return "course does not fit";
    }
    if (!optional<Runs>(kHdop, c.hdop(), c.hdop_at(), into(&Record::hdop_centi))) return "hdop does not fit";
    return optional<Runs>(kSatellites, c.satellites(), c.satellites_at(), into(&Record::satellites))
               ? nullptr
               : "satellites does not fit";
  }

  const char* signals() {
    if (columns_.signals().empty()) return nullptr;
    std::uint64_t total = 0;
    for (const raw::SignalColumn& column : columns_.signals()) total += count_of(column);
    if (total > kSignalsMax) return "too many signal values";
    // First where they are, so that each record's vector is allocated once.
    std::vector<std::uint32_t> counts(records_.size());
    for (const raw::SignalColumn& column : columns_.signals()) {
      const auto count_one = [&counts](std::size_t index) { ++counts[index]; };
      if (!walk(column, count_one)) return "signal column does not fit";
    }
    for (std::size_t i = 0; i < records_.size(); ++i) records_[i].signals.reserve(counts[i]);
    for (const raw::SignalColumn& column : columns_.signals()) {
      if (const char* wrong = signal_values(column)) return wrong;
    }
    return nullptr;
  }

  const char* events(std::size_t& unknown);
  const char* reports(std::size_t& unknown);

 private:
  static std::uint32_t count_of(const raw::SignalColumn& column) {
    return column.count() != 0 ? column.count() : static_cast<std::uint32_t>(column.mantissa_size());
  }

  /// Calls `visit(index)` for each record that has a value in `column`; false if they do not fit the records.
  template <class Visit>
  bool walk(const raw::SignalColumn& column, Visit visit) const {
    const std::uint32_t count = count_of(column);
    if (count == 0 || count > records_.size()) return false;
    FirstDifferenceReader<std::int32_t> gaps(column.gap());
    std::size_t index = 0;
    for (std::uint32_t i = 0; i < count; ++i, ++index) {
      std::int32_t gap = 0;
      if (!gaps.next(gap) || gap < 0) return false;
      index += static_cast<std::size_t>(gap);
      if (index >= records_.size()) return false;
      visit(index);
    }
    return gaps.at_end();
  }

  const char* signal_values(const raw::SignalColumn& column) {
    if (!is_signal_name(column.name())) return "impossible signal name";
    if (column.unit().size() > kUnitBytesMax || column.decimals() > 9) return "impossible signal unit or decimals";
    const auto def = std::make_shared<const model::SignalDef>(
        model::SignalDef{column.name(), column.unit(), static_cast<int>(column.decimals())});
    FirstDifferenceReader<std::int64_t> reader(column.mantissa());
    const bool fits = walk(column, [&](std::size_t index) {
      std::int64_t mantissa = 0;
      // Sums of 64 bits wrap; there is nothing to refuse.
      static_cast<void>(reader.next(mantissa));
      records_[index].signals.push_back({def, mantissa});
    });
    return fits && reader.at_end() ? nullptr : "signal values do not fit";
  }

  /// The record at `at`; nullptr unless it lies after the one before and within.
  Record* sparse_record(std::uint32_t at, std::int64_t& previous) {
    if (at >= records_.size() || std::int64_t{at} <= previous) return nullptr;
    previous = at;
    return &records_[at];
  }

  const raw::Columns& columns_;
  std::vector<Record>& records_;
  Signed scratch_;
};

std::optional<model::RuleEvent> read_event(const raw::Event& in) {
  if (!is_within(in.kind(), model::EventKind::kOverspeed, model::EventKind::kLoss) ||
      !is_within(in.phase(), model::EventPhase::kInstant, model::EventPhase::kEnd) ||
      !is_within(in.severity(), model::Severity::kInfo, model::Severity::kCritical) ||
      !is_within(in.end_reason(), model::EndReason::kNone, model::EndReason::kExpired) ||
      in.has_lat() != in.has_lon()) {
    return std::nullopt;
  }
  std::optional<model::Position> position;
  if (in.has_lat()) position = model::Position{in.lat(), in.lon()};
  return model::RuleEvent{.kind = static_cast<model::EventKind>(in.kind()),
                          .phase = static_cast<model::EventPhase>(in.phase()),
                          .severity = static_cast<model::Severity>(in.severity()),
                          .end_reason = static_cast<model::EndReason>(in.end_reason()),
                          .scope = in.scope(),
                          .start_ago = base::Millis(in.start_ago()),
                          .end_ago = base::Millis(in.end_ago()),
                          .peak_ago = base::Millis(in.peak_ago()),
                          .value_cmps = in.value(),
                          .limit_cmps = in.limit(),
                          .peak_cmps = in.peak(),
                          .peak_position = {in.peak_lat(), in.peak_lon()},
                          .position = position};
}

model::BootReport read_boot(const raw::Boot& in) {
  return {.agent_version = in.agent_version(),
          .previous_boot = in.previous_boot(),
          .previous_clean = in.previous_clean(),
          .previous_ends = {in.previous_alert(), in.previous_event(), in.previous_bulk()}};
}

std::optional<model::LossReport> read_loss(const raw::Loss& in) {
  if (in.lane() < raw::ALERT || in.lane() > raw::LIVE ||
      !is_within(in.reason(), model::LossReason::kEvictedSpace, model::LossReason::kRingFull)) {
    return std::nullopt;
  }
  // An agent from before the two could be absent left out what was 0.
  const bool is_timed = in.has_first_ago() || in.has_last_ago();
  const auto ago = [&](std::int64_t ms) { return is_timed ? std::optional(base::Millis(ms)) : std::nullopt; };
  return model::LossReport{.lane = static_cast<model::Lane>(in.lane()),
                           .boot = in.boot(),
                           .first_n = in.first_n(),
                           .last_n = in.last_n(),
                           .count = in.count(),
                           .reason = static_cast<model::LossReason>(in.reason()),
                           .first_ago = ago(in.first_ago()),
                           .last_ago = ago(in.last_ago()),
                           .error_m = in.error_m()};
}

// A word of a newer agent (a kind, a reason that this version does not know) is left out and counted: the record that
// it came with is sound.

const char* ColumnsReader::events(std::size_t& unknown) {
  std::int64_t previous = -1;
  for (const raw::Event& event : columns_.events()) {
    Record* record = sparse_record(event.at(), previous);
    if (record == nullptr) return "event does not fit";
    record->event = read_event(event);
    if (!record->event) ++unknown;
  }
  return nullptr;
}

const char* ColumnsReader::reports(std::size_t& unknown) {
  std::int64_t previous = -1;
  for (const raw::Boot& boot : columns_.boots()) {
    Record* record = sparse_record(boot.at(), previous);
    if (record == nullptr) return "boot report does not fit";
    record->boot = read_boot(boot);
  }
  previous = -1;
  for (const raw::Loss& loss : columns_.losses()) {
    Record* record = sparse_record(loss.at(), previous);
    if (record == nullptr) return "loss report does not fit";
    record->loss = read_loss(loss);
    if (!record->loss) ++unknown;
  }
  return nullptr;
}

const char* read_all(ColumnsReader& reader, std::uint32_t first_n, std::size_t& unknown) {
  if (const char* wrong = reader.numbers(first_n)) return wrong;
  if (const char* wrong = reader.times()) return wrong;
  if (const char* wrong = reader.runs_of_all()) return wrong;
  if (const char* wrong = reader.positions()) return wrong;
  if (const char* wrong = reader.motion()) return wrong;
  if (const char* wrong = reader.signals()) return wrong;
  if (const char* wrong = reader.events(unknown)) return wrong;
  return reader.reports(unknown);
}

/// From one field of a serialised message to the next. Own code, because each message is walked twice, and protobuf's
/// reader takes as long for that as for parsing it.
class FieldWalker {
 public:
  explicit FieldWalker(std::string_view message) : left_(message) {}

  /// The number of the next field; 0 at the end, or where the bytes are none of a message.
  int next() {
    std::uint64_t tag = 0;
    if (!varint(tag)) return 0;
    const auto field = static_cast<int>(tag >> 3 & 0x1FFF'FFFF);
    return skip(static_cast<unsigned>(tag & 7), tag >> 3) ? field : 0;
  }

 private:
  bool skip(unsigned type, std::uint64_t field) {
    std::uint64_t value = 0;
    switch (type) {
      case 0: return varint(value);
      case 1: return skip_bytes(8);
      case 2: return varint(value) && skip_bytes(value);
      case 3: return skip_group(field);
      case 5: return skip_bytes(4);
      default: return false;
    }
  }

  /// Groups are of old times, and nest; protobuf has made sure that they do not do so too deeply.
  bool skip_group(std::uint64_t field) {
    std::uint64_t tag = 0;
    while (varint(tag)) {
      if ((tag & 7) == 4) return tag >> 3 == field;
      if (!skip(static_cast<unsigned>(tag & 7), tag >> 3)) return false;
    }
    return false;
  }

  bool skip_bytes(std::uint64_t count) {
    if (count > left_.size()) return false;
    left_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }

  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 70 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << (shift & 63U);
      if (byte < 0x80) return true;
    }
    return false;
  }

  std::string_view left_;
};

}  // namespace

base::Result<Columned> from_columns(const raw::Columns& columns, std::uint32_t first_n, std::size_t count) {
  if (count == 0 || count > kRecordsMax) return base::drop_error("columns: impossible number of records");
  Columned result;
  result.records.resize(count);
  ColumnsReader reader(columns, result.records);
  if (const char* wrong = read_all(reader, first_n, result.unknown)) {
    return base::drop_error(std::string("columns: ") + wrong);
  }
  return result;
}

std::size_t count_fields_beyond(std::string_view message, int last_known) {
  std::size_t fields = 0;
  FieldWalker walker(message);
  while (const int field = walker.next()) {
    if (field > last_known) ++fields;
  }
  return fields;
}

}  // namespace odograph::wire
