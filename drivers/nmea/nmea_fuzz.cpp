// Whatever the bytes are, the decoder survives, and gives the same readings in one piece as in any others.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "drivers/nmea/nmea_decoder.h"
#include "lib/base/assert.h"

namespace odograph::nmea {
namespace {

drivers::Batch decode(std::string_view bytes, std::uint32_t cuts, const DecoderSettings& settings) {
  NmeaDecoder decoder(settings);
  drivers::Batch batch;
  std::uint32_t state = cuts;
  while (!bytes.empty()) {
    // A linear congruential generator; 0 asks for one piece.
    state = state * 1'664'525U + 1'013'904'223U;
    const std::string_view piece = bytes.substr(0, cuts == 0 ? bytes.size() : 1 + (state >> 16) % 40);
    decoder.feed(piece, base::BootTime{}, batch);
    bytes.remove_prefix(piece.size());
  }
  decoder.finish(base::BootTime{}, batch);
  return batch;
}

void check_reading(const model::Reading& reading, std::size_t size) {
  ODOGRAPH_ASSERT(reading.offset <= size);
  const auto& fix = std::get<model::Fix>(reading.what);
  ODOGRAPH_ASSERT((fix.mode == model::FixMode::kNone) == !fix.position);
  ODOGRAPH_ASSERT(!fix.course_cdeg || (*fix.course_cdeg >= 0 && *fix.course_cdeg < 36'000));
  ODOGRAPH_ASSERT(!fix.speed_mmps || *fix.speed_mmps >= 0);
  ODOGRAPH_ASSERT(!fix.hdop_centi || (*fix.hdop_centi >= 1 && *fix.hdop_centi <= 8'999));
  if (!fix.position) return;
  ODOGRAPH_ASSERT(fix.position->lat_e7 >= -900'000'000 && fix.position->lat_e7 <= 900'000'000);
  ODOGRAPH_ASSERT(fix.position->lon_e7 >= -1'800'000'000 && fix.position->lon_e7 <= 1'800'000'000);
}

void run(std::string_view bytes) {
  if (bytes.size() < 2) return;
  // The first bytes say how to cut and what to accept, the others are the source's.
  const auto cuts = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[0])) + 1;
  DecoderSettings settings;
  if ((bytes[1] & 1) != 0) settings.missing_checksum = MissingChecksum::kAccept;
  if ((bytes[1] & 2) != 0) settings.closing = Closing::kLive;
  bytes.remove_prefix(2);
  const drivers::Batch whole = decode(bytes, 0, settings);
  const drivers::Batch cut = decode(bytes, cuts, settings);
  ODOGRAPH_ASSERT(whole.readings.size() == cut.readings.size());
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < whole.readings.size(); ++i) {
    check_reading(whole.readings[i], bytes.size());
    ODOGRAPH_ASSERT(whole.readings[i].offset >= offset);
    ODOGRAPH_ASSERT(whole.readings[i].offset == cut.readings[i].offset);
    ODOGRAPH_ASSERT(whole.readings[i].what == cut.readings[i].what);
    offset = whole.readings[i].offset;
  }
}

}  // namespace
}  // namespace odograph::nmea

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  odograph::nmea::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
