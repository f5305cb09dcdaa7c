// Bytes and nanoseconds a record of RecordBatch messages, beside what others would send for the same drive. Prints one
// JSON object. No argument.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "lib/base/time.h"
#include "lib/wire/record_batch.h"
#include "lib/wire/synthetic_drive.h"
#include "lib/wire/wire_bench.pb.h"
#include "lib/wire/zstd_codec.h"

namespace odograph::wire {
namespace {

using Records = std::span<const model::Record>;

constexpr std::size_t kDriveSeconds = 36'000;
constexpr int kRounds = 15;
const BatchHeader kHeader{"WDB9634031L123456", 0x8F3A2B1C4D5E6F70, model::Lane::kBulk, 17,
                          0x1122334455667788,  0x9ABCDEF0};

std::string json_of(const model::Record& record) {
  char text[512];
  const int size = std::snprintf(
      text, sizeof text,
      R"({"vehicle_id":"%s","n":%u,"time":"%s","mode":%d,"lat":%.7f,"lon":%.7f,"alt":%.2f,"speed":%.2f,"track":%.2f,)"
      R"("hdop":%.2f,"satellites":%d)",
      kHeader.vehicle_id.c_str(), record.n, base::to_rfc3339(*record.utc).c_str(), static_cast<int>(*record.mode),
      record.position->lat_e7 / 1e7, record.position->lon_e7 / 1e7, *record.alt_cm / 1e2, *record.speed_cmps / 1e2,
      *record.course_cdeg / 1e2, *record.hdop_centi / 1e2, *record.satellites);
  std::string json(text, static_cast<std::size_t>(size));
  for (const model::Signal& signal : record.signals) {
    const int decimals = signal.def->decimals;
    std::snprintf(text, sizeof text, R"(,"%s":%.*f)", signal.def->name.c_str(), decimals,
                  static_cast<double>(signal.mantissa) / (decimals == 2   ? 100
                                                          : decimals == 1 ? 10
                                                                          : 1));
    json += text;
  }
  return json + "}\n";
}

std::string json_batch(Records records) {
  std::string all;
  for (const model::Record& record : records) all += json_of(record);
  return all;
}

void fill_plain(const model::Record& record, bench::PlainRecord& out) {
  out.set_n(record.n);
  out.set_utc_ms(record.utc->time_since_epoch().count());
  out.set_time_quality(static_cast<std::uint32_t>(record.time_quality));
  out.set_reason(record.reason);
  out.set_mode(static_cast<std::uint32_t>(*record.mode));
  out.set_lat_e7(record.position->lat_e7);
  out.set_lon_e7(record.position->lon_e7);
  out.set_alt_cm(*record.alt_cm);
  out.set_speed_cmps(static_cast<std::uint32_t>(*record.speed_cmps));
  out.set_course_cdeg(static_cast<std::uint32_t>(*record.course_cdeg));
  out.set_hdop_centi(static_cast<std::uint32_t>(*record.hdop_centi));
  out.set_satellites(static_cast<std::uint32_t>(*record.satellites));
  for (const model::Signal& signal : record.signals) {
    const auto value = static_cast<std::int32_t>(signal.mantissa);
    if (signal.def->name == "coolant_temp") out.set_coolant_temp(value);
    if (signal.def->name == "battery_voltage") out.set_battery_voltage(value);
    if (signal.def->name == "fuel_level") out.set_fuel_level(value);
    if (signal.def->name == "cargo_temp") out.set_cargo_temp(value);
    if (signal.def->name == "ambient_temp") out.set_ambient_temp(value);
  }
}

std::string plain_batch(Records records) {
  bench::PlainBatch batch;
  batch.set_vehicle_id(kHeader.vehicle_id);
  for (const model::Record& record : records) fill_plain(record, *batch.add_records());
  return batch.SerializeAsString();
}

std::string smaller_of(const std::string& bytes) {
  const std::string frame = zstd_compress(bytes);
  return frame.empty() ? bytes : frame;
}

/// Mean bytes a record over the whole drive cut into batches of `n`.
double bytes_per_record(Records drive, std::size_t n, const std::function<std::string(Records)>& make) {
  std::size_t bytes = 0;
  std::size_t records = 0;
  // A batch of one is as good as any other: a tenth of them will do.
  const std::size_t stride = n == 1 ? 10 : n;
  for (std::size_t i = 0; i + n <= drive.size(); i += stride, records += n) bytes += make(drive.subspan(i, n)).size();
  return static_cast<double>(bytes) / static_cast<double>(records);
}

/// Of this thread alone: other programs on the machine do not count.
double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// Best of kRounds, ns of CPU a record.
double ns_per_record(std::size_t records, const std::function<void()>& all) {
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const double start = cpu_ns();
    all();
    best = std::min(best, (cpu_ns() - start) / static_cast<double>(records));
  }
  return best;
}

struct Timing {
  double encode_ns;
  double decode_ns;
  double unpack_ns;  ///< Of stored chunks, by which re-encoding begins.
};

Timing time_batches(Records drive, std::size_t n) {
  const std::size_t batches = 3600 / n;
  std::vector<std::string> messages(batches);
  std::vector<Packed> chunks;
  for (std::size_t i = 0; i < batches; ++i) chunks.push_back(pack(drive.subspan(i * n, n)));
  const auto check = [](bool sound) { ODOGRAPH_ASSERT(sound); };
  Timing timing{};
  timing.encode_ns = ns_per_record(batches * n, [&] {
    for (std::size_t i = 0; i < batches; ++i) messages[i] = encode(kHeader, drive.subspan(i * n, n));
  });
  timing.decode_ns = ns_per_record(batches * n, [&] {
    for (const std::string& message : messages) check(decode(message).has_value());
  });
  timing.unpack_ns = ns_per_record(batches * n, [&] {
    for (const Packed& chunk : chunks) check(unpack(chunk.codec, chunk.columns, 1, n).has_value());
  });
  return timing;
}

void print_row(Records drive, std::size_t n, const char* end) {
  const auto with_zstd = [](auto make) { return [make](Records r) { return smaller_of(make(r)); }; };
  std::printf("  {\"n\": %zu, \"json\": %.1f, \"json_zstd\": %.1f, \"protobuf\": %.1f, \"protobuf_zstd\": %.1f, ", n,
              bytes_per_record(drive, n, json_batch), bytes_per_record(drive, n, with_zstd(json_batch)),
              bytes_per_record(drive, n, plain_batch), bytes_per_record(drive, n, with_zstd(plain_batch)));
  const Timing timing = time_batches(drive, n);
  std::printf("\"odograph\": %.2f, \"stored_chunk\": %.2f, ",
              bytes_per_record(drive, n, [](Records r) { return encode(kHeader, r); }),
              bytes_per_record(drive, n, [](Records r) { return pack(r).columns; }));
  std::printf("\"encode_ns\": %.0f, \"decode_ns\": %.0f, \"unpack_ns\": %.0f}%s\n", timing.encode_ns, timing.decode_ns,
              timing.unpack_ns, end);
}

int run() {
  const std::vector<model::Record> drive = synthetic_drive(1, kDriveSeconds);
  std::printf("{\"what\": \"wire\", \"unit\": \"bytes or ns of CPU a record\", \"drive_s\": %zu, \"batches\": [\n",
              kDriveSeconds);
  print_row(drive, 1, ",");
  print_row(drive, 10, ",");
  print_row(drive, 60, ",");
  print_row(drive, 300, "");
  std::printf("]}\n");
  return 0;
}

}  // namespace
}  // namespace odograph::wire

int main() { return odograph::wire::run(); }
