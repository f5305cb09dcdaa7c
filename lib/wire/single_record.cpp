#include "lib/wire/single_record.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "lib/wire/columns.h"
#include "lib/wire/limits.h"
#include "lib/wire/present.h"
#include "lib/wire/rice.h"

namespace odograph::wire {
namespace {

using Batch = raw::RecordBatch;
using Columns = raw::Columns;

/// Definitions of signals that are kept, so that not each message makes its own: a vehicle tells a handful.
constexpr std::size_t kKnownSignalsMax = 64;

/// Takes a message apart; each step answers false where the bytes are none of a message, or not as usual.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const { return at_ == end_; }

  /// The tag of the next field.
  bool tag(unsigned& field, unsigned& type) {
    std::uint32_t tag = 0;
    if (!number(tag)) return false;
    field = tag >> 3;
    type = tag & 7;
    return field != 0;
  }
  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      // Of the tenth byte there is room for one bit.
      if (shift == 63 && byte > 1) return false;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool number(std::uint32_t& value) {
    std::uint64_t wide = 0;
    if (!varint(wide) || wide > std::numeric_limits<std::uint32_t>::max()) return false;
    value = static_cast<std::uint32_t>(wide);
    return true;
  }
  template <class Fixed>
  bool fixed(Fixed& value) {
    if (static_cast<std::size_t>(end_ - at_) < sizeof(Fixed)) return false;
    value = 0;
    for (unsigned i = 0; i < sizeof(Fixed); ++i)
      value |= static_cast<Fixed>(static_cast<unsigned char>(*at_++)) << 8 * i;
    return true;
  }
  bool bytes(std::string_view& value) {
    std::uint64_t size = 0;
    if (!varint(size) || size > static_cast<std::size_t>(end_ - at_)) return false;
    value = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// The one value of a packed field, 0 if it has none; false if it has more.
bool one_of(std::string_view packed, std::uint64_t& value) {
  value = 0;
  if (packed.empty()) return true;
  Reader reader(packed);
  return reader.varint(value) && reader.at_end();
}
bool one_of(std::string_view packed, std::uint32_t& value) {
  std::uint64_t wide = 0;
  if (!one_of(packed, wide) || wide > std::numeric_limits<std::uint32_t>::max()) return false;
  value = static_cast<std::uint32_t>(wide);
  return true;
}
bool one_of(std::string_view packed, std::int64_t& value) {
  std::uint64_t zigzag = 0;
  if (!one_of(packed, zigzag)) return false;
  value = unzigzag(zigzag);
  return true;
}

bool fits(std::int64_t value, std::int32_t& narrow) {
  narrow = static_cast<std::int32_t>(value);
  return narrow == value;
}

bool is_signal_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

/// The definition that `column` tells, in these words; nullptr if they are no text.
std::shared_ptr<const model::SignalDef> signal_def(const model::SignalDef& told, std::string_view column) {
  thread_local std::vector<std::shared_ptr<const model::SignalDef>> known;
  thread_local std::size_t next = 0;
  for (const auto& def : known) {
    if (*def == told) return def;
  }
  // Whether it is UTF-8, protobuf knows.
  if (!is_ascii(told.unit) && !raw::SignalColumn{}.ParseFromArray(column.data(), static_cast<int>(column.size()))) {
    return nullptr;
  }
  auto def = std::make_shared<const model::SignalDef>(told);
  if (known.size() < kKnownSignalsMax) {
    known.push_back(def);
  } else {
    known[next++ % kKnownSignalsMax] = def;
  }
  return def;
}

/// The columns of one record, taken apart.
class SingleReader {
 public:
  /// Signals go to `record` at once.
  bool take(std::string_view columns, model::Record& record) {
    Reader reader(columns);
    unsigned last = 0;
    while (!reader.at_end()) {
      unsigned field = 0;
      unsigned type = 0;
      if (!reader.tag(field, type)) return false;
      const bool again = field == last && field == Columns::kSignalsFieldNumber;
      if ((field <= last && !again) || field >= kFields) return false;
      last = field;
      if (field == Columns::kPresentInAllFieldNumber) {
        if (type != 0 || !reader.number(present_)) return false;
        continue;
      }
      if (type != 2 || !reader.bytes(fields_[field])) return false;
      if (field == Columns::kSignalsFieldNumber && !signal(fields_[field], record)) return false;
    }
    return true;
  }

  bool times(model::Record& record) const {
    std::int64_t utc = 0;
    std::int64_t boot_time = 0;
    std::uint32_t quality = 0;
    if (!value(kUtc, Columns::kUtcFieldNumber, utc) || !value(kBootTime, Columns::kBootTimeFieldNumber, boot_time)) {
      return false;
    }
    if (has(kUtc)) {
      if (utc < kUtcMsMin || utc > kUtcMsMax) return false;
      record.utc = base::UtcTime(base::Millis(utc));
    }
    if (has(kBootTime)) record.boot_time = base::BootTime(base::Millis(boot_time));
    if (!one_of(fields_[Columns::kTimeQualityFieldNumber], quality)) return false;
    record.time_quality = static_cast<model::TimeQuality>(quality);
    return quality <= static_cast<std::uint32_t>(model::TimeQuality::kGnss);
  }

  bool runs_of_all(model::Record& record) const {
    std::uint32_t mode = 0;
    if (!one_of(fields_[Columns::kFlagsFieldNumber], record.flags)) return false;
    if (!one_of(fields_[Columns::kReasonFieldNumber], record.reason)) return false;
    if (!one_of(fields_[Columns::kModeFieldNumber], mode)) return false;
    if (mode != 0) record.mode = static_cast<model::FixMode>(mode);
    return mode <= static_cast<std::uint32_t>(model::FixMode::k3d);
  }

  bool position(model::Record& record) const {
    std::int32_t lat = 0;
    std::int32_t lon = 0;
    if (!coded(kPosition, Columns::kLatFieldNumber, lat) || !coded(kPosition, Columns::kLonFieldNumber, lon)) {
      return false;
    }
    if (!has(kPosition)) return true;
    record.position = model::Position{lat, lon};
    return lat >= -kLatMax && lat <= kLatMax && lon >= -kLonMax && lon <= kLonMax;
  }

  bool motion(model::Record& record) const {
    const auto put_coded = [&](std::uint32_t bit, unsigned field, std::optional<std::int32_t>& to) {
      std::int32_t number = 0;
      if (!coded(bit, field, number)) return false;
      if (has(bit)) to = number;
      return true;
    };
    const auto put = [&](std::uint32_t bit, unsigned field, std::optional<std::int32_t>& to) {
      std::int64_t number = 0;
      if (!value(bit, field, number)) return false;
      return !has(bit) || fits(number, to.emplace());
    };
    return put_coded(kAlt, Columns::kAltFieldNumber, record.alt_cm) &&
           put_coded(kSpeed, Columns::kSpeedFieldNumber, record.speed_cmps) &&
           put_coded(kCourse, Columns::kCourseFieldNumber, record.course_cdeg) &&
           put(kHdop, Columns::kHdopFieldNumber, record.hdop_centi) &&
           put(kSatellites, Columns::kSatellitesFieldNumber, record.satellites);
  }

  /// What a lone record has no use for.
  bool is_plain() const {
    return std::all_of(fields_.begin() + Columns::kNGapFieldNumber, fields_.end(),
                       [](std::string_view field) { return field.empty(); });
  }

 private:
  static constexpr std::int32_t kLatMax = 900'000'000;
  static constexpr std::int32_t kLonMax = 1'800'000'000;
  static constexpr std::size_t kUnitBytesMax = 64;
  /// Of the fields that are read here; those behind them are the reports.
  static constexpr unsigned kFields = Columns::kEventsFieldNumber;

  bool has(std::uint32_t bit) const { return (present_ & bit) != 0; }

  /// A column without a value must be empty.
  bool value(std::uint32_t bit, unsigned field, std::int64_t& number) const {
    return has(bit) ? one_of(fields_[field], number) : fields_[field].empty();
  }
  bool coded(std::uint32_t bit, unsigned field, std::int32_t& number) const {
    if (!has(bit)) return fields_[field].empty();
    std::int64_t wide = 0;
    return rice_unpack_one(fields_[field], wide) && fits(wide, number);
  }

  static bool signal(std::string_view column, model::Record& record) {
    Reader reader(column);
    std::string_view name;
    std::string_view unit;
    std::string_view gap;
    std::string_view mantissas;
    std::uint32_t decimals = 0;
    std::uint32_t count = 0;
    for (unsigned last = 0, field = 0, type = 0; !reader.at_end(); last = field) {
      if (!reader.tag(field, type) || field <= last) return false;
      bool sound = false;
      switch (field << 3 | type) {
        case raw::SignalColumn::kNameFieldNumber << 3 | 2: sound = reader.bytes(name); break;
        case raw::SignalColumn::kUnitFieldNumber << 3 | 2: sound = reader.bytes(unit); break;
        case raw::SignalColumn::kDecimalsFieldNumber << 3: sound = reader.number(decimals); break;
        case raw::SignalColumn::kCountFieldNumber << 3: sound = reader.number(count); break;
        case raw::SignalColumn::kGapFieldNumber << 3 | 2: sound = reader.bytes(gap); break;
        case raw::SignalColumn::kMantissaFieldNumber << 3 | 2: sound = reader.bytes(mantissas); break;
        default: break;
      }
      if (!sound) return false;
    }
    std::int64_t mantissa = 0;
    if (count > 1 || (count == 0 && mantissas.empty()) || !gap.empty() || !one_of(mantissas, mantissa)) return false;
    if (!is_signal_name(name) || unit.size() > kUnitBytesMax || decimals > 9) return false;
    auto def = signal_def({std::string(name), std::string(unit), static_cast<int>(decimals)}, column);
    if (def == nullptr) return false;
    record.signals.push_back({std::move(def), mantissa});
    return true;
  }

  std::uint32_t present_ = 0;
  std::array<std::string_view, kFields> fields_{};
};

}  // namespace

std::optional<Envelope> read_envelope(std::string_view message) {
  Envelope envelope;
  Reader reader(message);
  for (unsigned last = 0, field = 0, type = 0; !reader.at_end(); last = field) {
    if (!reader.tag(field, type) || field <= last) return std::nullopt;
    bool sound = false;
    switch (field << 3 | type) {
      case Batch::kVersionFieldNumber << 3: sound = reader.number(envelope.version); break;
      case Batch::kVehicleIdFieldNumber << 3 | 2: sound = reader.bytes(envelope.vehicle_id); break;
      case Batch::kStreamIdFieldNumber << 3 | 1: sound = reader.fixed(envelope.stream_id); break;
      case Batch::kLaneFieldNumber << 3: sound = reader.number(envelope.lane); break;
      case Batch::kBootFieldNumber << 3: sound = reader.number(envelope.boot); break;
      case Batch::kFirstNFieldNumber << 3: sound = reader.number(envelope.first_n); break;
      case Batch::kCountFieldNumber << 3: sound = reader.number(envelope.count); break;
      case Batch::kRuleSetFieldNumber << 3 | 1: sound = reader.fixed(envelope.rule_set); break;
      case Batch::kCodecFieldNumber << 3: sound = reader.number(envelope.codec); break;
      case Batch::kColumnsFieldNumber << 3 | 2: sound = reader.bytes(envelope.columns); break;
      case Batch::kBootNonceFieldNumber << 3 | 5: sound = reader.fixed(envelope.boot_nonce); break;
      default: break;
    }
    if (!sound) return std::nullopt;
  }
  return envelope;
}

bool read_single(std::string_view columns, std::uint32_t first_n, model::Record& record) {
  SingleReader reader;
  if (!reader.take(columns, record) || !reader.is_plain()) return false;
  record.n = first_n;
  return reader.times(record) && reader.runs_of_all(record) && reader.position(record) && reader.motion(record);
}

}  // namespace odograph::wire
