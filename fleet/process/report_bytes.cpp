#include "fleet/process/report_bytes.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "fleet/process/report.h"

namespace odograph::process {
namespace {

using odograph::VehicleReport;

/// Longer reports are seldom: of dozens of signals.
constexpr std::size_t kBodyBytesMax = 2048;
/// What all fields but the signals take together: a vehicle id of 64 bytes, ten numbers of 10 and six of 9 bytes.
constexpr std::size_t kFieldsBytesMax = 512;
constexpr std::size_t kIdBytesMax = 160;
/// Of a signal, beside its name and unit.
constexpr std::size_t kSignalBytesMax = 40;

/// Protobuf's wire format, into room that the caller has measured.
class WireWriter {
 public:
  explicit WireWriter(char* out) : begin_(out), at_(out) {}

  std::string_view written() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) put(static_cast<unsigned char>(value | 0x80));
    put(static_cast<unsigned char>(value));
  }
  void raw(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  void number(int field, std::uint64_t value) {
    tag(field, 0);
    varint(value);
  }
  void real(int field, double value) {
    tag(field, 1);
    little_endian(std::bit_cast<std::uint64_t>(value), 8);
  }
  void fixed32(int field, std::uint32_t value) {
    tag(field, 5);
    little_endian(value, 4);
  }
  void bytes(int field, std::string_view value) {
    tag(field, 2);
    varint(value.size());
    raw(value);
  }
  /// What stands before a message of so many bytes.
  void message(int field, std::size_t size) {
    tag(field, 2);
    varint(size);
  }
  /// A message of less than 128 bytes, which `write` puts behind its length.
  template <class Write>
  void small_message(int field, Write write) {
    tag(field, 2);
    char* const length = at_++;
    write();
    *length = static_cast<char>(at_ - length - 1);
  }

  void decimal(std::uint64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void hex16(std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) *at_++ = "0123456789abcdef"[value >> shift & 0xF];
  }
  void letter(char value) { *at_++ = value; }

 private:
  void put(unsigned char value) { *at_++ = static_cast<char>(value); }
  void tag(int field, unsigned type) { varint(static_cast<unsigned>(field) << 3 | type); }
  void little_endian(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i, value >>= 8) put(static_cast<unsigned char>(value));
  }

  char* begin_;
  char* at_;
};

std::uint64_t sign_extended(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// The identity of a record of a stored lane, as `to_report` has it.
void write_id(const wire::BatchHeader& header, const model::Record& record, WireWriter& out) {
  out.raw(header.vehicle_id);
  out.letter('/');
  out.hex16(header.stream_id);
  out.letter('/');
  out.raw(model::to_string(header.lane));
  out.letter('/');
  out.decimal(model::sequence(header.boot, record.n));
  if (header.boot_nonce == 0) return;
  out.letter('/');
  out.decimal(header.boot_nonce);
}

void write_time(base::UtcTime time, int field, WireWriter& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto nanos = std::chrono::nanoseconds(time - seconds).count();
  out.small_message(field, [&] {
    const auto since = seconds.time_since_epoch().count();
    if (since != 0) out.number(1, sign_extended(since));
    if (nanos != 0) out.number(2, sign_extended(nanos));
  });
}

/// The places of the bits that are set, from 1; those that the enumeration does not know are left out.
void write_places(int field, std::uint32_t bits, int last, WireWriter& out) {
  bits &= (1U << last) - 1;
  if (bits == 0) return;
  out.small_message(field, [&] {
    for (; bits != 0; bits &= bits - 1) out.varint(static_cast<unsigned>(std::countr_zero(bits)) + 1);
  });
}

void write_position(const model::Position& position, WireWriter& out) {
  out.small_message(VehicleReport::kPositionFieldNumber, [&] {
    if (position.lat_e7 != 0) out.real(odograph::Position::kLatFieldNumber, position.lat_e7 / 1e7);
    if (position.lon_e7 != 0) out.real(odograph::Position::kLonFieldNumber, position.lon_e7 / 1e7);
  });
}

void write_fix(const model::Record& record, WireWriter& out) {
  const auto mode = record.mode ? static_cast<std::uint64_t>(*record.mode) : 0;
  if (mode != 0) out.number(VehicleReport::kModeFieldNumber, mode);
  if (record.position) write_position(*record.position, out);
  if (record.alt_cm) out.real(VehicleReport::kAltitudeMFieldNumber, *record.alt_cm / 100.0);
  if (record.speed_cmps) out.real(VehicleReport::kSpeedMpsFieldNumber, *record.speed_cmps / 100.0);
  if (record.course_cdeg) out.real(VehicleReport::kCourseDegFieldNumber, *record.course_cdeg / 100.0);
  if (record.hdop_centi) out.real(VehicleReport::kHdopFieldNumber, *record.hdop_centi / 100.0);
  if (record.satellites) out.number(VehicleReport::kSatellitesFieldNumber, sign_extended(*record.satellites));
}

void write_signal(const model::Signal& signal, WireWriter& out) {
  // Exact, so that dividing by them gives what dividing by pow() does.
  constexpr std::array kPowers = {1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  const model::SignalDef& def = *signal.def;
  // Written over by each, so that none is filled with zeros first.
  thread_local std::array<char, 2 * (64 + 4) + kSignalBytesMax> room{};
  WireWriter told(room.data());
  if (!def.name.empty()) told.bytes(odograph::Signal::kNameFieldNumber, def.name);
  if (!def.unit.empty()) told.bytes(odograph::Signal::kUnitFieldNumber, def.unit);
  if (signal.mantissa != 0) {
    const double value = static_cast<double>(signal.mantissa) / kPowers[static_cast<std::size_t>(def.decimals)];
    told.real(odograph::Signal::kValueFieldNumber, value);
  }
  if (def.decimals != 0) told.number(odograph::Signal::kDecimalsFieldNumber, sign_extended(def.decimals));
  out.bytes(VehicleReport::kSignalsFieldNumber, told.written());
}

/// In the order of the field numbers, as protobuf writes them; what has its default value goes without saying.
void write_report(const wire::BatchHeader& header, const model::Record& record, WireWriter& out) {
  out.bytes(VehicleReport::kVehicleIdFieldNumber, header.vehicle_id);
  out.small_message(VehicleReport::kStreamIdFieldNumber, [&] { out.hex16(header.stream_id); });
  out.number(VehicleReport::kLaneFieldNumber, static_cast<std::uint64_t>(header.lane));
  const std::uint64_t sequence = model::sequence(header.boot, record.n);
  if (sequence != 0) out.number(VehicleReport::kSequenceFieldNumber, sequence);
  if (record.utc) write_time(*record.utc, VehicleReport::kTimeFieldNumber, out);
  if (record.time_quality != model::TimeQuality::kNone) {
    out.number(VehicleReport::kTimeQualityFieldNumber, static_cast<std::uint64_t>(record.time_quality));
  }
  if (record.boot_time) {
    out.number(VehicleReport::kBootTimeMsFieldNumber, sign_extended(record.boot_time->time_since_epoch().count()));
  }
  write_places(VehicleReport::kFlagsFieldNumber, record.flags, VehicleReport::Flag_MAX, out);
  write_places(VehicleReport::kReasonFieldNumber, record.reason, VehicleReport::Reason_MAX, out);
  write_fix(record, out);
  for (const model::Signal& signal : record.signals) write_signal(signal, out);
  if (header.boot_nonce != 0) out.fixed32(VehicleReport::kBootNonceFieldNumber, header.boot_nonce);
}

/// True if the buffers here hold its report, and if it has nothing but what is written here.
bool is_usual(const wire::BatchHeader& header, const model::Record& record) {
  if (header.lane == model::Lane::kLive || header.vehicle_id.empty() || header.vehicle_id.size() > 64) return false;
  if (record.event || record.boot || record.loss) return false;
  std::size_t bytes = kFieldsBytesMax;
  for (const model::Signal& signal : record.signals) {
    const model::SignalDef& def = *signal.def;
    if (def.name.size() > 64 || def.unit.size() > 64 || def.decimals < 0 || def.decimals > 9) return false;
    bytes += kSignalBytesMax + def.name.size() + def.unit.size();
  }
  return bytes <= kBodyBytesMax;
}

}  // namespace

std::string report_bytes(const wire::BatchHeader& header, const model::Record& record) {
  if (!is_usual(header, record)) return to_report(header, record).SerializeAsString();
  thread_local std::array<char, kIdBytesMax> id_room{};
  WireWriter id(id_room.data());
  write_id(header, record, id);
  thread_local std::array<char, kBodyBytesMax> body_room{};
  WireWriter body(body_room.data());
  write_report(header, record, body);
  thread_local std::array<char, kIdBytesMax + 16> front_room{};
  WireWriter front(front_room.data());
  front.bytes(odograph::ProcessedRecord::kIdFieldNumber, id.written());
  front.message(odograph::ProcessedRecord::kReportFieldNumber, body.written().size());
  std::string bytes;
  bytes.reserve(front.written().size() + body.written().size());
  bytes.append(front.written()).append(body.written());
  return bytes;
}

}  // namespace odograph::process
