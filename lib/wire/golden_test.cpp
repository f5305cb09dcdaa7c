// Bytes of every released version are decoded for ever, and today's encoder writes today's version byte for byte.
//
// A golden file is written once and never again. For a new version: add a row to kGoldens with a new name; the test
// fails, names the file that it has written beside the missing one, and that is the one to keep.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "lib/wire/random_records.h"
#include "lib/wire/record_batch.h"

namespace odograph::wire {
namespace {

using model::Record;

const BatchHeader kHeader{"golden-1.A_b", 0x0123456789ABCDEF, model::Lane::kBulk, 7, 0xFEDCBA9876543210};

Record base_record(std::uint32_t i) {
  Record record;
  record.n = 100 + i;
  record.utc = base::UtcTime(base::Millis(1'760'000'000'000 + 1000 * i));
  record.time_quality = model::TimeQuality::kGnss;
  record.reason = i == 0 ? model::reason::kFirst : model::reason::kTime | model::reason::kDistance;
  record.mode = model::FixMode::k3d;
  const auto step = static_cast<std::int32_t>(i);
  record.position =
      model::Position{473'700'000 + 1234 * step - 7 * (step % 3), 85'400'000 - 987 * step + 5 * (step % 4)};
  record.alt_cm = 43'012 - 3 * step;
  record.speed_cmps = 1389 + 11 * (step % 5);
  record.course_cdeg = (35'990 + 6 * step) % 36'000;
  record.hdop_centi = i < 5 ? 92 : 88;
  record.satellites = i < 7 ? 9 : 10;
  return record;
}

/// Twelve records that between them have every field, with holes in the numbers and in the columns.
std::vector<Record> everything() {
  const auto coolant = std::make_shared<const model::SignalDef>(model::SignalDef{"coolant_temp", "degC", 1});
  const auto doors = std::make_shared<const model::SignalDef>(model::SignalDef{"doors.open", "", 0});
  std::vector<Record> records;
  for (std::uint32_t i = 0; i < 12; ++i) {
    records.push_back(base_record(i));
    if (i % 4 == 1) records[i].signals.push_back({coolant, 884 - std::int64_t{i}});
    if (i == 5) records[i].signals.push_back({doors, 2});
    if (i > 8) records[i].n += 20;
  }
  Record& no_time = records[2];
  no_time.utc.reset();
  no_time.boot_time = base::BootTime(base::Millis(42'137));
  no_time.time_quality = model::TimeQuality::kNone;
  Record& no_fix = records[3];
  no_fix.mode = model::FixMode::kNone;
  no_fix.position.reset();
  no_fix.alt_cm = no_fix.speed_cmps = no_fix.course_cdeg = no_fix.hdop_centi = no_fix.satellites = std::nullopt;
  Record& overspeed = records[6];
  overspeed.flags = model::flag::kBackstamped | model::flag::kHdopWarn;
  overspeed.event = model::RuleEvent{.kind = model::EventKind::kOverspeed,
                                     .phase = model::EventPhase::kEnd,
                                     .severity = model::Severity::kWarning,
                                     .end_reason = model::EndReason::kRecovered,
                                     .scope = "zone-30",
                                     .start_ago = base::Millis(61'000),
                                     .end_ago = base::Millis(10'000),
                                     .peak_ago = base::Millis(30'000),
                                     .value_cmps = 1400,
                                     .limit_cmps = 833,
                                     .peak_cmps = 2211,
                                     .peak_position = {473'700'999, -85'400'001}};
  records[8].mode.reset();
  records[8].boot = model::BootReport{"0.1.0", 6, true, {12, 34, 56}};
  records[9].loss = model::LossReport{.lane = model::Lane::kBulk,
                                      .boot = 6,
                                      .first_n = 40,
                                      .last_n = 50,
                                      .count = 11,
                                      .reason = model::LossReason::kThinned,
                                      .first_ago = base::Millis(5'000'000),
                                      .last_ago = base::Millis(4'000'000),
                                      .error_m = 17};
  return records;
}

/// The same again and again, so that there is something to compress.
std::vector<Record> everything_five_times() {
  std::vector<Record> records;
  for (std::uint32_t i = 0; i < 5; ++i) {
    for (Record record : everything()) {
      record.n += i * 1000;
      records.push_back(std::move(record));
    }
  }
  return records;
}

std::vector<Record> live() {
  Record record = base_record(0);
  record.n = 0;
  return {record};
}

/// What of a record the example in proto/examples/ prints, in its order; the two must agree on what a batch says.
std::string json_of(const BatchHeader& header, const Record& record) {
  std::ostringstream out;
  const std::string nonce = header.boot_nonce == 0 ? "" : ", \"boot_nonce\": " + std::to_string(header.boot_nonce);
  std::string lane = to_string(header.lane);
  for (char& c : lane) c = static_cast<char>(c - 'a' + 'A');
  out << R"({"vehicle_id": ")" << header.vehicle_id << R"(", "lane": ")" << lane << R"(", "sequence": )"
      << (header.lane == model::Lane::kLive ? 0 : model::sequence(header.boot, record.n)) << nonce
      << R"(, "time_quality": )" << static_cast<int>(record.time_quality) << R"(, "flags": )" << record.flags
      << R"(, "reason": )" << record.reason << R"(, "mode": )" << (record.mode ? static_cast<int>(*record.mode) : 0);
  const auto add = [&out](const char* name, const auto& value) {
    if (value) out << ", \"" << name << "\": " << *value;
  };
  if (!record.utc && record.boot_time) out << ", \"boot_time\": " << record.boot_time->time_since_epoch().count();
  if (record.utc) out << ", \"utc\": " << record.utc->time_since_epoch().count();
  if (record.position) out << ", \"lat\": " << record.position->lat_e7 << ", \"lon\": " << record.position->lon_e7;
  add("alt", record.alt_cm);
  add("speed", record.speed_cmps);
  add("course", record.course_cdeg);
  add("hdop", record.hdop_centi);
  add("satellites", record.satellites);
  const char* before = ", \"signals\": [";
  for (const model::Signal& signal : record.signals) {
    out << before << "[\"" << signal.def->name << "\", \"" << signal.def->unit << "\", " << signal.def->decimals << ", "
        << signal.mantissa << ']';
    before = ", ";
  }
  out << (record.signals.empty() ? "}\n" : "]}\n");
  return out.str();
}

/// Extremes, holes and repeated names.
std::vector<Record> random_ones() { return random_records(14, 40); }

struct Golden {
  const char* file;
  model::Lane lane;
  std::vector<Record> (*records)();
  Codec codec;
  std::uint32_t boot_nonce = 0;
};

const Golden kGoldens[] = {
    {"golden_v1_everything.bin", model::Lane::kBulk, everything, Codec::kNone},
    {"golden_v1_five_times_zstd.bin", model::Lane::kBulk, everything_five_times, Codec::kZstd},
    {"golden_v1_random.bin", model::Lane::kBulk, random_ones, Codec::kNone},
    {"golden_v1_live.bin", model::Lane::kLive, live, Codec::kNone},
    {"golden_v1_boot_nonce.bin", model::Lane::kBulk, everything, Codec::kNone, 0xFEDC'BA98},
    {"golden_v1_live_boot_nonce.bin", model::Lane::kLive, live, Codec::kNone, 1},
};

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

BatchHeader header_of(const Golden& golden) {
  BatchHeader header = kHeader;
  header.lane = golden.lane;
  header.boot_nonce = golden.boot_nonce;
  return header;
}

std::filesystem::path path_of(const Golden& golden) {
  return std::filesystem::path(ODOGRAPH_SOURCE_DIR) / "lib/wire/testdata" / golden.file;
}

std::vector<Record> sent(const Golden& golden) {
  std::vector<Record> records = golden.records();
  for (Record& record : records) {
    if (record.utc) record.boot_time.reset();
  }
  return records;
}

/// Fails unless the file holds `now`, and leaves what should be kept where the message says.
void expect_file(const std::filesystem::path& path, const std::string& now) {
  const bool exists = std::filesystem::exists(path);
  if (exists && read(path) == now) return;
  const std::filesystem::path written = std::filesystem::path(testing::TempDir()) / path.filename();
  std::ofstream(written, std::ios::binary) << now;
  ADD_FAILURE() << (exists ? "other bytes than in the golden file: " : "no such file yet; to keep: ") << written;
}

TEST(Golden, IsDecodedForEver) {
  for (const Golden& golden : kGoldens) {
    SCOPED_TRACE(golden.file);
    const auto batch = decode(read(path_of(golden)));
    ASSERT_TRUE(batch) << batch.error().what;
    EXPECT_EQ(batch->header, header_of(golden));
    EXPECT_EQ(batch->records, sent(golden));
    EXPECT_EQ(batch->unknown_columns, 0U);
  }
}

TEST(Golden, IsWhatTheEncoderWrites) {
  for (const Golden& golden : kGoldens) {
    SCOPED_TRACE(golden.file);
    // What zstd writes may change with its version; that there is a file does not.
    if (golden.codec == Codec::kZstd && std::filesystem::exists(path_of(golden))) continue;
    expect_file(path_of(golden), encode(header_of(golden), golden.records(), golden.codec));
  }
}

TEST(Golden, SaysWhatTheExampleInPythonReads) {
  for (const Golden& golden : kGoldens) {
    SCOPED_TRACE(golden.file);
    std::string json;
    for (const Record& record : golden.records()) json += json_of(header_of(golden), record);
    expect_file(path_of(golden).replace_extension(".jsonl"), json);
  }
}

}  // namespace
}  // namespace odograph::wire
