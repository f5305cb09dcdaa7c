#include "agent/decode.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "agent/collect/recording.h"
#include "agent/recording_words.h"
#include "agent/source_options.h"
#include "lib/base/output.h"

namespace odograph::agent {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

/// An exact decimal: 12345 with 2 decimals is 123.45.
void put_decimal(std::string& out, std::int64_t mantissa, int decimals) {
  std::int64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  const auto magnitude = mantissa < 0 ? 0 - static_cast<std::uint64_t>(mantissa) : static_cast<std::uint64_t>(mantissa);
  const auto unsigned_scale = static_cast<std::uint64_t>(scale);
  fmt::format_to(std::back_inserter(out), "{}{}", mantissa < 0 ? "-" : "", magnitude / unsigned_scale);
  if (decimals > 0) fmt::format_to(std::back_inserter(out), ".{:0{}}", magnitude % unsigned_scale, decimals);
}

void put(std::string& out, std::string_view name, std::optional<std::int64_t> mantissa, int decimals) {
  if (!mantissa) return;
  fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
  put_decimal(out, *mantissa, decimals);
}

std::string fix_json(const model::Fix& fix) {
  std::string out = "{";
  if (fix.time) out += "\"time\":\"" + base::to_rfc3339(*fix.time) + "\",";
  fmt::format_to(std::back_inserter(out), "\"mode\":{}", static_cast<int>(fix.mode));
  if (fix.position) {
    put(out, "lat", fix.position->lat_e7, 7);
    put(out, "lon", fix.position->lon_e7, 7);
  }
  put(out, "altMSL", fix.alt_cm, 2);
  put(out, "speed", fix.speed_mmps, 3);
  put(out, "track", fix.course_cdeg, 2);
  put(out, "hdop", fix.hdop_centi, 2);
  put(out, "uSat", fix.satellites, 0);
  return out + "}";
}

std::string signal_json(const model::Signal& signal) {
  // Names and units are of a plain alphabet by their definition, so nothing needs escaping.
  std::string out = "{\"signal\":\"" + signal.def->name + "\",\"value\":";
  put_decimal(out, signal.mantissa, signal.def->decimals);
  return out + ",\"unit\":\"" + signal.def->unit + "\"}";
}

/// An errno, or 0. Whoever reads a pipe gets what there is before more is waited for.
int print(const drivers::Batch& batch, std::FILE* out) {
  for (const auto& reading : batch.readings) {
    const std::string line = to_json(reading) + "\n";
    errno = 0;
    if (std::fwrite(line.data(), 1, line.size(), out) != line.size()) return errno != 0 ? errno : EIO;
  }
  return std::fflush(out) == 0 ? 0 : errno;
}

}  // namespace

std::string to_json(const model::Reading& reading) {
  if (const auto* fix = std::get_if<model::Fix>(&reading.what)) return fix_json(*fix);
  return signal_json(std::get<model::Signal>(reading.what));
}

base::Status decode(const DecodeArguments& arguments, std::FILE* out, std::FILE* err) {
  const auto driver = driver_called(arguments.driver);
  if (!driver) return driver.error();
  const auto options = DriverOptions::typed(**driver, arguments.options);
  if (!options) return options.error();
  auto recording = collect::Recording::open(arguments.file, collect::Origin::kAny);
  if (!recording) return recording.error();
  const auto decoder = (*driver)->make_decoder(*options);

  std::vector<char> piece(kPieceBytes);
  drivers::Batch batch;
  std::uint64_t readings = 0;
  base::Status outcome;
  for (bool more = true; more;) {
    const auto got = (*recording)->read(piece);
    more = got && *got > 0;
    batch.readings.clear();
    if (more) {
      decoder->feed({piece.data(), *got}, {}, batch);
    } else {
      decoder->finish({}, batch);
      if (!got) outcome = got.error();
    }
    readings += batch.readings.size();
    if (const int failed = print(batch, out); failed != 0) return base::output_failed(failed);
  }
  if (const auto words = left_out(decoder->counters()); !words.empty()) {
    std::fprintf(err, "odograph-agent: %s\n", words.c_str());
  }
  if (!outcome || readings > 0) return outcome;
  const std::string name = arguments.file == "-" ? "standard input" : arguments.file.string();
  const std::string words = nothing_found(name, decoder->counters(), arguments.driver);
  if (decoder->counters().sentences == 0) return base::stop_error(words);
  std::fprintf(err, "odograph-agent: %s\n", words.c_str());
  return {};
}

}  // namespace odograph::agent
