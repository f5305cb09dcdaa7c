#include <algorithm>

#include "lib/wire/column.h"
#include "lib/wire/columns.h"
#include "lib/wire/present.h"
#include "lib/wire/rice.h"

namespace odograph::wire {
namespace {

using model::Record;

class ColumnsWriter {
 public:
  ColumnsWriter(std::span<const Record> records, raw::Columns& columns) : records_(records), columns_(columns) {}

  /// As `optional`, in Rice code.
  template <class Writer, class Get>
  void optional_rice(std::uint32_t bit, Get get, std::string* code, Unsigned* at) {
    scratch_.Clear();
    optional<Writer>(bit, get, &scratch_, at);
    rice_pack(scratch_, *code);
  }

  /// A column of what `get` finds in a record; the writer's type says in which differences.
  template <class Writer, class Get>
  void optional(std::uint32_t bit, Get get, Signed* values, Unsigned* at) {
    PresenceWriter presence(at);
    values->Reserve(static_cast<int>(records_.size()));
    Writer writer(values);
    for (const Record& record : records_) {
      const auto value = get(record);
      presence.add(value.has_value());
      if (value) writer.add(*value);
    }
    writer.finish();
    if (presence.finish()) columns_.set_present_in_all(columns_.present_in_all() | bit);
  }

  template <class Get>
  void runs(Get get, Unsigned* out) {
    RunWriter<Unsigned> writer(out);
    for (const Record& record : records_) writer.add(get(record));
    writer.finish();
  }

  void positions() {
    optional_rice<SecondDifferenceWriter>(
        kPosition, [](const Record& r) { return r.position ? std::optional(r.position->lat_e7) : std::nullopt; },
        columns_.mutable_lat(), columns_.mutable_position_at());
    scratch_.Clear();
    SecondDifferenceWriter lon(&scratch_);
    for (const Record& record : records_) {
      if (record.position) lon.add(record.position->lon_e7);
    }
    lon.finish();
    rice_pack(scratch_, *columns_.mutable_lon());
  }

  void numbers() {
    if (records_.front().n == 0) return;
    std::uint32_t previous = records_.front().n;
    for (const Record& record : records_.subspan(1)) {
      ODOGRAPH_ASSERT(record.n > previous);
      columns_.add_n_gap(record.n - previous - 1);
      previous = record.n;
    }
    cut_zeros_at_end(columns_.mutable_n_gap());
  }

 private:
  std::span<const Record> records_;
  raw::Columns& columns_;
  Signed scratch_;
};

/// Signals into columns such that the order of a record's signals is the order of its columns: the next column of that
/// definition after the record's last one, or a new one at the end.
class SignalsWriter {
 public:
  explicit SignalsWriter(raw::Columns& columns) : columns_(columns) {}

  void add(std::uint32_t index, const std::vector<model::Signal>& signals) {
    std::size_t from = 0;
    for (const model::Signal& signal : signals) {
      const std::size_t at = find(*signal.def, from);
      Column& column = open_[at];
      column.gap.add(index - column.next_index);
      column.mantissa.add(signal.mantissa);
      column.next_index = index + 1;
      ++column.count;
      from = at + 1;
    }
  }

  void finish() {
    for (Column& column : open_) {
      column.gap.finish();
      column.mantissa.finish();
      if (column.out->mantissa_size() != column.count) {
        column.out->set_count(static_cast<std::uint32_t>(column.count));
      }
    }
  }

 private:
  struct Column {
    Column(const model::SignalDef& what, raw::SignalColumn& column)
        : def(&what), out(&column), gap(column.mutable_gap()), mantissa(column.mutable_mantissa()) {}
    const model::SignalDef* def;
    raw::SignalColumn* out;
    FirstDifferenceWriter gap;
    FirstDifferenceWriter mantissa;
    std::uint32_t next_index = 0;
    int count = 0;
  };

  std::size_t find(const model::SignalDef& def, std::size_t from) {
    for (std::size_t i = from; i < open_.size(); ++i) {
      if (open_[i].def == &def || *open_[i].def == def) return i;
    }
    raw::SignalColumn* out = columns_.add_signals();
    out->set_name(def.name);
    out->set_unit(def.unit);
    out->set_decimals(static_cast<std::uint32_t>(def.decimals));
    open_.emplace_back(def, *out);
    return open_.size() - 1;
  }

  raw::Columns& columns_;
  std::vector<Column> open_;
};

void write_event(std::uint32_t at, const model::RuleEvent& event, raw::Event& out) {
  out.set_at(at);
  out.set_kind(static_cast<std::uint32_t>(event.kind));
  out.set_phase(static_cast<std::uint32_t>(event.phase));
  out.set_severity(static_cast<std::uint32_t>(event.severity));
  out.set_end_reason(static_cast<std::uint32_t>(event.end_reason));
  out.set_scope(event.scope);
  out.set_start_ago(event.start_ago.count());
  out.set_end_ago(event.end_ago.count());
  out.set_peak_ago(event.peak_ago.count());
  out.set_value(event.value_cmps);
  out.set_limit(event.limit_cmps);
  out.set_peak(event.peak_cmps);
  out.set_peak_lat(event.peak_position.lat_e7);
  out.set_peak_lon(event.peak_position.lon_e7);
  if (!event.position) return;
  out.set_lat(event.position->lat_e7);
  out.set_lon(event.position->lon_e7);
}

void write_boot(std::uint32_t at, const model::BootReport& boot, raw::Boot& out) {
  out.set_at(at);
  out.set_agent_version(boot.agent_version);
  out.set_previous_boot(boot.previous_boot);
  out.set_previous_clean(boot.previous_clean);
  out.set_previous_alert(boot.previous_ends.alert);
  out.set_previous_event(boot.previous_ends.event);
  out.set_previous_bulk(boot.previous_ends.bulk);
}

void write_loss(std::uint32_t at, const model::LossReport& loss, raw::Loss& out) {
  out.set_at(at);
  out.set_lane(static_cast<raw::Lane>(loss.lane));
  out.set_boot(loss.boot);
  out.set_first_n(loss.first_n);
  out.set_last_n(loss.last_n);
  out.set_count(loss.count);
  out.set_reason(static_cast<std::uint32_t>(loss.reason));
  if (loss.first_ago) out.set_first_ago(loss.first_ago->count());
  if (loss.last_ago) out.set_last_ago(loss.last_ago->count());
  out.set_error_m(loss.error_m);
}

void write_sparse(std::span<const Record> records, raw::Columns& columns) {
  SignalsWriter signals(columns);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto at = static_cast<std::uint32_t>(i);
    const Record& record = records[i];
    signals.add(at, record.signals);
    if (record.event) write_event(at, *record.event, *columns.add_events());
    if (record.boot) write_boot(at, *record.boot, *columns.add_boots());
    if (record.loss) write_loss(at, *record.loss, *columns.add_losses());
  }
  signals.finish();
}

std::optional<std::int64_t> ms_of_utc(const Record& record) {
  return record.utc ? std::optional(record.utc->time_since_epoch().count()) : std::nullopt;
}

std::optional<std::int64_t> ms_of_boot(const Record& record) {
  return record.boot_time ? std::optional(record.boot_time->time_since_epoch().count()) : std::nullopt;
}

std::optional<std::int64_t> ms_of_boot_without_utc(const Record& record) {
  return record.utc ? std::nullopt : ms_of_boot(record);
}

void write_times(ColumnsWriter& writer, Times times, raw::Columns& columns) {
  writer.optional<SecondDifferenceWriter>(kUtc, ms_of_utc, columns.mutable_utc(), columns.mutable_utc_at());
  writer.optional<SecondDifferenceWriter>(kBootTime, times == Times::kBoth ? ms_of_boot : ms_of_boot_without_utc,
                                          columns.mutable_boot_time(), columns.mutable_boot_time_at());
  writer.runs([](const Record& r) { return static_cast<std::uint32_t>(r.time_quality); },
              columns.mutable_time_quality());
}

}  // namespace

raw::Columns to_columns(std::span<const model::Record> records, Times times) {
  raw::Columns columns;
  ColumnsWriter writer(records, columns);
  writer.numbers();
  write_times(writer, times, columns);
  writer.runs([](const Record& r) { return r.flags; }, columns.mutable_flags());
  writer.runs([](const Record& r) { return r.reason; }, columns.mutable_reason());
  writer.runs([](const Record& r) { return r.mode ? static_cast<std::uint32_t>(*r.mode) : 0; }, columns.mutable_mode());
  writer.positions();
  writer.optional_rice<FirstDifferenceWriter>(
      kAlt, [](const Record& r) { return r.alt_cm; }, columns.mutable_alt(), columns.mutable_alt_at());
  writer.optional_rice<FirstDifferenceWriter>(
      kSpeed, [](const Record& r) { return r.speed_cmps; }, columns.mutable_speed(), columns.mutable_speed_at());
  writer.optional_rice<FirstDifferenceWriter>(
      kCourse, [](const Record& r) { return r.course_cdeg; }, columns.mutable_course(), columns.mutable_course_at());
  writer.optional<RunWriter<Signed>>(
      kHdop, [](const Record& r) { return r.hdop_centi; }, columns.mutable_hdop(), columns.mutable_hdop_at());
  writer.optional<RunWriter<Signed>>(
      kSatellites, [](const Record& r) { return r.satellites; }, columns.mutable_satellites(),
      columns.mutable_satellites_at());
  write_sparse(records, columns);
  return columns;
}

}  // namespace odograph::wire
