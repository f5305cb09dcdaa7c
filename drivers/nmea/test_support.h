#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "drivers/nmea/nmea_decoder.h"
#include "lib/model/reading.h"

namespace odograph::nmea {

/// `$` + text + `*hh`.
inline std::string sealed(std::string_view text) {
  unsigned sum = 0;
  for (const char byte : text) sum ^= static_cast<unsigned char>(byte);
  char tail[8];
  std::snprintf(tail, sizeof tail, "*%02X", sum & 0xFFU);
  return "$" + std::string(text) + tail;
}

/// The same as a line.
inline std::string line(std::string_view text) { return sealed(text) + "\r\n"; }

inline const model::Fix& fix_of(const model::Reading& reading) { return std::get<model::Fix>(reading.what); }

/// What a decoder made of a whole recording.
struct Decoded {
  std::vector<model::Reading> readings;
  drivers::DecoderCounters counters;
  const model::Fix& fix(std::size_t i) const { return fix_of(readings.at(i)); }
};

inline Decoded decode(std::string_view bytes, const DecoderSettings& settings = {}) {
  NmeaDecoder decoder(settings);
  drivers::Batch batch;
  decoder.feed(bytes, base::BootTime{}, batch);
  decoder.finish(base::BootTime{}, batch);
  return {batch.readings, decoder.counters()};
}

/// A drive of RMC, GGA and VTG each second as a common receiver writes it, from 2026-06-21 10:00:00 on.
inline std::string generated_drive(int seconds) {
  std::string log;
  char text[256];
  for (int i = 0; i < seconds; ++i) {
    const int clock = 36'000 + i;
    const int lat_e5 = 3'120'000 + i * 17 % 2'500'000;
    const int lon_e5 = 2'460'000 + i * 31 % 3'000'000;
    const double knots = 10 + i % 60 + 0.37;
    const double course = i * 7 % 360 + 0.25;
    char where[96];
    std::snprintf(where, sizeof where, "52%02d.%05d,N,013%02d.%05d,E", lat_e5 / 100'000, lat_e5 % 100'000,
                  lon_e5 / 100'000, lon_e5 % 100'000);
    char time[48];
    std::snprintf(time, sizeof time, "%02d%02d%02d.00", clock / 3'600, clock / 60 % 60, clock % 60);
    std::snprintf(text, sizeof text, "GPRMC,%s,A,%s,%.3f,%.2f,210626,,,A", time, where, knots, course);
    log += line(text);
    std::snprintf(text, sizeof text, "GPGGA,%s,%s,1,%02d,0.%02d,%d.%d,M,44.6,M,,", time, where, 8 + i % 5, 80 + i % 20,
                  100 + i % 300, i % 10);
    log += line(text);
    std::snprintf(text, sizeof text, "GPVTG,%.2f,T,,M,%.3f,N,%.3f,K,A", course, knots, knots * 1.852);
    log += line(text);
  }
  return log;
}

}  // namespace odograph::nmea
