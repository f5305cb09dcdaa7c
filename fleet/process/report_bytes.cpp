#include "fleet/process/report_bytes.h"

#include <array>
#include <bit>

#include "fleet/process/report.h"
#include "fleet/process/wire_writer.h"

namespace odograph::process {
namespace {

using odograph::VehicleReport;

/// What all fields but the signals take together: a vehicle id of 64 bytes, ten numbers of 10 and six of 9 bytes.
constexpr std::size_t kFieldsBytesMax = 512;
/// Of a signal, beside its name and unit.
constexpr std::size_t kSignalBytesMax = 40;

std::uint64_t sign_extended(std::int64_t value) { return static_cast<std::uint64_t>(value); }

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
  // Names and units are short: two bytes before each, nine are a real number's, two those of one below 128.
  std::size_t size = def.name.empty() ? 0 : 2 + def.name.size();
  size += def.unit.empty() ? 0 : 2 + def.unit.size();
  size += signal.mantissa == 0 ? 0 : 9;
  size += def.decimals == 0 ? 0 : 2;
  out.message(VehicleReport::kSignalsFieldNumber, size);
  if (!def.name.empty()) out.bytes(odograph::Signal::kNameFieldNumber, def.name);
  if (!def.unit.empty()) out.bytes(odograph::Signal::kUnitFieldNumber, def.unit);
  if (signal.mantissa != 0) {
    const double value = static_cast<double>(signal.mantissa) / kPowers[static_cast<std::size_t>(def.decimals)];
    out.real(odograph::Signal::kValueFieldNumber, value);
  }
  if (def.decimals != 0) out.number(odograph::Signal::kDecimalsFieldNumber, sign_extended(def.decimals));
}

/// Behind vehicle, stream and lane; in the order of the field numbers, as protobuf writes them. What has its default
/// value goes without saying.
void write_rest(const wire::BatchHeader& header, const model::Record& record, WireWriter& out) {
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

}  // namespace

bool ReportEncoder::is_usual(const wire::BatchHeader& header) {
  return header.lane != model::Lane::kLive && !header.vehicle_id.empty() &&
         header.vehicle_id.size() <= kVehicleBytesMax;
}

bool ReportEncoder::is_usual(const model::Record& record) {
  if (record.event || record.boot || record.loss) return false;
  std::size_t bytes = kFieldsBytesMax;
  for (const model::Signal& signal : record.signals) {
    const model::SignalDef& def = *signal.def;
    if (def.name.size() > 64 || def.unit.size() > 64 || def.decimals < 0 || def.decimals > 9) return false;
    bytes += kSignalBytesMax + def.name.size() + def.unit.size();
  }
  return bytes <= kBodyBytesMax;
}

void ReportEncoder::begin(const wire::BatchHeader& header) {
  header_ = &header;
  if (!is_usual(header)) return;
  WireWriter id(id_.data());
  id.raw(header.vehicle_id);
  id.letter('/');
  id.hex16(header.stream_id);
  id.letter('/');
  id.raw(model::to_string(header.lane));
  id.letter('/');
  id_front_ = id.written().size();
  WireWriter front(front_.data());
  front.bytes(VehicleReport::kVehicleIdFieldNumber, header.vehicle_id);
  front.small_message(VehicleReport::kStreamIdFieldNumber, [&] { front.hex16(header.stream_id); });
  front.number(VehicleReport::kLaneFieldNumber, static_cast<std::uint64_t>(header.lane));
  front_size_ = front.written().size();
}

EncodedReport ReportEncoder::encode(const model::Record& record) {
  if (!is_usual(*header_) || !is_usual(record)) {
    const odograph::ProcessedRecord report = to_report(*header_, record);
    unusual_id_ = report.id();
    unusual_ = report.SerializeAsString();
    return {unusual_id_, unusual_};
  }
  WireWriter end(id_.data() + id_front_);
  end.decimal(model::sequence(header_->boot, record.n));
  if (header_->boot_nonce != 0) {
    end.letter('/');
    end.decimal(header_->boot_nonce);
  }
  const std::string_view id(id_.data(), id_front_ + end.written().size());
  // What comes first has the length of what comes behind it, so it is put before that when all is written.
  char* const middle = room_.data() + kIdBytesMax + kLengthsBytesMax;
  WireWriter body(middle);
  body.raw({front_.data(), front_size_});
  write_rest(*header_, record, body);
  std::array<char, 8> length_room{};
  WireWriter length(length_room.data());
  length.message(odograph::ProcessedRecord::kReportFieldNumber, body.written().size());
  // An id takes less than 128 bytes: its tag and its length take two.
  static_assert(kIdBytesMax < 128);
  char* const begin = middle - length.written().size() - id.size() - 2;
  WireWriter front(begin);
  front.bytes(odograph::ProcessedRecord::kIdFieldNumber, id);
  front.raw(length.written());
  return {id, {begin, static_cast<std::size_t>(middle - begin) + body.written().size()}};
}

std::string report_bytes(const wire::BatchHeader& header, const model::Record& record) {
  ReportEncoder encoder;
  encoder.begin(header);
  return std::string(encoder.encode(record).bytes);
}

}  // namespace odograph::process
